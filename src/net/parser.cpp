#include "net/parser.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace net {
namespace {

// What a token character (RFC 9110, 5.6.2) is in lower case; 0 for the others.
constexpr std::array<char, 256> make_token_table() {
  std::array<char, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = static_cast<char>(c);
  for (int c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = static_cast<char>(c);
    table[static_cast<std::size_t>(c - 32)] = static_cast<char>(c);
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = c;
  return table;
}
constexpr std::array<char, 256> kTokens = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kTokens[static_cast<unsigned char>(c)] != 0; });
}

// The first control character at or after `from` (a tab is none), or the end; 16 bytes at a time.
std::size_t find_control(std::string_view text, std::size_t from) {
  using Bytes = signed char __attribute__((vector_size(16)));
  std::size_t at = from;
  for (; at + sizeof(Bytes) <= text.size(); at += sizeof(Bytes)) {
    Bytes bytes;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    const auto control = ((bytes >= 0) & (bytes < 0x20) & (bytes != '\t')) | (bytes == 0x7f);
    std::uint64_t halves[2];
    std::memcpy(halves, &control, sizeof halves);
    // A byte that is one is all ones; the supported machines are little-endian.
    if (halves[0] != 0) return at + static_cast<std::size_t>(std::countr_zero(halves[0])) / 8;
    if (halves[1] != 0) return at + 8 + static_cast<std::size_t>(std::countr_zero(halves[1])) / 8;
  }
  const auto is_control = [](char c) { return (c >= 0 && c < 32 && c != '\t') || c == 127; };
  while (at < text.size() && !is_control(text[at])) ++at;
  return at;
}

bool has_control(std::string_view text) {
  return find_control(text, 0) < text.size();
}

// One header line after another, up to the empty line that ends `lines`. Names are made lower case in place.
template <class Add>
bool parse_headers(char* lines, std::size_t size, Add add) {
  const std::string_view all(lines, size);
  std::size_t at = 0;
  while (at < size) {
    if (all.substr(at).starts_with("\r\n")) return true;
    std::size_t colon = at;
    for (; colon < size; ++colon) {
      const char small = kTokens[static_cast<unsigned char>(lines[colon])];
      if (small == 0) break;
      lines[colon] = small;
    }
    // A blank before the colon, or a line that goes on from the one above, is refused (RFC 9112, 5.1 and 5.2).
    if (colon == at || colon == size || lines[colon] != ':') return false;
    const std::size_t end = find_control(all, colon + 1);
    if (!all.substr(end).starts_with("\r\n")) return false;
    add(all.substr(at, colon - at), trim(all.substr(colon + 1, end - colon - 1)));
    at = end + 2;
  }
  return true;
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& from) {
  // From line to line: looking for one character is the fastest search there is.
  for (std::size_t at = bytes.find('\n', std::max<std::size_t>(from, 3)); at < bytes.size();
       at = bytes.find('\n', at + 1)) {
    if (bytes.substr(at - 3, 4) == "\r\n\r\n") return at + 1;
  }
  from = bytes.size();
  return std::nullopt;
}

std::expected<Request, int> parse_request_head(std::string_view head) {
  Request request;
  request.bytes = std::make_unique_for_overwrite<char[]>(head.size());
  std::memcpy(request.bytes.get(), head.data(), head.size());
  const std::string_view own(request.bytes.get(), head.size());

  const std::size_t line_end = std::min(own.find("\r\n"), own.size());
  const std::string_view line = own.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::unexpected(400);
  const std::string_view version = line.substr(last + 1);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(line.substr(0, first)) || target.empty() || has_control(target) ||
      target.find(' ') != std::string_view::npos) {
    return std::unexpected(400);
  }
  if (!version.starts_with("HTTP/")) return std::unexpected(400);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return std::unexpected(505);

  request.method = line.substr(0, first);
  request.target = target;
  request.minor_version = version.back() - '0';
  if (target.front() != '/') {  // absolute form, as sent through a proxy; "*" and authority forms have no path
    const std::size_t scheme = target.find("://");
    const std::size_t slash = scheme == std::string_view::npos ? scheme : target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  if (question < target.size()) request.query = target.substr(question + 1);
  request.headers.reserve(16);
  const std::size_t headers = std::min(line_end + 2, own.size());
  const bool good =
      parse_headers(request.bytes.get() + headers, own.size() - headers,
                    [&](std::string_view name, std::string_view value) { request.headers.emplace_back(name, value); });
  if (!good) return std::unexpected(400);
  if (request.minor_version == 1 && request.headers.find("host") == nullptr) return std::unexpected(400);
  return request;
}

