// awsQuery and ec2Query forms.

#include "wire/query.h"

#include "fuzz.h"
#include "wire/shape_for_test.h"

namespace {

using wire::testing::Everything;

void typed(std::string_view form, wire::QueryDialect dialect) {
  Everything value;
  wire::Missing missing;
  if (!wire::decode_query(Everything::type(), form, dialect, &value, &missing)) return;
  const auto& operation = wire::testing::operation("DoEverything");
  const std::string once = wire::encode_query(operation, &value, dialect);
  Everything again;
  fuzz::must(wire::decode_query(Everything::type(), once, dialect, &again).has_value(), "what we encode, we decode");
  fuzz::must(wire::encode_query(operation, &again, dialect) == once, "a form comes back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view form = fuzz::text(data, size);
  typed(form, wire::QueryDialect::Aws);
  typed(form, wire::QueryDialect::Ec2);
  static_cast<void>(wire::form_field(form, "Action"));
  return 0;
}
