// JSON: documents to values and back, and typed bodies of awsJson and restJson1.

#include "wire/json.h"
#include "fuzz.h"
#include "wire/json_codec.h"
#include "wire/json_plain.h"
#include "wire/shape_for_test.h"

namespace {

using wire::testing::Everything;
using wire::testing::WithDocument;

void documents(std::string_view text) {
  const auto value = wire::parse_json(text);
  if (!value) {
    fuzz::must(value.error().line >= 1 && value.error().column >= 1, "an error has a place");
    return;
  }
  const std::string once = wire::write_json(*value);
  const auto again = wire::parse_json(once);
  fuzz::must(again.has_value(), "what we write, we read");
  fuzz::must(wire::write_json(*again) == once, "a document comes back the same");
  const auto indented = wire::parse_json(wire::write_json(*value, wire::JsonLayout::Indented));
  fuzz::must(indented && wire::write_json(*indented) == once, "layout changes nothing");
}

template <class T>
void typed(std::string_view text, wire::JsonNames names) {
  T value;
  wire::Missing missing;
  if (!wire::decode_json(T::type(), text, &value, &missing, names)) return;
  const std::string once = wire::encode_json(T::type(), &value, names);
  T again;
  fuzz::must(wire::decode_json(T::type(), once, &again, nullptr, names).has_value(), "what we encode, we decode");
  fuzz::must(wire::encode_json(T::type(), &again, names) == once, "a body comes back the same");
}

void plain(std::string_view text) {
  Everything value;
  wire::Missing missing;
  if (!wire::decode_plain_json(Everything::type(), text, &value, missing)) return;
  Everything other;
  wire::Missing other_missing;
  const bool good = wire::decode_json(Everything::type(), text, &other, &other_missing).has_value();
  fuzz::must(good && value == other && missing == other_missing, "both readers say the same of a plain text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  documents(text);
  plain(text);
  typed<Everything>(text, wire::JsonNames::Model);
  typed<Everything>(text, wire::JsonNames::Body);
  typed<WithDocument>(text, wire::JsonNames::Model);
  return 0;
}
