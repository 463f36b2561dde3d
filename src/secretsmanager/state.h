#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/secretsmanager/operations.h"
#include "base/fault.h"
#include "secretsmanager/rows.h"
#include "service/context.h"
#include "service/table.h"

namespace secretsmanager {

namespace faults = api::secretsmanager::faults;

inline constexpr const char* kCurrent = "AWSCURRENT";
inline constexpr const char* kPrevious = "AWSPREVIOUS";

// All that the operations share.
class State {
 public:
  State();

  service::Table<SecretRow> secrets;
  service::Table<VersionRow> versions;

  // By name, ARN, or ARN without its last seven characters.
  const SecretRow* find(const std::string& id, const service::Context& ctx) const;
  // In the order in which they were made.
  std::vector<const VersionRow*> versions_of(const SecretRow& secret, const service::Context& ctx) const;
  // The version that holds a label, or nullptr.
  const VersionRow* holder_of(const SecretRow& secret, const std::string& stage, const service::Context& ctx) const;
  void erase(const std::string& name, service::Context& ctx);

  // The next secret that is to be erased for good.
  base::TimePoint next_end() const { return ends_.empty() ? base::kNever : ends_.begin()->first; }
  void erase_due(service::Context& ctx);

 private:
  std::set<std::pair<base::TimePoint, std::string>> ends_;  // keys of deleted secrets
};

std::string secret_key(const SecretRow& secret, const service::Context& ctx);
std::string version_key(const SecretRow& secret, const std::string& id, const service::Context& ctx);
// "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX"
std::string secret_arn(const SecretRow& secret, const service::Context& ctx);

// ResourceNotFoundException if it is not there.
base::Outcome<const SecretRow*> any_secret(const State& state, const std::string& id, const service::Context& ctx);
// InvalidRequestException too, if it is marked for deletion.
base::Outcome<const SecretRow*> live_secret(const State& state, const std::string& id, const service::Context& ctx);

std::unexpected<base::Fault> invalid_request(std::string message);
std::unexpected<base::Fault> invalid_parameter(std::string message);
// "Rotation is not supported by renkei yet."
std::unexpected<base::Fault> not_supported(std::string_view what);

// Which part of a list of `count` things a page shows. Tokens are places in it.
struct Page {
  std::size_t first;
  std::size_t last;
  std::optional<std::string> next_token;
};
base::Outcome<Page> page_of(std::size_t count, const std::optional<std::int64_t>& max_results,
                            const std::optional<std::string>& token);

}  // namespace secretsmanager
