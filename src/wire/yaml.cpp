#include "wire/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "wire/text.h"
#include "wire/walk.h"

namespace wire {
namespace {

// Tags whose long form is "Fn::" and their name.
constexpr std::string_view kFunctions[] = {"And",          "Base64",      "Cidr",      "Contains",  "EachMemberEquals",
                                           "EachMemberIn", "Equals",      "FindInMap", "GetAtt",    "GetAZs",
                                           "If",           "ImportValue", "Join",      "Length",    "Not",
                                           "Or",           "RefAll",      "Select",    "Split",     "Sub",
                                           "ToJsonString", "Transform",   "ValueOf",   "ValueOfAll"};

std::unexpected<SyntaxError> refuse(const YAML::Mark& mark, std::string reason) {
  const bool known = !mark.is_null();
  return std::unexpected(SyntaxError{std::move(reason), known ? static_cast<std::size_t>(mark.line) + 1 : 1,
                                     known ? static_cast<std::size_t>(mark.column) + 1 : 1});
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

// [-+]?[0-9]+ without a leading zero, which would be an account number; or 0x and 0o forms.
std::optional<std::int64_t> core_integer(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  const bool plain = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (plain) return digits.size() > 1 && digits.front() == '0' ? std::nullopt : parse_integer(text);
  const bool hex = text.starts_with("0x");
  if (!hex && !text.starts_with("0o")) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : text.substr(2)) {
    const std::size_t value = std::string_view("0123456789abcdef").find(to_lower(std::string_view(&c, 1)));
    const std::int64_t base = hex ? 16 : 8;
    if (value >= static_cast<std::size_t>(base) || number > (INT64_MAX >> 4)) return std::nullopt;
    number = number * base + static_cast<std::int64_t>(value);
  }
  return text.size() > 2 ? std::optional(number) : std::nullopt;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, not an integer; "1e5" is one, "1_000" is a text.
std::optional<double> core_float(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  const bool starts = !rest.empty() && (std::isdigit(static_cast<unsigned char>(rest[0])) != 0 || rest[0] == '.');
  if (!starts || rest.find_first_of(".eE") == std::string_view::npos) return std::nullopt;
  if (rest.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  if (rest.size() > 1 && rest[0] == '0' && rest[1] != '.') return std::nullopt;
  const auto number = parse_double(text);
  if (!number) return std::nullopt;
  // More digits than a double holds would come back changed.
  constexpr std::size_t kDigitsMax = 17;
  return rest.size() <= kDigitsMax ? number : std::nullopt;
}

base::Value plain_scalar(const std::string& text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (const auto integer = core_integer(text)) return *integer;
  if (const auto real = core_float(text)) return *real;
  return text;
}

class Reader {
 public:
  using Result = std::expected<base::Value, SyntaxError>;

  Result read(const YAML::Node& node, int depth) {
    if (depth > kDepthMax) return refuse(node.Mark(), "nested too deeply");
    if (++nodes_ > kYamlNodesMax) return refuse(node.Mark(), "too many nodes; aliases may repeat them");
    const std::string& tag = node.Tag();
    TRY(base::Value value, untagged(node, depth));
    // yaml-cpp writes "?" for a plain and "!" for a quoted node without a tag.
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return value;
    return tagged(tag, std::move(value), node.Mark());
  }

 private:
  Result untagged(const YAML::Node& node, int depth) {
    switch (node.Type()) {
      case YAML::NodeType::Sequence:
        return sequence(node, depth);
      case YAML::NodeType::Map:
        return map(node, depth);
      case YAML::NodeType::Scalar: {
        const bool plain = node.Tag() == "?" || node.Tag().empty();
        if (plain) return plain_scalar(node.Scalar());
        const bool converts = node.Tag().starts_with("tag:yaml.org,2002:") && node.Tag() != "tag:yaml.org,2002:str";
        return converts ? plain_scalar(node.Scalar()) : base::Value(node.Scalar());
      }
      default:
        return nullptr;
    }
  }

  Result sequence(const YAML::Node& node, int depth) {
    base::Value::Array items;
    for (const auto& item : node) {
      TRY(base::Value value, read(item, depth + 1));
      items.push_back(std::move(value));
    }
    return items;
  }

  Result map(const YAML::Node& node, int depth) {
    base::Value::Object merged;
    base::Value::Object members;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return refuse(entry.first.Mark(), "a key must be a text");
      TRY(base::Value value, read(entry.second, depth + 1));
      const bool merges = entry.first.Scalar() == "<<" && entry.first.Tag() == "?";
      if (!merges) {
        members.emplace_back(entry.first.Scalar(), std::move(value));
      } else if (!merge(merged, std::move(value))) {
        return refuse(entry.second.Mark(), "only maps can be merged");
      }
    }
    // A map's own keys win over merged ones.
    merged.insert(merged.end(), std::make_move_iterator(members.begin()), std::make_move_iterator(members.end()));
    drop_repeated_keys(merged);
    return merged;
  }

  // Of several merged maps the earlier wins.
  static bool merge(base::Value::Object& into, base::Value value) {
    if (value.is_array()) {
      auto& items = value.as_array();
      return std::all_of(items.rbegin(), items.rend(),
                         [&](base::Value& item) { return item.is_object() && merge(into, std::move(item)); });
    }
    if (!value.is_object()) return false;
    for (auto& member : value.as_object()) into.push_back(std::move(member));
    return true;
  }

  static Result tagged(const std::string& tag, base::Value value, const YAML::Mark& mark) {
    const std::string name = tag.substr(1);
    if (name == "Ref" || name == "Condition") return base::Value::Object{{name, std::move(value)}};
    if (tag[0] != '!' || std::ranges::find(kFunctions, name) == std::end(kFunctions)) {
      return refuse(mark, "unknown tag " + tag);
    }
    if (name == "GetAtt" && value.is_string()) {
      const std::string& text = value.as_string();
      const std::size_t dot = text.find('.');
      if (dot == std::string::npos) return refuse(mark, "!GetAtt needs a resource and an attribute: " + text);
      value = base::Value::Array{text.substr(0, dot), text.substr(dot + 1)};
    }
    return base::Value::Object{{"Fn::" + name, std::move(value)}};
  }

  std::size_t nodes_ = 0;
};

// Hears where documents begin and nothing else.
class Beginning : public YAML::EventHandler {
 public:
  YAML::Mark mark;

  void OnDocumentStart(const YAML::Mark& at) override { mark = at; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Where a second document begins, if there is one. YAML::LoadAll would tell too, but on what follows a document without
// being one, such as a lone '}', it makes empty documents until memory is full.
std::optional<YAML::Mark> second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Beginning beginning;
  if (!parser.HandleNextDocument(beginning) || !parser.HandleNextDocument(beginning)) return std::nullopt;
  return beginning.mark;
}

}  // namespace

std::expected<base::Value, SyntaxError> parse_yaml(std::string_view text) {
  try {
    const std::string owned(text);
    if (const auto mark = second_document(owned)) return refuse(*mark, "more than one document");
    return Reader().read(YAML::Load(owned), 0);
  } catch (const YAML::Exception& error) {
    return refuse(error.mark, error.msg);
  }
}

}  // namespace wire
