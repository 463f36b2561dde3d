#pragma once

// "aws-chunked" bodies (S3 uploads): <hex size>[;chunk-signature=<hex>] CRLF data CRLF … 0 … [trailers] CRLF.
// It is a coding of its own inside HTTP's chunks, which must be gone already.

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/digest.h"
#include "wire/sigv4.h"

namespace wire {

// How the chain of chunk signatures starts. Without it chunk signatures are read and not checked.
struct ChunkSigning {
  sigv4::SigningKey key;
  std::string time;   // X-Amz-Date
  std::string scope;  // date/region/service/aws4_request
  std::string seed;   // signature of the request head
};

class AwsChunkDecoder {
 public:
  enum class Error : std::uint8_t { Malformed, SignatureMismatch };

  explicit AwsChunkDecoder(std::optional<ChunkSigning> signing = std::nullopt);

  // Takes any piece of the body; hands decoded data to `data` as it comes. A chunk's data is handed out before its
  // signature was seen: the receiver keeps nothing until done(). After an error the decoder is spent.
  std::expected<void, Error> feed(std::string_view bytes, const std::function<void(std::string_view)>& data);
  bool done() const { return state_ == State::Done; }
  // Lower-case names; complete once done().
  const std::vector<std::pair<std::string, std::string>>& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t { Size, Data, DataEnd, Trailer, Done };
  static constexpr std::size_t kLongestLine = 8192;

  std::expected<void, Error> on_line();
  std::expected<void, Error> on_size_line();
  std::expected<void, Error> on_trailer_line();
  bool chunk_signature_holds(std::string_view data_hash);
  bool trailer_signature_holds() const;

  State state_ = State::Size;
  std::string line_;
  std::uint64_t left_ = 0;  // bytes of the current chunk still to come
  std::optional<ChunkSigning> signing_;
  std::string previous_;   // signature before this chunk's
  std::string signature_;  // the current chunk's
  std::string signed_trailers_;
  std::string trailer_signature_;
  Digest hash_{Algorithm::Sha256};
  std::vector<std::pair<std::string, std::string>> trailers_;
};

}  // namespace wire
