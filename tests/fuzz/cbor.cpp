// CBOR: rpcv2Cbor bodies, and API shapes in durable rows.

#include "wire/cbor.h"

#include "fuzz.h"
#include "wire/shape_for_test.h"

namespace {

template <class T>
void typed(std::string_view bytes) {
  T value;
  wire::Missing missing;
  if (!wire::cbor::decode(T::type(), bytes, &value, &missing)) return;
  const std::string once = wire::cbor::encode(T::type(), &value);
  T again;
  fuzz::must(wire::cbor::decode(T::type(), once, &again).has_value(), "what we encode, we decode");
  fuzz::must(wire::cbor::encode(T::type(), &again) == once, "a body comes back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  typed<wire::testing::Everything>(bytes);
  typed<wire::testing::WithDocument>(bytes);
  static_cast<void>(wire::cbor::text_members(bytes));
  return 0;
}
