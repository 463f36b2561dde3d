#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

// Events on disk: "logs.e/" + stream id + time + sequence (big-endian, so that keys sort by time) -> ingestion time and
// message. They are never held in memory.
namespace logs {

// A place between two events of a stream: before the event that has this time and number, if there is one.
struct Place {
  std::int64_t time = 0;  // ms
  std::uint64_t sequence = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Event {
  Place place;
  std::int64_t ingestion_time = 0;  // ms
  std::string_view message;         // only during the visit
};

// What CloudWatch adds to each event when it counts bytes.
inline constexpr std::uint64_t kEventOverhead = 26;

std::string event_key(std::uint64_t stream, const Place& place);
std::string event_bytes(std::int64_t ingestion_time, std::string_view message);
// Key prefix of all events of a stream, and the first key after them.
std::string stream_begin(std::uint64_t stream);
std::string stream_end(std::uint64_t stream);

// Later than any event.
inline constexpr std::int64_t kFarTime = 999'999'999'999'999;

// Visits the events in [from, to) in order, or the last first. `visit` returns false to stop.
enum class Order : std::uint8_t { Forward, Backward };
std::expected<void, store::Error> scan_events(store::Store& store, std::uint64_t stream, const Place& from,
                                              const Place& to, Order order,
                                              const std::function<bool(const Event&)>& visit);

// 56 digits that sort like the events: what event ids and page tokens are made of.
std::string format_place(const Place& place, std::uint64_t stream);
bool parse_place(std::string_view digits, Place& place, std::uint64_t& stream);

}  // namespace logs
