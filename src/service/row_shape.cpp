#include "service/row.h"
#include "wire/cbor.h"

namespace service::row {

void encode_shape(std::string& out, const api::Type& type, const void* object) {
  out += wire::cbor::encode(type, object);
}

bool decode_shape(std::string_view in, const api::Type& type, void* object) {
  return wire::cbor::decode(type, in, object).has_value();
}

}  // namespace service::row
