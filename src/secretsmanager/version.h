#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/fault.h"
#include "secretsmanager/state.h"

// Values and the labels ("stages") that say which version is current.
namespace secretsmanager {

struct NewValue {
  const std::optional<std::string>& text;
  const std::optional<std::string>& bytes;
  const std::optional<std::string>& token;  // becomes the version's id

  bool given() const { return text || bytes; }
};

// Size, not both kinds at once, and a token; messages never hold the value.
base::Outcome<void> check_value(const NewValue& value);

// Adds a version with these labels, which others lose; who loses AWSCURRENT becomes AWSPREVIOUS. The first version is
// AWSCURRENT whatever is asked for. Of a token that was used before: nothing, if the value is the same. Changes
// `secret`, which the caller puts.
base::Outcome<std::string> add_version(State& state, SecretRow& secret, const NewValue& value,
                                       std::set<std::string> stages, service::Context& ctx);
// Gives a label to a version, or to none (nullptr).
void move_stage(State& state, const SecretRow& secret, const std::string& stage, const VersionRow* to,
                service::Context& ctx);

}  // namespace secretsmanager
