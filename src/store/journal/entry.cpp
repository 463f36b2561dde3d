#include "store/journal/entry.h"

#include <cstring>

#include "store/journal/bytes.h"
#include "store/journal/crc32c.h"
#include "store/journal/layout.h"

namespace store {
namespace {

constexpr std::uint8_t kPlain = 1;
constexpr std::uint8_t kLast = 2;
constexpr std::string_view kMagic = "renkei.segment.2";

// Seeds with more than the number itself: the checksum of zeros from seed 0 is a fixed point.
std::uint32_t seed_of(std::uint32_t segment) {
  return segment ^ 0x52454E4B;
}

struct Fields {
  EntryKind kind;
  std::uint8_t flags = 0;
  std::uint16_t meta_size = 0;
};

// Writes one entry: fixed head, numbers, then the bytes; the checksum last.
class Entry {
 public:
  Entry(std::string& out, const EntryFrame& frame, Fields fields, std::uint32_t size)
      : out_(out), start_(out.size()), size_(size), segment_(frame.segment) {
    const std::size_t end = start_ + layout::padded(size);
    out_.resize_and_overwrite(end, [end](char*, std::size_t) { return end; });
    std::memset(out_.data() + start_ + size, 0, end - start_ - size);
    at_ = out_.data() + start_ + 4;
    number(size);
    number(static_cast<std::uint8_t>(fields.kind));
    number(static_cast<std::uint8_t>(fields.flags | (frame.last ? kLast : 0)));
    number(fields.meta_size);
    number(frame.synced);
  }
  template <class Number>
  Entry& number(Number number) {
    std::memcpy(at_, &number, sizeof number);  // the supported machines are little-endian
    at_ += sizeof number;
    return *this;
  }
  Entry& text(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  void seal() {
    char* head = out_.data() + start_;
    const std::uint32_t crc = crc32c(seed_of(segment_), {head + 4, size_ - 4});
    std::memcpy(head, &crc, sizeof crc);
  }

 private:
  std::string& out_;
  std::size_t start_;
  std::uint32_t size_;
  std::uint32_t segment_;
  char* at_;
};

std::uint32_t sized(std::uint32_t fixed, std::size_t meta, std::size_t bytes) {
  return fixed + static_cast<std::uint32_t>(meta) + static_cast<std::uint32_t>(bytes);
}

struct Put {
  std::string& out;
  const EntryFrame& frame;

