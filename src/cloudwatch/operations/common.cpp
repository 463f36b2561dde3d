#include "cloudwatch/operations/common.h"

#include <algorithm>

#include "base/random.h"
#include "cloudwatch/faults.h"

namespace cloudwatch {

Dimensions dimensions_of(const std::optional<std::vector<api::cloudwatch::Dimension>>& list) {
  Dimensions dimensions;
  if (!list) return dimensions;
  for (const auto& [name, value] : *list) dimensions.emplace_back(name, value);
  return dimensions;
}

std::vector<api::cloudwatch::Dimension> dimension_list(const Dimensions& dimensions) {
  std::vector<api::cloudwatch::Dimension> list;
  for (const auto& [name, value] : dimensions) list.push_back({name, value});
  return list;
}

std::string make_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    token += base::kHexDigits[byte >> 4];
    token += base::kHexDigits[byte & 0xf];
  }
  return token;
}

base::Outcome<std::string> read_token(const std::optional<std::string>& token) {
  std::string key;
  if (!token) return key;
  if (token->empty() || token->size() % 2 != 0) return invalid_token();
  for (std::size_t i = 0; i < token->size(); i += 2) {
    const auto high = base::kHexDigits.find((*token)[i]);
    const auto low = base::kHexDigits.find((*token)[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return invalid_token();
    key += static_cast<char>(high * 16 + low);
  }
  return key;
}

namespace {

bool is_system_tag(std::string_view key) {
  return key.starts_with("aws:");
}

base::Outcome<void> check_tag_key(const std::string& key, const service::Context& ctx) {
  if (!is_system_tag(key) || ctx.call.principal_arn.empty()) return {};
  return invalid_value("Tag keys must not start with aws:, which is reserved: " + key);
}

}  // namespace

base::Outcome<void> add_tags(std::map<std::string, std::string>& tags, const std::vector<api::cloudwatch::Tag>& added,
                             const service::Context& ctx) {
  for (const auto& [key, value] : added) {
    CHECK(check_tag_key(key, ctx));
    tags[key] = value;
  }
  const auto own = std::ranges::count_if(tags, [](const auto& tag) { return !is_system_tag(tag.first); });
  if (static_cast<std::size_t>(own) > kTagsMax) return invalid_value("A resource can have at most 50 tags.");
  return {};
}

base::Outcome<void> remove_tags(std::map<std::string, std::string>& tags, const std::vector<std::string>& keys,
                                const service::Context& ctx) {
  for (const std::string& key : keys) {
    CHECK(check_tag_key(key, ctx));
    tags.erase(key);
  }
  return {};
}

}  // namespace cloudwatch
