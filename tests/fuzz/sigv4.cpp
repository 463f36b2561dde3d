// Signature Version 4: what a request claims, in its header or its query. Pieces: method, path, query, name and value
// of each header.

#include "wire/sigv4.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Pieces pieces(fuzz::text(data, size));
  const std::string method(pieces.next());
  const std::string path(pieces.next());
  const std::string query(pieces.next());
  std::vector<wire::sigv4::Header> headers;
  while (!pieces.done()) {
    std::string name(pieces.next());
    headers.emplace_back(std::move(name), std::string(pieces.next()));
  }
  const std::vector<wire::sigv4::HeaderView> views(headers.begin(), headers.end());
  const wire::sigv4::RequestView request{method, path, query, views};
  const auto claim = wire::sigv4::parse(request);
  if (!claim) fuzz::must(!claim.error().empty(), "a refusal says why");
  if (claim && *claim) {
    const wire::sigv4::SigningKey key("secret", (*claim)->scope);
    static_cast<void>(wire::sigv4::parse_time((*claim)->time));
    fuzz::must(!wire::sigv4::verify(request, **claim, wire::sigv4::kUnsignedPayload, key),
               "nobody guesses a signature");
  }
  // What we sign, we verify, whatever the request holds.
  headers.clear();
  headers.emplace_back("host", "localhost");
  wire::sigv4::sign({"AKID", "secret", ""}, {"20260101", "us-east-1", "s3"}, 1'767'225'600, method, path, query,
                    headers, wire::sigv4::kUnsignedPayload);
  const std::vector<wire::sigv4::HeaderView> signed_views(headers.begin(), headers.end());
  const wire::sigv4::RequestView signed_request{method, path, query, signed_views};
  const auto ours = wire::sigv4::parse(signed_request);
  if (!ours || !*ours || (*ours)->presigned) return 0;  // the query claims something of its own
  const wire::sigv4::SigningKey key("secret", (*ours)->scope);
  fuzz::must(wire::sigv4::verify(signed_request, **ours, wire::sigv4::kUnsignedPayload, key),
             "our own signature holds");
  return 0;
}
