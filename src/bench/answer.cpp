#include "bench/answer.h"

#include <strings.h>

#include <charconv>

namespace bench {
namespace {

constexpr std::string_view kStamp = "t=";
constexpr std::size_t kHeadMax = 64 * 1024;

std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    std::string_view value = line.substr(name.size() + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
  }
  return "";
}

// Returns how long the chunked body at the front of `bytes` is, with its end; nothing when it is not all there.
std::expected<std::optional<std::size_t>, std::string> join_chunks(std::string_view bytes, std::string& into) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    const auto parsed = std::from_chars(bytes.data() + at, bytes.data() + end, size, 16);
    if (parsed.ec != std::errc()) return std::unexpected("the answer's chunks are malformed");
    if (bytes.size() < end + 2 + size + 2) return std::nullopt;
    into.append(bytes.substr(end + 2, size));
    at = end + 2 + size + 2;
    if (size == 0) return at;
  }
}

// The string that follows `key` (with its quotes and colon), from `at` on; moves `at` behind it.
std::optional<std::string_view> text_after(std::string_view body, std::string_view key, std::size_t& at) {
  at = body.find(key, at);
  if (at == std::string_view::npos) return std::nullopt;
  at += key.size();
  while (at < body.size() && (body[at] == ' ' || body[at] == ':')) ++at;
  if (at >= body.size() || body[at] != '"') return std::nullopt;
  const std::size_t begin = ++at;
  while (at < body.size() && body[at] != '"') at += body[at] == '\\' ? 2 : 1;
  if (at >= body.size()) return std::nullopt;
  return body.substr(begin, at - begin);
}

}  // namespace

std::expected<std::optional<Answer>, std::string> read_answer(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (bytes.size() > kHeadMax) return std::unexpected("the answer has no end to its headers");
    return std::nullopt;
  }
  Answer answer;
  answer.head = bytes.substr(0, end);
  if (!answer.head.starts_with("HTTP/1.") || answer.head.size() < 12) return std::unexpected("no HTTP answer");
  std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
  const std::size_t begin = end + 4;
  if (strncasecmp(std::string(header(answer.head, "transfer-encoding")).c_str(), "chunked", 7) == 0) {
    auto length = join_chunks(bytes.substr(begin), answer.storage);
    if (!length) return std::unexpected(length.error());
    if (!*length) return std::nullopt;
    answer.length = begin + **length;
    return answer;
  }
  std::size_t length = 0;
  const std::string_view text = header(answer.head, "content-length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (bytes.size() < begin + length) return std::nullopt;
  answer.body = bytes.substr(begin, length);
  answer.length = begin + length;
  return answer;
}

std::string error_code(const Answer& answer) {
  std::string_view code = header(answer.head, "x-amzn-query-error");
  if (!code.empty()) return std::string(code.substr(0, code.find(';')));
  std::size_t at = 0;
  const std::string_view body = answer.storage.empty() ? answer.body : std::string_view(answer.storage);
  if (const auto type = text_after(body, "\"__type\"", at)) {
    return std::string(type->substr(type->rfind('#') == std::string_view::npos ? 0 : type->rfind('#') + 1));
  }
  return "HTTP " + std::to_string(answer.status);
}

Failures failures(std::string_view body) {
  Failures found;
  std::size_t at = body.find("\"Failed\"");
  while (at != std::string_view::npos) {
    const auto code = text_after(body, "\"Code\"", at);
    if (!code) break;
    if (found.count++ == 0) found.code = *code;
  }
  return found;
}

Received received(std::string_view body) {
  Received found;
  std::size_t at = 0;
  while (const auto receipt = text_after(body, "\"ReceiptHandle\"", at)) found.receipts.push_back(*receipt);
  at = 0;
  while (const auto text = text_after(body, "\"Body\"", at)) {
    std::uint64_t micros = 0;
    if (text->starts_with(kStamp)) {
      std::from_chars(text->data() + kStamp.size(), text->data() + text->size(), micros);
    }
    found.sent_at.push_back(micros);
  }
  return found;
}

std::string stamp(std::uint64_t micros) {
  return std::string(kStamp) + std::to_string(micros) + " ";
}

}  // namespace bench
