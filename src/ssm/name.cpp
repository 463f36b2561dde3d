#include "ssm/name.h"

#include <algorithm>

#include "api/ssm/operations.h"
#include "ssm/limits.h"
#include "wire/text.h"

namespace ssm {
namespace {

namespace faults = api::ssm::faults;

constexpr const char* kReservedWord = "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).";
constexpr const char* kPathRules =
    "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of "
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 "
    "symbols .-_";
constexpr const char* kNotFromRoot = "Parameter name must be a fully qualified name.";
constexpr const char* kBadPath =
    "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "
    "\"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only letters, numbers, or the "
    "following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
    "specified, must use the forward slash symbol \"/\". Valid example: /get/parameters2-/by1./path0_.";

bool is_name_character(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '/';
}

std::unexpected<base::Fault> invalid(std::string message) {
  return base::fault(faults::ValidationException, std::move(message));
}

base::Outcome<void> check_characters(std::string_view name) {
  const bool good = !name.empty() && std::ranges::all_of(name, is_name_character) && name.back() != '/' &&
                    name.find("//") == std::string_view::npos;
  if (!good) return invalid(kPathRules);
  return {};
}

}  // namespace

base::Outcome<Reference> parse_reference(const std::string& given, const service::Context& ctx) {
  Reference reference;
  std::string_view rest = given;
  const std::string prefix = ctx.arn("ssm", "parameter/");
  const bool by_arn = given.starts_with(prefix);
  if (by_arn) rest.remove_prefix(prefix.size());
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    reference.selector = rest.substr(colon + 1);
    if (reference.selector.empty() || reference.selector.find(':') != std::string::npos) return invalid(kPathRules);
    rest = rest.substr(0, colon);
  }
  CHECK(check_characters(rest));
  (by_arn ? reference.arn_rest : reference.name) = rest;
  return reference;
}

base::Outcome<void> check_new_name(const std::string& name, const service::Context& ctx) {
  const std::string bare = wire::to_lower(name.starts_with('/') ? name.substr(1) : name);
  const bool path = std::ranges::count(name, '/') > 1;
  if (bare.starts_with("aws") && path) {
    return base::fault(faults::AccessDeniedException, "No access to reserved parameter name: " + name + ".");
  }
  if (bare.starts_with("aws") || bare.starts_with("ssm")) return invalid(path ? kPathRules : kReservedWord);
  CHECK(check_characters(name));
  if (name.find('/') != std::string::npos && !name.starts_with('/')) return invalid(kNotFromRoot);
  if (parameter_arn(name, ctx).size() > kNameMax + ctx.arn("ssm", "parameter/").size()) {
    return invalid("Parameter name: " + name + " is too long. The maximum length is 1011.");
  }
  const auto levels = static_cast<std::size_t>(std::ranges::count(name, '/'));
  if (levels > kLevelsMax) {
    return base::fault(faults::HierarchyLevelLimitExceededException,
                       "The hierarchy of the parameter name has more than 15 levels. Reduce the number of levels and "
                       "try again.");
  }
  return {};
}

base::Outcome<void> check_path(const std::string& path) {
  const bool good =
      path.starts_with('/') && std::ranges::all_of(path, is_name_character) && path.find("//") == std::string::npos;
  if (!good) return invalid(kBadPath);
  return {};
}

std::string parameter_arn(const std::string& name, const service::Context& ctx) {
  return ctx.arn("ssm", "parameter" + std::string(name.starts_with('/') ? "" : "/") + name);
}

}  // namespace ssm
