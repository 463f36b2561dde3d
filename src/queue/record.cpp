#include "queue/record.h"

#include <initializer_list>

#include "base/ensure.h"
#include "service/row.h"

namespace queue {
namespace {

// Permanent: they begin every record on disk.
constexpr char kMessage = 2;
constexpr char kRemains = 3;

using service::row::put_varint;
using service::row::take_varint;

void put_bytes(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out += bytes;
}

bool take_text(std::string_view& in, std::string& text) {
  std::string_view bytes;
  if (!service::row::take_bytes(in, bytes)) return false;
  text = std::string(bytes);
  return true;
}

bool take_number(std::string_view& in, std::uint32_t& number) {
  std::uint64_t wide = 0;
  if (!take_varint(in, wide) || wide > UINT32_MAX) return false;
  number = static_cast<std::uint32_t>(wide);
  return true;
}

// Times are told by their distance from the first one, which is short.
std::uint64_t distance(base::TimePoint at, base::TimePoint from = {}) {
  return service::row::zigzag((at - from).count());
}

// As many put_varint(), appended at once.
void put_varints(std::string& out, std::initializer_list<std::uint64_t> numbers) {
  constexpr std::size_t kMost = 4;
  ENSURE(numbers.size() <= kMost);
  char bytes[kMost * 10];  // 7 bits in each
  char* at = bytes;
  for (std::uint64_t number : numbers) {
    for (; number >= 0x80; number >>= 7) *at++ = static_cast<char>(number | 0x80);
    *at++ = static_cast<char>(number);
  }
  out.append(bytes, at);
}

bool take_time(std::string_view& in, base::TimePoint& at, base::TimePoint from = {}) {
  std::uint64_t number = 0;
  if (!take_varint(in, number)) return false;
  std::int64_t since_epoch = 0;
  if (__builtin_add_overflow(from.time_since_epoch().count(), service::row::unzigzag(number), &since_epoch))
    return false;
  at = base::TimePoint(base::Duration(since_epoch));
  return true;
}

}  // namespace

std::string pack(const Facts& facts) {
  std::string out;
  out.reserve(facts.tag.size() + facts.group.size() + facts.dedup_id.size() + 8);
  put_bytes(out, facts.tag);
  put_bytes(out, facts.group);
  put_bytes(out, facts.dedup_id);
  put_varint(out, facts.source);
  put_varint(out, facts.deliveries_elsewhere);
  return out;
}

bool unpack(std::string_view bytes, Facts& facts) {
  return take_text(bytes, facts.tag) && take_text(bytes, facts.group) && take_text(bytes, facts.dedup_id) &&
         take_varint(bytes, facts.source) && take_number(bytes, facts.deliveries_elsewhere) && bytes.empty();
}

bool is_remains(std::string_view bytes) {
  return !bytes.empty() && bytes.front() == kRemains;
}

std::string encode(const Header& header, std::string_view facts) {
  std::string out;
  out.reserve(48 + facts.size());
  out.push_back(kMessage);
  put_varints(out, {distance(header.sent_at), distance(header.available_at, header.sent_at), facts.size()});
  out += facts;
  put_varint(out, header.deliveries);
  if (header.deliveries == 0) return out;
  put_varints(out, {distance(header.visible_at, header.sent_at), distance(header.first_received_at, header.sent_at),
                    distance(header.received_at, header.sent_at), 0});  // 0: the length of the attempt id
  return out;
}

std::string encode(const Meta& meta) {
  std::string out = encode(meta.header, meta.facts);
  if (meta.attempt_id.empty()) return out;
  out.pop_back();
  put_bytes(out, meta.attempt_id);
  put_varint(out, meta.attempt_size);
  put_varint(out, meta.attempt_index);
  put_varint(out, meta.nonce);
  return out;
}

bool decode(std::string_view bytes, Meta& meta) {
  if (bytes.empty() || bytes.front() != kMessage) return false;
  bytes.remove_prefix(1);
  meta = {};
  Header& header = meta.header;
  if (!take_time(bytes, header.sent_at) || !take_time(bytes, header.available_at, header.sent_at) ||
      !take_text(bytes, meta.facts) || !take_number(bytes, header.deliveries)) {
    return false;
  }
  header.visible_at = header.available_at;
  if (header.deliveries == 0) return bytes.empty();
  if (!take_time(bytes, header.visible_at, header.sent_at) ||
      !take_time(bytes, header.first_received_at, header.sent_at) ||
      !take_time(bytes, header.received_at, header.sent_at) || !take_text(bytes, meta.attempt_id)) {
    return false;
  }
  if (meta.attempt_id.empty()) return bytes.empty();
  return take_number(bytes, meta.attempt_size) && take_number(bytes, meta.attempt_index) &&
         take_varint(bytes, meta.nonce) && bytes.empty();
}

std::string encode(const Remains& remains) {
  std::string out(1, kRemains);
  put_varints(out, {distance(remains.sent_at)});
  put_bytes(out, remains.dedup_key);
  put_bytes(out, remains.tag);
  return out;
}

bool decode(std::string_view bytes, Remains& remains) {
  if (!is_remains(bytes)) return false;
  bytes.remove_prefix(1);
  return take_time(bytes, remains.sent_at) && take_text(bytes, remains.dedup_key) && take_text(bytes, remains.tag) &&
         bytes.empty();
}

}  // namespace queue
