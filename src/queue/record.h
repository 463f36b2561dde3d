#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "queue/message.h"

namespace queue {

// What the log says of a message beside its payload.
struct Meta {
  Header header;
  std::string facts;  // see pack()
  // Of a delivery that a client may ask for again by its attempt id: what it takes to give the same receipts.
  std::string attempt_id;
  std::uint32_t attempt_size = 0;   // messages that were handed out together
  std::uint32_t attempt_index = 0;  // of this one among them
  std::uint64_t nonce = 0;

  friend bool operator==(const Meta&, const Meta&) = default;
};

// What is left of a FIFO message that is gone while its deduplication id must still be known.
struct Remains {
  base::TimePoint sent_at;
  std::string dedup_key;
  std::string tag;

  friend bool operator==(const Remains&, const Remains&) = default;
};

std::string pack(const Facts& facts);
bool unpack(std::string_view bytes, Facts& facts);

// The first byte tells the two apart.
std::string encode(const Meta& meta);
std::string encode(const Header& header, std::string_view facts);  // the same without an attempt
bool decode(std::string_view bytes, Meta& meta);
std::string encode(const Remains& remains);
bool decode(std::string_view bytes, Remains& remains);
bool is_remains(std::string_view bytes);

}  // namespace queue