std::expected<Response, int> parse_response_head(std::string_view head) {
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const std::string_view line = head.substr(0, line_end);
  Response response;
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return std::unexpected(502);
  const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, response.status);
  if (error != std::errc() || end != line.data() + 12) return std::unexpected(502);
  std::string lines(head.substr(std::min(line_end + 2, head.size())));
  const bool good = parse_headers(lines.data(), lines.size(), [&](std::string_view name, std::string_view value) {
    response.headers.emplace_back(name, value);
  });
  if (!good) return std::unexpected(502);
  return response;
}

template <class Text>
std::expected<Framing, int> framing_of(const HeaderList<Text>& headers) {
  Framing framing;
  for (const auto& header : headers) {
    if (header.first == "transfer-encoding") {
      if (!equals_without_case(header.second, "chunked") || framing.chunked) return std::unexpected(501);
      framing.chunked = true;
    } else if (header.first == "content-length") {
      std::uint64_t length = 0;
      const char* end = header.second.data() + header.second.size();
      const auto [at, error] = std::from_chars(header.second.data(), end, length);
      if (error != std::errc() || at != end) return std::unexpected(400);
      if (framing.length && *framing.length != length) return std::unexpected(400);
      framing.length = length;
    }
  }
  if (framing.chunked && framing.length) return std::unexpected(400);
  return framing;
}

template std::expected<Framing, int> framing_of(const HeaderList<std::string>&);
template std::expected<Framing, int> framing_of(const HeaderList<std::string_view>&);

BodyReader::BodyReader(const Framing& framing) : chunked_(framing.chunked), left_(framing.length.value_or(0)) {
  state_ = chunked_ ? State::Size : (left_ > 0 ? State::Data : State::Done);
}

std::expected<std::size_t, int> BodyReader::feed(std::string_view bytes,
                                                 const std::function<void(std::string_view)>& data) {
  std::size_t consumed = 0;
  while (state_ != State::Done && consumed < bytes.size()) {
    const std::string_view rest = bytes.substr(consumed);
    if (state_ == State::Data) {
      const std::string_view piece = rest.substr(0, std::min<std::uint64_t>(left_, rest.size()));
      data(piece);
      consumed += piece.size();
      left_ -= piece.size();
      if (left_ == 0) state_ = chunked_ ? State::DataEnd : State::Done;
      continue;
    }
    const std::size_t end = rest.find('\n');
    line_.append(rest.substr(0, end));
    if (line_.size() > kLongestLine) return std::unexpected(400);
    if (end == std::string_view::npos) return bytes.size();
    consumed += end + 1;
    if (!on_line()) return std::unexpected(400);
    line_.clear();
  }
  return consumed;
}

bool BodyReader::on_line() {
  if (!line_.ends_with('\r')) return false;
  line_.pop_back();
  switch (state_) {
    case State::Size: {
      const auto [end, error] = std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
      const std::string_view extension = trim(std::string_view(end, line_.data() + line_.size()));
      if (error != std::errc() || (!extension.empty() && extension.front() != ';')) return false;
      state_ = left_ > 0 ? State::Data : State::Trailer;
      return true;
    }
    case State::DataEnd:
      state_ = State::Size;
      return line_.empty();
    case State::Trailer:
      if (line_.empty()) state_ = State::Done;
      return ++trailers_ <= kMostTrailers;
    default:
      return false;
  }
}

}  // namespace net
