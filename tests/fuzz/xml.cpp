// XML bodies of restXml, and the replies of awsQuery as our client reads them.

#include "wire/xml.h"

#include "fuzz.h"
#include "wire/shape_for_test.h"

namespace {

template <class T>
void typed(std::string_view text) {
  T value;
  wire::Missing missing;
  if (!wire::decode_xml(T::type(), text, "", &value, &missing)) return;
  std::string once;
  wire::append_xml_element(once, "Root", "", T::type(), &value);
  T again;
  fuzz::must(wire::decode_xml(T::type(), once, "", &again).has_value(), "what we encode, we decode");
  std::string twice;
  wire::append_xml_element(twice, "Root", "", T::type(), &again);
  fuzz::must(once == twice, "a body comes back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  typed<wire::testing::Everything>(text);
  typed<wire::testing::Listing>(text);
  static_cast<void>(wire::xml_text_at(text, {"Error", "Code"}));
  static_cast<void>(wire::xml_root_name(text));
  static_cast<void>(wire::xml_root_text(text));
  return 0;
}
