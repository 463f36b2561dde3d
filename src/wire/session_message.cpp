#include "wire/session_message.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "base/value.h"
#include "wire/json.h"

namespace wire {
namespace {

constexpr std::size_t kHeaderLength = 116;  // without the length of the payload behind it
constexpr std::size_t kTypeLength = 32;
constexpr std::size_t kDigestLength = 32;
constexpr std::size_t kIdLength = 16;
constexpr std::size_t kIdHalf = kIdLength / 2;
constexpr std::uint32_t kSchema = 1;

template <class Number>
void append_number(std::string& out, Number value) {
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xff);
  }
}

// Reads one field after another; the caller has looked at the length.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : text(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view text(std::size_t size) {
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(part.size());
    return part;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::string digest_of(std::string_view payload) {
  std::string digest(kDigestLength, '\0');
  EVP_Digest(payload.data(), payload.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
             nullptr);
  return digest;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The last eight bytes of the id come first on the wire.
std::string swapped(std::string bytes) {
  std::rotate(bytes.begin(), bytes.begin() + kIdHalf, bytes.end());
  return bytes;
}

std::string id_bytes(const std::string& text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    const int value = hex_value(c);
    if (value < 0) continue;
    if (high < 0) {
      high = value;
    } else {
      bytes += static_cast<char>(high << 4 | value);
      high = -1;
    }
  }
  bytes.resize(kIdLength);
  return swapped(std::move(bytes));
}

std::string id_text(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : swapped(std::string(bytes))) {
    if (text.size() == 8 || text.size() == 13 || text.size() == 18 || text.size() == 23) text += '-';
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./=:,@%+").find(c) != std::string_view::npos;
}

}  // namespace

std::string write_session_message(const SessionMessage& message) {
  std::string out;
  append_number(out, static_cast<std::uint32_t>(kHeaderLength));
  std::string type = message.type;
  type.resize(kTypeLength, ' ');
  out += type;
  append_number(out, kSchema);
  append_number(out, message.created_millis);
  append_number(out, message.sequence_number);
  append_number(out, message.flags);
  out += id_bytes(message.id);
  out += digest_of(message.payload);
  append_number(out, static_cast<std::uint32_t>(message.payload_type));
  append_number(out, static_cast<std::uint32_t>(message.payload.size()));
  out += message.payload;
  return out;
}

std::optional<SessionMessage> read_session_message(std::string_view bytes) {
  if (bytes.size() < kHeaderLength + sizeof(std::uint32_t)) return std::nullopt;
  Fields fields(bytes);
  if (fields.number(4) != kHeaderLength) return std::nullopt;
  SessionMessage message;
  const std::string_view type = fields.text(kTypeLength);
  message.type = type.substr(0, std::min(type.find_first_of(std::string_view(" \0", 2)), type.size()));
  fields.number(4);  // schema version: there is one
  message.created_millis = static_cast<std::int64_t>(fields.number(8));
  message.sequence_number = static_cast<std::int64_t>(fields.number(8));
  message.flags = fields.number(8);
  message.id = id_text(fields.text(kIdLength));
  const std::string_view digest = fields.text(kDigestLength);
  message.payload_type = static_cast<SessionPayload>(fields.number(4));
  const std::uint64_t length = fields.number(4);
  if (fields.rest().size() != length) return std::nullopt;
  message.payload = fields.rest();
  if (digest != digest_of(message.payload)) return std::nullopt;
  return message;
}

std::string acknowledgement(const SessionMessage& of) {
  base::Value json;
  json.set("AcknowledgedMessageType", of.type);
  json.set("AcknowledgedMessageId", of.id);
  json.set("AcknowledgedMessageSequenceNumber", of.sequence_number);
  json.set("IsSequentialMessage", true);
  return write_json(json);
}

std::optional<std::vector<std::string>> split_command(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  const auto word = [&]() -> std::string& {
    if (!std::exchange(in_word, true)) words.emplace_back();
    return words.back();
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == ' ' || c == '\t' || c == '\n') {
      in_word = false;
    } else if (c == '\\') {
      if (++i == line.size()) return std::nullopt;
      word() += line[i];
    } else if (c == '\'') {
      const std::size_t end = line.find('\'', i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      word() += line.substr(i + 1, end - i - 1);
      i = end;
    } else if (c == '"') {
      word();
      for (++i; i < line.size() && line[i] != '"'; ++i) {
        const bool escaped = line[i] == '\\' && i + 1 < line.size() &&
                             std::string_view("\"\\$`").find(line[i + 1]) != std::string_view::npos;
        word() += line[escaped ? ++i : i];
      }
      if (i == line.size()) return std::nullopt;
    } else {
      word() += c;
    }
  }
  return words;
}

std::string join_command(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& one : words) {
    if (!line.empty()) line += ' ';
    if (!one.empty() && std::ranges::all_of(one, is_plain)) {
      line += one;
      continue;
    }
    line += '\'';
    for (const char c : one) {
      if (c == '\'') {
        line += "'\\''";
      } else {
        line += c;
      }
    }
    line += '\'';
  }
  return line;
}

}  // namespace wire
