#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sqs/rows.h"

namespace sqs {

// What the engine keeps of a message, bytes to it: written once, read with each delivery. Id, group and deduplication
// id are the engine's own (queue::Facts).
struct Payload {
  std::string_view body;
  std::string_view body_md5;  // 16 bytes
  std::string_view sender_id;
  std::string_view trace_header;  // "" for none
};

// A format byte, the fields with their lengths, attributes in the order of their names, and the body last.
std::string encode_payload(const Payload& payload, const std::map<std::string, StoredAttribute>& attributes);
// The views point into `bytes`. Nothing when the bytes are not of this form.
struct Decoded {
  Payload payload;
  std::map<std::string, StoredAttribute> attributes;
};
std::optional<Decoded> decode_payload(std::string_view bytes);

}  // namespace sqs
