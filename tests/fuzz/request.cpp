// A whole request through the door to all protocols: the operation found, its input decoded, a fault encoded. Pieces:
// protocol, method, path, query, name and value of each header, and the body after an empty name.

#include "fuzz.h"
#include "wire/protocol.h"
#include "wire/shape_for_test.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Pieces pieces(fuzz::text(data, size));
  const std::string_view protocol_name = pieces.next();
  const auto protocol = static_cast<api::Protocol>(protocol_name.empty() ? 0 : (protocol_name[0] - '0') % 6 & 7);
  if (static_cast<int>(protocol) > static_cast<int>(api::Protocol::RpcV2Cbor)) return 0;
  wire::HttpParts request;
  wire::HeaderMap headers;
  request.method = pieces.next();
  request.path = pieces.next();
  request.query = pieces.next();
  while (!pieces.done()) {
    const std::string_view name = pieces.next();
    if (name.empty()) break;
    headers.emplace(name, pieces.next());
  }
  const auto views = wire::views_of(headers);
  request.headers = views;
  request.body = pieces.rest();
  const auto& service = wire::testing::service();
  const auto operation = wire::find_operation(protocol, service, request);
  if (!operation) {
    static_cast<void>(wire::encode_fault(protocol, service, operation.error(), {.request_id = "id"}));
    return 0;
  }
  const auto input = wire::decode_request(protocol, **operation, request);
  if (!input) {
    static_cast<void>(wire::encode_fault(protocol, service, input.error(), {.request_id = "id", .query_mode = true}));
  } else {
    static_cast<void>(wire::encode_request(protocol, **operation, *input));
  }
  static_cast<void>(wire::decode_response(protocol, **operation, 200, headers, request.body));
  static_cast<void>(wire::decode_response(protocol, **operation, 400, headers, request.body));
  return 0;
}
