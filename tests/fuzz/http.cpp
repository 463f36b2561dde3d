// HTTP/1.1: heads, framing and bodies. How the bytes are cut into reads must change nothing.

#include "fuzz.h"
#include "net/parser.h"

namespace {

struct Body {
  std::string data;
  std::size_t consumed = 0;
  int refused = 0;
  bool done = false;

  bool operator==(const Body&) const = default;
};

Body read_body(const net::Framing& framing, std::string_view bytes, std::uint32_t seed) {
  net::BodyReader reader(framing);
  Body body;
  const auto feed = [&](std::string_view slice) {
    while (!slice.empty() && !reader.done()) {
      const auto taken = reader.feed(slice, [&](std::string_view piece) { body.data += piece; });
      if (!taken) {
        body.refused = taken.error();
        return false;
      }
      fuzz::must(*taken <= slice.size(), "no more is consumed than was given");
      fuzz::must(*taken > 0, "a reader that is not done takes something");
      body.consumed += *taken;
      slice.remove_prefix(*taken);
    }
    return !reader.done();
  };
  if (seed == 0) {
    feed(bytes);
  } else {
    fuzz::in_slices(bytes, seed, feed);
  }
  body.done = reader.done();
  if (body.refused != 0) body.consumed = 0;  // counted only up to the slice that was refused
  return body;
}

template <class Headers>
void check_body(const Headers& headers, std::string_view bytes) {
  const auto framing = net::framing_of(headers);
  if (!framing) return fuzz::must(framing.error() >= 400, "a refusal has a status");
  const Body whole = read_body(*framing, bytes, 0);
  fuzz::must(read_body(*framing, bytes, 7) == whole, "how a body is cut changes nothing");
  fuzz::must(read_body(*framing, bytes, 99) == whole, "how a body is cut changes nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  std::size_t from = 0;
  const auto end = net::find_head_end(bytes, from);
  std::size_t bytewise_from = 0;
  std::optional<std::size_t> bytewise;
  for (std::size_t seen = 0; seen <= bytes.size() && !bytewise; ++seen) {
    bytewise = net::find_head_end(bytes.substr(0, seen), bytewise_from);
  }
  fuzz::must(bytewise == end, "a head that comes byte by byte ends where it ends");
  if (!end) return 0;
  fuzz::must(*end <= bytes.size(), "a head lies within its bytes");
  if (const auto request = net::parse_request_head(bytes.substr(0, *end))) {
    fuzz::must(!request->method.empty() && !request->target.empty(), "a request has method and target");
    check_body(request->headers, bytes.substr(*end));
  } else {
    fuzz::must(request.error() >= 400, "a refusal has a status");
  }
  if (const auto response = net::parse_response_head(bytes.substr(0, *end))) {
    check_body(response->headers, bytes.substr(*end));
  }
  return 0;
}
