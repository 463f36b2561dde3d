#include "cloud/access/request_keys.h"

#include <algorithm>

#include "base/time.h"
#include "wire/text.h"

namespace cloud::access {
namespace {

using Kind = iam::policy::Asker::Kind;

std::string_view principal_type(Kind kind) {
  switch (kind) {
    case Kind::Root:
      return "Account";
    case Kind::User:
      return "User";
    case Kind::Role:
      return "AssumedRole";
    case Kind::Service:
      return "Service";
  }
  return {};
}

// Tags come as a list of keys and values, or as a map, in either spelling.
std::vector<std::pair<std::string, std::string>> tags_of(const Input& input) {
  std::vector<std::pair<std::string, std::string>> tags;
  for (const char* member : {"Tags", "tags"}) {
    for (auto& entry : input.entries(member)) tags.push_back(std::move(entry));
    for (const Input& tag : input.parts(member)) {
      const bool capital = !tag.text("Key").empty();
      tags.emplace_back(tag.text(capital ? "Key" : "key"), tag.text(capital ? "Value" : "value"));
    }
  }
  for (const Input& specification : input.parts("TagSpecifications")) {
    for (const Input& tag : specification.parts("Tags")) tags.emplace_back(tag.text("Key"), tag.text("Value"));
  }
  return tags;
}

std::optional<std::vector<std::string>> some(std::string value) {
  if (value.empty()) return std::nullopt;
  return std::vector<std::string>{std::move(value)};
}

// Tag keys in conditions have no case.
template <class Tags>
std::optional<std::vector<std::string>> tag_value(const Tags& tags, std::string_view wanted) {
  for (const auto& [key, value] : tags) {
    if (wire::equals_ignoring_case(key, wanted)) return std::vector<std::string>{value};
  }
  return std::nullopt;
}

bool is_of_this_machine(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "::ffff:127.0.0.1";
}

}  // namespace

std::optional<std::vector<std::string>> RequestKeys::values(std::string_view key) const {
  for (const auto& [name, value] : asked_.keys) {
    if (name == key) return std::vector<std::string>{value};
  }
  if (key.find('/') != std::string_view::npos || key == "aws:tagkeys") return of_tags(key);
  std::string value = of_principal(key);
  return some(value.empty() ? of_request(key) : std::move(value));
}

std::string RequestKeys::of_principal(std::string_view key) const {
  const auto& asker = standing_.asker;
  if (key == "aws:principalarn") return asker.role_arn.empty() ? asker.arn : asker.role_arn;
  if (key == "aws:principalaccount") return asker.account;
  if (key == "aws:principaltype") return std::string(principal_type(asker.kind));
  if (key == "aws:principalisawsservice") return asker.kind == Kind::Service ? "true" : "false";
  if (key == "aws:userid") return standing_.user_id;
  if (key == "aws:username" && asker.kind == Kind::User) return asker.arn.substr(asker.arn.rfind('/') + 1);
  return "";
}

std::string RequestKeys::of_request(std::string_view key) const {
  if (key == "aws:currenttime") return wire::format_date_time(now_);
  if (key == "aws:epochtime") return std::to_string(base::unix_seconds(now_));
  if (key == "aws:requestedregion") return inquiry_.call.region;
  if (key == "aws:resourceaccount") return inquiry_.call.account;
  if (key == "aws:viaawsservice") return "false";
  // Behind an endpoint the address is one of the VPC, and has another name.
  if (key == "aws:sourceip") return inquiry_.vpc_endpoint.empty() ? inquiry_.call.source_address : "";
  if (key == "aws:vpcsourceip") return inquiry_.vpc_endpoint.empty() ? "" : inquiry_.call.source_address;
  if (key == "aws:sourcevpce") return inquiry_.vpc_endpoint;
  if (key == "aws:sourcevpc") return inquiry_.vpc;
  // Plain HTTP from this very machine stands for the TLS that AWS would have seen.
  if (key == "aws:securetransport") {
    return inquiry_.call.base_url.starts_with("https://") || is_of_this_machine(inquiry_.call.source_address) ? "true"
                                                                                                              : "false";
  }
  return "";
}

std::optional<std::vector<std::string>> RequestKeys::of_tags(std::string_view key) const {
  const std::size_t slash = key.find('/');
  const std::string_view family = key.substr(0, slash);
  const std::string_view tag = slash == std::string_view::npos ? std::string_view() : key.substr(slash + 1);
  if (family == "aws:principaltag") return standing_.tags == nullptr ? std::nullopt : tag_value(*standing_.tags, tag);
  if (family == "aws:requesttag") return tag_value(tags_of(input_), tag);
  if (family != "aws:tagkeys") return std::nullopt;
  std::vector<std::string> keys = input_.texts("TagKeys");
  for (std::string& one : input_.texts("tagKeys")) keys.push_back(std::move(one));
  for (auto& [name, value] : tags_of(input_)) keys.push_back(name);
  if (keys.empty()) return std::nullopt;
  return keys;
}

}  // namespace cloud::access