  void operator()(const Append& append) const {
    const Record& record = append.record;
    Fields fields{EntryKind::Append, record.plain ? kPlain : std::uint8_t{0},
                  static_cast<std::uint16_t>(record.meta.size())};
    Entry(out, frame, fields, sized(layout::kAppend, record.meta.size(), record.payload.size()))
        .number(record.owner)
        .number(record.number)
        .number(append.replaces)
        .number(append.keeps)
        .text(record.meta)
        .text(record.payload)
        .seal();
  }
  void operator()(const Kill& kill) const {
    Entry(out, frame, {EntryKind::Kill}, layout::kKill).number(kill.place).seal();
  }
  void operator()(const Clear& clear) const {
    Entry(out, frame, {EntryKind::Clear}, layout::kClear).number(clear.owner).seal();
  }
  void operator()(const Note& note) const {
    Entry(out, frame, {EntryKind::Note}, sized(layout::kNote, 0, note.bytes.size()))
        .number(note.owner)
        .text(note.bytes)
        .seal();
  }
};

std::uint32_t fixed_size(EntryKind kind) {
  switch (kind) {
    case EntryKind::Begin:
      return layout::kBegin;
    case EntryKind::Append:
      return layout::kAppend;
    case EntryKind::Kill:
      return layout::kKill;
    case EntryKind::Clear:
      return layout::kClear;
    case EntryKind::Note:
      return layout::kNote;
    case EntryKind::Rows:
      return layout::kHead;
  }
  return 0;
}

}  // namespace

void put_begin(std::string& out, const EntryFrame& frame, std::uint32_t previous, std::uint32_t previous_end) {
  Entry(out, frame, {EntryKind::Begin}, layout::kBegin)
      .number(std::uint64_t{previous})
      .number(std::uint64_t{previous_end})
      .seal();
}

void put_entry(std::string& out, const EntryFrame& frame, const JournalEntry& entry) {
  std::visit(Put{out, frame}, entry);
}

void put_rows(std::string& out, const EntryFrame& frame, std::string_view rows) {
  Entry(out, frame, {EntryKind::Rows}, sized(layout::kHead, 0, rows.size())).text(rows).seal();
}

std::uint32_t promised_size(std::string_view head) {
  if (head.size() < layout::kHead) return 0;
  const auto size = number_at<std::uint32_t>(head.data() + 4);
  const auto kind = static_cast<EntryKind>(head[8]);
  const auto flags = static_cast<std::uint8_t>(head[9]);
  const std::uint32_t fixed = fixed_size(kind);
  if (fixed == 0 || (flags & ~(kPlain | kLast)) != 0) return 0;
  const std::uint64_t least = std::uint64_t{fixed} + number_at<std::uint16_t>(head.data() + 10);
  return size < least || size > UINT32_MAX - layout::kAlignment ? 0 : layout::padded(size);
}

std::optional<EntryView> parse_entry(std::uint32_t segment, std::string_view bytes) {
  EntryView entry;
  entry.size = promised_size(bytes);
  if (entry.size == 0 || entry.size > bytes.size()) return std::nullopt;
  const char* head = bytes.data();
  const auto size = number_at<std::uint32_t>(head + 4);
  if (crc32c(seed_of(segment), bytes.substr(4, size - 4)) != number_at<std::uint32_t>(head)) return std::nullopt;
  entry.kind = static_cast<EntryKind>(head[8]);
  const auto flags = static_cast<std::uint8_t>(head[9]);
  entry.plain = (flags & kPlain) != 0;
  entry.last = (flags & kLast) != 0;
  const auto meta_size = number_at<std::uint16_t>(head + 10);
  entry.synced = number_at<std::uint32_t>(head + 12);
  Reader reader(bytes.substr(layout::kHead, size - layout::kHead));
  if (entry.kind == EntryKind::Kill) {
    entry.replaces = reader.u64();
  } else if (entry.kind != EntryKind::Rows) {
    entry.owner = reader.u64();
  }
  if (entry.kind == EntryKind::Begin || entry.kind == EntryKind::Append) entry.number = reader.u64();
  if (entry.kind == EntryKind::Append) {
    entry.replaces = reader.u64();
    entry.keeps = reader.u64();
    entry.meta = reader.bytes(meta_size);
  }
  const std::size_t fixed = fixed_size(entry.kind) + entry.meta.size();
  entry.bytes = bytes.substr(fixed, size - fixed);
  return reader.good() ? std::optional(entry) : std::nullopt;
}

std::string segment_head(std::uint32_t segment) {
  std::string head(kMagic);
  put_number(head, segment);
  put_number(head, crc32c(seed_of(segment), head));
  head.resize(layout::kSegmentHead);
  return head;
}

std::optional<std::uint32_t> parse_segment_head(std::string_view bytes) {
  if (bytes.size() < layout::kSegmentHead || !bytes.starts_with(kMagic)) return std::nullopt;
  const auto segment = number_at<std::uint32_t>(bytes.data() + kMagic.size());
  if (bytes.substr(0, layout::kSegmentHead) != segment_head(segment)) return std::nullopt;
  return segment;
}

std::optional<std::vector<std::string>> encode_rows(const std::vector<Write>& rows, std::size_t part_max) {
  std::vector<std::string> parts;
  for (const Write& write : rows) {
    const std::size_t size = 1 + 4 + write.key.size() + 4 + write.value.size();
    if (size > part_max) return std::nullopt;
    if (parts.empty() || parts.back().size() + size > part_max) parts.emplace_back();
    put_number(parts.back(), static_cast<std::uint8_t>(write.kind));
    put_text(parts.back(), write.key);
    put_text(parts.back(), write.value);
  }
  return parts;
}

bool decode_rows(std::string_view bytes, std::vector<Write>& rows) {
  Reader reader(bytes);
  while (reader.good() && !reader.at_end()) {
    const auto kind = static_cast<Write::Kind>(reader.number<std::uint8_t>());
    if (kind > Write::Kind::EraseRange) return false;
    const std::string_view key = reader.text();
    const std::string_view value = reader.text();
    rows.push_back({kind, std::string(key), std::string(value)});
  }
  return reader.good();
}

}  // namespace store
