#pragma once

#include <cstdint>

// Sizes of the journal's bytes on disk. All numbers are little-endian. A segment is
//
//   head (64 bytes, see segment.h) · begin entry · entries … · what an earlier use left behind
//
// and every entry starts at a multiple of 8:
//
//   crc:4 size:4 kind:1 flags:1 meta_size:2 synced:4 · fields of the kind · bytes
//
// `crc` is CRC32C over the entry from `size` on, seeded with the segment's number, so what an earlier use of the file
// left behind never passes. `size` is without the padding. `synced` is the offset up to which the segment was known to
// be on disk when the entry was written: a bad entry before that is damage, one behind it a write that power cut off.
namespace store::layout {

inline constexpr std::uint32_t kAlignment = 8;
inline constexpr std::uint32_t kHead = 16;
inline constexpr std::uint32_t kSegmentHead = 64;

inline constexpr std::uint32_t kBegin = kHead + 16;   // previous segment:8, its end:8
inline constexpr std::uint32_t kAppend = kHead + 32;  // owner:8 number:8 replaces:8 keeps:8 · meta · payload
inline constexpr std::uint32_t kKill = kHead + 8;     // place:8
inline constexpr std::uint32_t kClear = kHead + 8;    // owner:8
inline constexpr std::uint32_t kNote = kHead + 8;     // owner:8 · bytes

// Where the first entry of a batch may be.
inline constexpr std::uint32_t kFirst = kSegmentHead + kBegin;

constexpr std::uint32_t padded(std::uint64_t size) {
  return static_cast<std::uint32_t>((size + kAlignment - 1) & ~std::uint64_t{kAlignment - 1});
}

}  // namespace store::layout
