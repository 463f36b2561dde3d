#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/ssm/operations.h"
#include "base/fault.h"
#include "service/context.h"
#include "service/table.h"
#include "ssm/name.h"
#include "ssm/rows.h"

namespace ssm {

namespace faults = api::ssm::faults;

// All that the operations share.
class State {
 public:
  State();

  service::Table<ParameterRow> parameters;
  service::Table<VersionRow> versions;

  const ParameterRow* find(const Reference& reference, const service::Context& ctx) const;
  // The version that the selector names, the newest without one; nullptr if there is none.
  const VersionRow* find_version(const ParameterRow& parameter, const std::string& selector,
                                 const service::Context& ctx) const;
  // Oldest first; never empty.
  std::vector<const VersionRow*> versions_of(const ParameterRow& parameter, const service::Context& ctx) const;
  const VersionRow& newest(const ParameterRow& parameter, const service::Context& ctx) const;
  void erase(const std::string& name, service::Context& ctx);
};

std::string version_key(const std::string& name, std::int64_t number, const service::Context& ctx);

// The parameter, or ParameterNotFound.
base::Outcome<const ParameterRow*> parameter_or_fault(const State& state, const std::string& given,
                                                      const service::Context& ctx);

std::unexpected<base::Fault> invalid(std::string message);
// "Parameter policies are not supported by renkei yet."
std::unexpected<base::Fault> not_supported(std::string_view what);

// One page of a listing. Tokens name the last thing of the page before.
struct Page {
  std::size_t size;
  std::string after;
};
base::Outcome<Page> page_of(const std::optional<std::int64_t>& max_results, std::size_t size_default,
                            const std::optional<std::string>& token);
std::string page_token(std::string_view last);

}  // namespace ssm
