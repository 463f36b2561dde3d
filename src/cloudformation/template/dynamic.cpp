#include "cloudformation/template/dynamic.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/fault.h"
#include "cloudformation/template/functions.h"

namespace cloudformation {
namespace {

using base::Value;

constexpr std::string_view kOpen = "{{resolve:";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kSecret = "{{resolve:secretsmanager:";
// "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"
constexpr std::size_t kArnParts = 7;

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const auto colon = text.find(':');
    parts.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

// Calls `expand` with each reference, "ssm" and "/p:3"; what it answers nothing for stays as it is.
template <class Expand>
Result<std::string> expand_text(std::string_view text, Expand expand) {
  std::string out;
  for (;;) {
    const auto open = text.find(kOpen);
    const auto close = open == std::string_view::npos ? open : text.find(kClose, open);
    if (close == std::string_view::npos) return out.append(text);
    out += text.substr(0, open);
    const std::string_view whole = text.substr(open, close + kClose.size() - open);
    const std::string_view inner = whole.substr(kOpen.size(), whole.size() - kOpen.size() - kClose.size());
    const auto colon = inner.find(':');
    const std::string_view rest = colon == std::string_view::npos ? std::string_view() : inner.substr(colon + 1);
    TRY(const std::optional<std::string> value, expand(inner.substr(0, colon), rest, whole));
    out += value ? *value : std::string(whole);
    text.remove_prefix(close + kClose.size());
  }
}

template <class Expand>
Result<Value> expand_tree(const Value& value, const Expand& expand) {
  if (value.is_string()) {
    const std::string& text = value.as_string();
    if (text.find(kOpen) == std::string::npos) return value;
    TRY(std::string expanded, expand_text(text, expand));
    return Value(std::move(expanded));
  }
  if (value.is_array()) {
    Value::Array items;
    for (const Value& item : value.as_array()) {
      TRY(auto expanded, expand_tree(item, expand));
      items.push_back(std::move(expanded));
    }
    return Value(std::move(items));
  }
  if (!value.is_object()) return value;
  Value::Object members;
  for (const auto& [key, member] : value.as_object()) {
    TRY(auto expanded, expand_tree(member, expand));
    members.emplace_back(key, std::move(expanded));
  }
  return Value(std::move(members));
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-' || c == '/');
  });
}

bool is_parameter_reference(const std::vector<std::string>& parts) {
  if (parts.size() > 2 || !is_parameter_name(parts[0])) return false;
  if (parts.size() == 1) return true;
  return !parts[1].empty() && std::ranges::all_of(parts[1], [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<SecretReference> parse_secret(std::string_view rest) {
  std::vector<std::string> parts = split(rest);
  SecretReference reference;
  if (rest.starts_with("arn:")) {
    if (parts.size() < kArnParts) return std::nullopt;
    for (std::size_t i = 0; i < kArnParts; ++i) reference.id += (i == 0 ? "" : ":") + parts[i];
    parts.erase(parts.begin(), parts.begin() + kArnParts);
  } else {
    reference.id = parts[0];
    parts.erase(parts.begin());
  }
  if (reference.id.empty() || parts.size() > 4) return std::nullopt;
  parts.resize(4);
  if (!parts[0].empty() && parts[0] != "SecretString") return std::nullopt;
  reference.json_key = parts[1];
  reference.stage = parts[2];
  reference.version_id = parts[3];
  if (!reference.stage.empty() && !reference.version_id.empty()) return std::nullopt;  // one or the other
  return reference;
}

std::unexpected<Problem> bad_format(std::string_view service, std::string_view whole) {
  return problem("Incorrect format is used in the following " + std::string(service) + " reference: [" +
                 std::string(whole) + "]");
}

}  // namespace

Result<Value> expand_parameters(const Value& properties, std::string_view type, const ParameterLookup& lookup) {
  if (!properties.is_object()) return properties;
  Value::Object members;
  for (const auto& [property, held] : properties.as_object()) {
    const auto expand = [&](std::string_view service, std::string_view rest,
                            std::string_view whole) -> Result<std::optional<std::string>> {
      if (!is_known_text(whole)) return std::nullopt;
      if (service == "ssm-secure") {
        return problem("SSM Secure reference is not supported in: [" + std::string(type) + "/Properties/" + property +
                       "]");
      }
      if (service == "secretsmanager" && !parse_secret(rest)) return bad_format("Secrets Manager", whole);
      if (service != "ssm") return std::nullopt;
      if (!is_parameter_reference(split(rest))) return bad_format("SSM", whole);
      TRY(std::string value, lookup(std::string(rest)));
      return value;
    };
    TRY(auto expanded, expand_tree(held, expand));
    members.emplace_back(property, std::move(expanded));
  }
  return Value(std::move(members));
}

Result<Value> expand_secrets(const Value& properties, const SecretLookup& lookup) {
  const auto expand = [&](std::string_view service, std::string_view rest,
                          std::string_view whole) -> Result<std::optional<std::string>> {
    if (service != "secretsmanager") return std::nullopt;
    const auto reference = parse_secret(rest);
    if (!reference) return bad_format("Secrets Manager", whole);
    TRY(std::string value, lookup(*reference));
    return value;
  };
  return expand_tree(properties, expand);
}

bool names_newest_parameter(std::string_view text) {
  constexpr std::string_view kParameter = "{{resolve:ssm:";
  for (auto open = text.find(kParameter); open != std::string_view::npos; open = text.find(kParameter, open + 1)) {
    const auto name = open + kParameter.size();
    if (text.substr(name, text.find(kClose, name) - name).find(':') == std::string_view::npos) return true;
  }
  return false;
}

bool names_secret(std::string_view text) {
  return text.find(kSecret) != std::string_view::npos;
}

bool names_secrets(const Value& value) {
  if (value.is_string()) return names_secret(value.as_string());
  if (value.is_array()) return std::ranges::any_of(value.as_array(), names_secrets);
  if (!value.is_object()) return false;
  return std::ranges::any_of(value.as_object(), [](const auto& member) { return names_secrets(member.second); });
}

}  // namespace cloudformation
