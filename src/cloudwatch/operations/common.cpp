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

bool is_period(std::int64_t seconds) {
  constexpr std::int64_t kShort[] = {1, 5, 10, 20, 30};
  return std::ranges::find(kShort, seconds) != std::end(kShort) || (seconds > 0 && seconds % 60 == 0);
}

base::TimePoint query_start(base::TimePoint start, std::int64_t period_seconds, base::TimePoint now) {
  using std::chrono::hours;
  std::int64_t grain = std::min<std::int64_t>(period_seconds, 60);
  if (start < now - hours(15 * 24)) grain = 300;
  if (start < now - hours(63 * 24)) grain = 3600;
  const std::int64_t second = base::unix_seconds(start);
  const std::int64_t rest = ((second % grain) + grain) % grain;
  return base::from_unix_seconds(second - rest);
}

bool is_extended_statistic(std::string_view name) {
  constexpr std::string_view kForms[] = {"p", "tm", "wm", "tc", "ts", "TM(", "WM(", "TC(", "TS(", "PR("};
  if (name == "IQM" || name == "iqm") return true;
  return std::ranges::any_of(kForms, [&](std::string_view form) {
    if (!name.starts_with(form)) return false;
    const std::string_view rest = name.substr(form.size());
    return form.back() == '(' || (!rest.empty() && rest[0] >= '0' && rest[0] <= '9');
  });
}

base::Outcome<void> add_tags(std::map<std::string, std::string>& tags, const std::vector<api::cloudwatch::Tag>& added) {
  for (const auto& [key, value] : added) {
    if (key.starts_with("aws:")) {
      return invalid_value("Tag keys must not start with aws:, which is reserved: " + key);
    }
    tags[key] = value;
  }
  if (tags.size() > kTagsMax) return invalid_value("A resource can have at most 50 tags.");
  return {};
}

}  // namespace cloudwatch
