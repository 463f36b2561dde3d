#include <algorithm>
#include <cstdio>

#include "logs/faults.h"
#include "logs/operations/operations.h"
#include "logs/upload_token.h"

namespace logs {
namespace {

using Request = api::logs::PutLogEventsRequest;
using Events = std::vector<api::logs::InputLogEvent>;

constexpr std::uint64_t kBytesMax = 1'048'576;  // of an event, and of a batch
constexpr std::size_t kEventsMax = 10'000;
constexpr std::int64_t kDay = 86'400'000;  // ms
constexpr std::int64_t kAgeMax = 14 * kDay;
constexpr std::int64_t kAheadMax = 2 * 3'600'000;

std::uint64_t size_of(const api::logs::InputLogEvent& event) {
  return event.message.size() + kEventOverhead;
}

base::Outcome<void> check_sizes(const Events& events) {
  if (events.empty() || events.size() > kEventsMax) {
    return invalid_parameter("A batch must hold between 1 and 10000 log events.");
  }
  std::uint64_t total = 0;
  for (const auto& event : events) {
    if (event.message.empty()) return invalid_parameter("Log event messages must not be empty.");
    if (size_of(event) > kBytesMax) {
      return invalid_parameter("Log event too large: " + std::to_string(size_of(event)) + " bytes exceeds limit of " +
                               std::to_string(kBytesMax));
    }
    total += size_of(event);
  }
  if (total <= kBytesMax) return {};
  return invalid_parameter("Upload too large: " + std::to_string(total) + " bytes exceeds limit of " +
                           std::to_string(kBytesMax));
}

// Which events of an ordered batch are taken: [first, last).
struct Taken {
  std::size_t too_old = 0;  // those before are older than 14 days
  std::size_t first = 0;    // those before are past the group's retention, too
  std::size_t last = 0;     // this one and those after are more than two hours ahead
};

Taken taken(const Events& events, const GroupRow& group, base::TimePoint now) {
  const auto before = [&](std::int64_t time) {
    return static_cast<std::size_t>(std::ranges::lower_bound(events, time, {}, &api::logs::InputLogEvent::timestamp) -
                                    events.begin());
  };
  const std::int64_t now_ms = base::unix_millis(now);
  Taken taken;
  taken.too_old = before(std::max<std::int64_t>(0, now_ms - kAgeMax));
  taken.first = std::max(taken.too_old, before(oldest_kept(group, now)));
  taken.last = before(now_ms + kAheadMax + 1);
  return taken;
}

void store_events(StreamRow& stream, const Events& events, const Taken& taken, service::Context& ctx) {
  const std::int64_t now = base::unix_millis(ctx.now);
  for (std::size_t i = taken.first; i < taken.last; ++i) {
    const auto& event = events[i];
    ctx.change.put(event_key(stream.id, {event.timestamp, stream.next_sequence++}), event_bytes(now, event.message));
    stream.first_event = std::min(stream.first_event.value_or(event.timestamp), event.timestamp);
    stream.last_event = std::max(stream.last_event.value_or(event.timestamp), event.timestamp);
    stream.stored_bytes += size_of(event);
  }
  stream.last_ingestion = now;
}

}  // namespace

std::string upload_token(const StreamRow& stream) {
  char digits[57];
  std::snprintf(digits, sizeof digits, "49%014lld%020llu%020llu",
                static_cast<long long>(base::unix_millis(stream.created_at)),
                static_cast<unsigned long long>(stream.id), static_cast<unsigned long long>(stream.next_sequence));
  return digits;
}

base::Outcome<api::logs::PutLogEventsResponse> put_log_events(State& state, const Request& in, service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  TRY(const StreamRow* held, find_stream(state, *group, in.log_stream_name));
  CHECK(check_sizes(in.log_events));
  if (!std::ranges::is_sorted(in.log_events, {}, &api::logs::InputLogEvent::timestamp)) {
    return invalid_parameter("Log events in a single PutLogEvents request must be in chronological order.");
  }
  const Taken which = taken(in.log_events, *group, ctx.now);
  const bool any = which.first < which.last;
  if (any && in.log_events[which.last - 1].timestamp - in.log_events[which.first].timestamp > kDay) {
    return invalid_parameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  StreamRow stream = *held;
  if (any) {
    store_events(stream, in.log_events, which, ctx);
    state.streams.put(ctx.change, stream_key(group->id, stream.name), stream);
  }
  api::logs::PutLogEventsResponse out;
  out.next_sequence_token = upload_token(stream);
  api::logs::RejectedLogEventsInfo rejected;  // ends are exclusive, the start is not
  if (which.too_old > 0) rejected.too_old_log_event_end_index = static_cast<std::int64_t>(which.too_old);
  if (which.first > which.too_old) rejected.expired_log_event_end_index = static_cast<std::int64_t>(which.first);
  if (which.last < in.log_events.size()) {
    rejected.too_new_log_event_start_index = static_cast<std::int64_t>(which.last);
  }
  if (rejected != api::logs::RejectedLogEventsInfo{}) out.rejected_log_events_info = rejected;
  return out;
}

}  // namespace logs
