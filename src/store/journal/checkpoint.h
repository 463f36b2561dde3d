#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/journal/ledger.h"

// The books at the end of some batch. Entries behind it are told by the segments themselves; what is before it is told
// by this and by the indexes of the closed segments.
namespace store {

inline constexpr const char* kCheckpointName = "checkpoint";

// `tail` is where the next batch begins: entries from there on are not in the books.
std::string encode_checkpoint(const Ledger& ledger, Place tail);

// Fills an empty ledger, but for the specials of closed segments: their indexes have those.
std::optional<Place> decode_checkpoint(std::string_view bytes, Ledger& ledger);

}  // namespace store
