// CloudFormation templates: YAML and JSON to values, and values to declarations with all that is checked before a
// stack is made.

#include "cloudformation/template/template.h"
#include "cloudformation/template/graph.h"
#include "fuzz.h"
#include "wire/json.h"
#include "wire/yaml.h"

namespace {

void declared(const base::Value& document) {
  const auto source = cloudformation::parse_template(document);
  if (!source) {
    fuzz::must(!source.error().message.empty(), "a refusal says why");
    return;
  }
  static_cast<void>(cloudformation::check_references(*source));
  static_cast<void>(cloudformation::bind_parameters(*source, {{"P", "x"}, {"Q", std::nullopt, true}}, nullptr));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  if (const auto value = wire::parse_yaml(text)) {
    // Bytes that are no UTF-8 become U+FFFD on the way, and keys may fall together by that.
    const auto once = wire::parse_json(wire::write_json(*value));
    fuzz::must(once.has_value(), "what YAML says, JSON can say");
    const auto twice = wire::parse_json(wire::write_json(*once));
    fuzz::must(twice && wire::write_json(*twice) == wire::write_json(*once), "and says the same again");
    declared(*value);
  }
  if (const auto value = wire::parse_json(text)) declared(*value);
  return 0;
}
