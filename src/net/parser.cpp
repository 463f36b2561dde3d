#include "net/parser.h"

#include <algorithm>
#include <charconv>

namespace net {
namespace {

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 32 && c != '\t') || c == 127; });
}

// Header lines after the first line, up to the empty one.
std::expected<Headers, int> parse_headers(std::string_view lines) {
  Headers headers;
  headers.reserve(16);
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    // A blank before the colon, or a line that goes on from the one above, is refused (RFC 9112, 5.1 and 5.2).
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::unexpected(400);
    const std::string_view value = trim(line.substr(colon + 1));
    if (has_control(value)) return std::unexpected(400);
    headers.emplace_back(lower(line.substr(0, colon)), value);
  }
  return headers;
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& from) {
  const std::size_t end = bytes.find("\r\n\r\n", from > 3 ? from - 3 : 0);
  if (end != std::string_view::npos) return end + 4;
  from = bytes.size();
  return std::nullopt;
}

std::expected<Request, int> parse_request_head(std::string_view head) {
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::unexpected(400);
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  std::string_view target = line.substr(first + 1, last - first - 1);
  if (!is_token(method) || target.empty() || has_control(target) || target.find(' ') != std::string_view::npos) {
    return std::unexpected(400);
  }
  if (!version.starts_with("HTTP/")) return std::unexpected(400);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return std::unexpected(505);

  Request request;
  request.method = method;
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
  auto headers = parse_headers(head.substr(line_end + 2));
  if (!headers) return std::unexpected(headers.error());
  request.headers = std::move(*headers);
  if (request.minor_version == 1 && request.headers.find("host") == nullptr) return std::unexpected(400);
  return request;
}

std::expected<Response, int> parse_response_head(std::string_view head) {
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  Response response;
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return std::unexpected(502);
  const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, response.status);
  if (error != std::errc() || end != line.data() + 12) return std::unexpected(502);
  auto headers = parse_headers(head.substr(line_end + 2));
  if (!headers) return std::unexpected(502);
  response.headers = std::move(*headers);
  return response;
}

std::expected<Framing, int> framing_of(const Headers& headers) {
  Framing framing;
  for (const Header& header : headers) {
    if (header.first == "transfer-encoding") {
      if (lower(header.second) != "chunked" || framing.chunked) return std::unexpected(501);
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
