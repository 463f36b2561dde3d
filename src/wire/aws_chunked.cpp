#include "wire/aws_chunked.h"

#include <algorithm>
#include <charconv>

namespace wire {
namespace {

constexpr std::string_view kChunkSignature = "chunk-signature=";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

AwsChunkDecoder::AwsChunkDecoder(std::optional<ChunkSigning> signing) : signing_(std::move(signing)) {
  if (signing_) previous_ = signing_->seed;
}

std::expected<void, AwsChunkDecoder::Error> AwsChunkDecoder::feed(std::string_view bytes,
                                                                  const std::function<void(std::string_view)>& data) {
  while (!bytes.empty()) {
    if (state_ == State::Done) return std::unexpected(Error::Malformed);  // bytes after the end
    if (state_ == State::Data) {
      const std::string_view piece = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
      if (signing_) hash_.update(piece);
      data(piece);
      bytes.remove_prefix(piece.size());
      left_ -= piece.size();
      if (left_ == 0) state_ = State::DataEnd;
      continue;
    }
    const std::size_t end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (line_.size() > kLongestLine) return std::unexpected(Error::Malformed);
    if (end == std::string_view::npos) return {};
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    if (const auto result = on_line(); !result) return result;
    line_.clear();
  }
  return {};
}

std::expected<void, AwsChunkDecoder::Error> AwsChunkDecoder::on_line() {
  if (state_ == State::Size) return on_size_line();
  if (state_ == State::Trailer) return on_trailer_line();
  // The line end after a chunk's data.
  if (!line_.empty()) return std::unexpected(Error::Malformed);
  if (signing_) {
    if (!chunk_signature_holds(to_hex(hash_.finish()))) return std::unexpected(Error::SignatureMismatch);
    hash_ = Digest(Algorithm::Sha256);
  }
  state_ = State::Size;
  return {};
}

std::expected<void, AwsChunkDecoder::Error> AwsChunkDecoder::on_size_line() {
  const auto [end, error] = std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
  if (error != std::errc() || end == line_.data()) return std::unexpected(Error::Malformed);
  const std::string_view extension(end, line_.data() + line_.size());
  signature_.clear();
  if (const std::size_t at = extension.find(kChunkSignature); at != std::string_view::npos) {
    signature_ = trim(extension.substr(at + kChunkSignature.size()));
  } else if (!trim(extension).empty() && extension.front() != ';') {
    return std::unexpected(Error::Malformed);
  }
  if (left_ > 0) {
    state_ = State::Data;
    return {};
  }
  if (signing_ && !chunk_signature_holds(sha256_hex(""))) return std::unexpected(Error::SignatureMismatch);
  state_ = State::Trailer;
  return {};
}

std::expected<void, AwsChunkDecoder::Error> AwsChunkDecoder::on_trailer_line() {
  if (line_.empty()) {
    // Where chunks are signed, some SDKs put an empty line between the trailers and their signature.
    if (!signature_.empty() && !trailers_.empty() && trailer_signature_.empty()) return {};
    if (signing_ && !trailers_.empty() && !trailer_signature_holds()) return std::unexpected(Error::SignatureMismatch);
    state_ = State::Done;
    return {};
  }
  const std::size_t colon = line_.find(':');
  if (colon == std::string::npos) return std::unexpected(Error::Malformed);
  std::string name = lower(trim(std::string_view(line_).substr(0, colon)));
  std::string value(trim(std::string_view(line_).substr(colon + 1)));
  if (name == "x-amz-trailer-signature") {
    trailer_signature_ = std::move(value);
    return {};
  }
  signed_trailers_ += name + ":" + value + "\n";
  trailers_.emplace_back(std::move(name), std::move(value));
  return {};
}

bool AwsChunkDecoder::chunk_signature_holds(std::string_view data_hash) {
  static const std::string kEmptyHash = sha256_hex("");
  const std::string text = "AWS4-HMAC-SHA256-PAYLOAD\n" + signing_->time + "\n" + signing_->scope + "\n" + previous_ +
                           "\n" + kEmptyHash + "\n" + std::string(data_hash);
  previous_ = signing_->key.sign(text);
  return equal_secret(previous_, signature_);
}

bool AwsChunkDecoder::trailer_signature_holds() const {
  const std::string text = "AWS4-HMAC-SHA256-TRAILER\n" + signing_->time + "\n" + signing_->scope + "\n" + previous_ +
                           "\n" + sha256_hex(signed_trailers_);
  return equal_secret(signing_->key.sign(text), trailer_signature_);
}

}  // namespace wire
