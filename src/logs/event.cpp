#include "logs/event.h"

#include <charconv>
#include <cstdio>

#include "base/ensure.h"
#include "base/fault.h"
#include "service/row.h"

namespace logs {
namespace {

constexpr std::string_view kTable = "logs.e/";
// Digits of the parts of a formatted place: a leading 3 as CloudWatch's ids have, time, stream, sequence.
constexpr std::size_t kTimeDigits = 15;
constexpr std::size_t kNumberDigits = 20;
constexpr std::size_t kDigits = 1 + kTimeDigits + 2 * kNumberDigits;

void put_fixed(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

std::uint64_t take_fixed(std::string_view& in) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(in[static_cast<std::size_t>(i)]);
  in.remove_prefix(8);
  return number;
}

bool read_event(std::string_view key, std::string_view bytes, Event& event) {
  if (key.size() != kTable.size() + 24) return false;
  key.remove_prefix(kTable.size() + 8);
  event.place.time = static_cast<std::int64_t>(take_fixed(key));
  event.place.sequence = take_fixed(key);
  std::uint64_t ingestion = 0;
  if (!service::row::take_varint(bytes, ingestion)) return false;
  event.ingestion_time = service::row::unzigzag(ingestion);
  event.message = bytes;
  return true;
}

}  // namespace

std::string stream_begin(std::uint64_t stream) {
  std::string key(kTable);
  put_fixed(key, stream);
  return key;
}

std::string stream_end(std::uint64_t stream) {
  return stream_begin(stream + 1);
}

std::string event_key(std::uint64_t stream, const Place& place) {
  ENSURE(place.time >= 0);
  std::string key = stream_begin(stream);
  put_fixed(key, static_cast<std::uint64_t>(place.time));
  put_fixed(key, place.sequence);
  return key;
}

std::string event_bytes(std::int64_t ingestion_time, std::string_view message) {
  std::string bytes;
  service::row::put_varint(bytes, service::row::zigzag(ingestion_time));
  bytes += message;
  return bytes;
}

std::expected<void, store::Error> scan_events(store::Store& store, std::uint64_t stream, const Place& from,
                                              const Place& to, Order order,
                                              const std::function<bool(const Event&)>& visit) {
  bool good = true;
  const auto step = [&](std::string_view key, std::string_view bytes) {
    Event event;
    good = read_event(key, bytes, event);
    if (!good || event.place < from || event.place >= to) return false;
    return visit(event);
  };
  const std::string prefix = stream_begin(stream);
  if (order == Order::Forward) {
    CHECK(store.scan(prefix, event_key(stream, from), step));
  } else {
    CHECK(store.scan_back(prefix, event_key(stream, to), step));
  }
  if (!good) return std::unexpected(store::Error{"a log event can't be read"});
  return {};
}

std::string format_place(const Place& place, std::uint64_t stream) {
  char digits[kDigits + 1];
  std::snprintf(digits, sizeof digits, "3%015lld%020llu%020llu", static_cast<long long>(place.time),
                static_cast<unsigned long long>(stream), static_cast<unsigned long long>(place.sequence));
  return digits;
}

bool parse_place(std::string_view digits, Place& place, std::uint64_t& stream) {
  if (digits.size() != kDigits || digits.front() != '3') return false;
  const auto take = [&](std::size_t at, std::size_t count, auto& number) {
    const std::string_view part = digits.substr(at, count);
    const auto read = std::from_chars(part.data(), part.data() + part.size(), number);
    return read.ec == std::errc() && read.ptr == part.data() + part.size();
  };
  return take(1, kTimeDigits, place.time) && place.time >= 0 && take(1 + kTimeDigits, kNumberDigits, stream) &&
         take(1 + kTimeDigits + kNumberDigits, kNumberDigits, place.sequence);
}

}  // namespace logs
