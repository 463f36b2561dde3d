// aws-chunked bodies, unsigned and signed. How the bytes are cut into reads must change nothing.

#include "wire/aws_chunked.h"

#include "fuzz.h"

namespace {

struct Decoded {
  std::string data;
  bool done = false;
  std::optional<wire::AwsChunkDecoder::Error> error;
  std::vector<std::pair<std::string, std::string>> trailers;

  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view bytes, std::uint32_t seed, bool with_signatures) {
  std::optional<wire::ChunkSigning> signing;
  if (with_signatures) {
    const wire::sigv4::Scope scope{"20260101", "us-east-1", "s3"};
    signing.emplace(
        wire::ChunkSigning{wire::sigv4::SigningKey("secret", scope), "20260101T000000Z", scope.text(), "seed"});
  }
  wire::AwsChunkDecoder decoder(std::move(signing));
  Decoded decoded;
  const auto feed = [&](std::string_view slice) {
    const auto fed = decoder.feed(slice, [&](std::string_view piece) { decoded.data += piece; });
    if (!fed) decoded.error = fed.error();
    return fed.has_value();
  };
  if (seed == 0) {
    feed(bytes);
  } else {
    fuzz::in_slices(bytes, seed, feed);
  }
  decoded.done = decoder.done() && !decoded.error;
  if (decoded.done) decoded.trailers = decoder.trailers();
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  for (const bool with_signatures : {false, true}) {
    const Decoded whole = decode(bytes, 0, with_signatures);
    fuzz::must(decode(bytes, 5, with_signatures) == whole, "how a body is cut changes nothing");
    fuzz::must(!whole.done || !with_signatures, "nobody guesses a chunk's signature");
  }
  return 0;
}
