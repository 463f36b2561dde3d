#include "sqs/payload.h"

#include "service/row.h"

namespace sqs {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kMd5Bytes = 16;

void put(std::string& out, std::string_view text) {
  service::row::put_varint(out, text.size());
  out += text;
}

bool take(std::string_view& in, std::string& text) {
  std::string_view bytes;
  if (!service::row::take_bytes(in, bytes)) return false;
  text = bytes;
  return true;
}

bool take_flag(std::string_view& in, bool& flag) {
  if (in.empty() || in.front() < 0 || in.front() > 1) return false;
  flag = in.front() == 1;
  in.remove_prefix(1);
  return true;
}

bool take_attributes(std::string_view& in, std::map<std::string, StoredAttribute>& attributes) {
  std::uint64_t count = 0;
  if (!service::row::take_varint(in, count)) return false;
  for (; count > 0; --count) {
    std::string name;
    StoredAttribute attribute;
    if (!take(in, name) || !take(in, attribute.type) || !take_flag(in, attribute.binary) ||
        !take(in, attribute.value)) {
      return false;
    }
    attributes.emplace_hint(attributes.end(), std::move(name), std::move(attribute));
  }
  return true;
}

}  // namespace

std::string encode_payload(const Payload& payload, const std::map<std::string, StoredAttribute>& attributes) {
  std::string out;
  out.reserve(payload.body.size() + payload.sender_id.size() + payload.trace_header.size() + 64);
  out.push_back(kFormat);
  out += payload.body_md5;
  put(out, payload.sender_id);
  put(out, payload.trace_header);
  service::row::put_varint(out, attributes.size());
  for (const auto& [name, attribute] : attributes) {
    put(out, name);
    put(out, attribute.type);
    out.push_back(attribute.binary ? 1 : 0);
    put(out, attribute.value);
  }
  out += payload.body;
  return out;
}

std::optional<Decoded> decode_payload(std::string_view bytes) {
  if (bytes.size() < 1 + kMd5Bytes || bytes.front() != kFormat) return std::nullopt;
  Decoded decoded;
  bytes.remove_prefix(1);
  decoded.payload.body_md5 = bytes.substr(0, kMd5Bytes);
  bytes.remove_prefix(kMd5Bytes);
  if (!service::row::take_bytes(bytes, decoded.payload.sender_id)) return std::nullopt;
  if (!service::row::take_bytes(bytes, decoded.payload.trace_header)) return std::nullopt;
  if (!take_attributes(bytes, decoded.attributes)) return std::nullopt;
  decoded.payload.body = bytes;
  return decoded;
}

}  // namespace sqs
