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
    const std::string json = wire::write_json(*value);
    const auto again = wire::parse_json(json);
    fuzz::must(again && wire::write_json(*again) == json, "what YAML says, JSON can say");
    declared(*value);
  }
  if (const auto value = wire::parse_json(text)) declared(*value);
  return 0;
}
