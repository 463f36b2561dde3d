#include <algorithm>
#include <deque>
#include <set>

#include "logs/faults.h"
#include "logs/operations/operations.h"
#include "logs/pattern.h"
#include "wire/text.h"

namespace logs {
namespace {

using Request = api::logs::FilterLogEventsRequest;
using Response = api::logs::FilterLogEventsResponse;

constexpr std::int64_t kEventsMax = 10'000;
constexpr std::size_t kBytesMax = 1'048'576;     // of a page
constexpr std::size_t kScanMax = 8 * 1'048'576;  // read for one page, so that a rare match doesn't hold up the strand
// Read ahead of each stream at once; less when there are many.
constexpr std::size_t kChunkMin = 4 * 1'024;
constexpr std::size_t kChunkMax = 64 * 1'024;

// The events of one stream in order, read a piece at a time.
class Cursor {
 public:
  struct Held {
    Place place;
    std::int64_t ingestion_time;
    std::string message;
  };

  Cursor(const StreamRow& stream, Place from, Place to) : stream_(&stream), from_(from), to_(to) {}

  const StreamRow& stream() const { return *stream_; }
  const Held& front() const { return ahead_.front(); }
  void pop() { ahead_.pop_front(); }
  // False at the end. Reads about `chunk` bytes if need be, and counts them.
  base::Outcome<bool> fill(store::Store& store, std::size_t chunk, std::size_t& scanned) {
    if (!ahead_.empty()) return true;
    if (done_) return false;
    std::size_t bytes = 0;
    bool full = false;
    const auto read = scan_events(store, stream_->id, from_, to_, Order::Forward, [&](const Event& event) {
      ahead_.push_back({event.place, event.ingestion_time, std::string(event.message)});
      bytes += event.message.size() + kEventOverhead;
      full = bytes >= chunk;
      return !full;
    });
    if (!read) return unavailable();
    scanned += bytes;
    done_ = !full;
    if (!ahead_.empty()) from_ = {ahead_.back().place.time, ahead_.back().place.sequence + 1};
    return !ahead_.empty();
  }

 private:
  const StreamRow* stream_;
  Place from_;
  Place to_;
  std::deque<Held> ahead_;
  bool done_ = false;
};

// Events of all streams go by time, then by stream, then by number. A page token is the last one that was looked at.
struct Mark {
  std::int64_t time = 0;
  std::uint64_t stream = 0;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const Mark&, const Mark&) = default;
};

base::Outcome<Mark> parse_token(const std::string& token) {
  Place place;
  Mark mark;
  if (!parse_place(wire::from_base64(token).value_or(""), place, mark.stream)) {
    return invalid_parameter("The specified nextToken is invalid.");
  }
  mark.time = place.time;
  mark.sequence = place.sequence;
  return mark;
}

struct Window {
  std::int64_t begin;
  std::int64_t end;
  std::optional<Mark> after;
};

void add_cursor(std::vector<Cursor>& cursors, const StreamRow& stream, const Window& window) {
  if (!stream.last_event || *stream.last_event < window.begin || *stream.first_event >= window.end) return;
  Place from{window.begin, 0};
  if (window.after) {
    const Mark& mark = *window.after;
    const Place passed = stream.id < mark.stream   ? Place{mark.time + 1, 0}
                         : stream.id > mark.stream ? Place{mark.time, 0}
                                                   : Place{mark.time, mark.sequence + 1};
    from = std::max(from, passed);
  }
  const Place to{window.end, 0};
  if (from < to && *stream.last_event >= from.time) cursors.emplace_back(stream, from, to);
}

base::Outcome<std::vector<Cursor>> make_cursors(const State& state, const GroupRow& group, const Request& in,
                                                const Window& window) {
  std::vector<Cursor> cursors;
  if (in.log_stream_names && !in.log_stream_names->empty()) {
    if (in.log_stream_name_prefix) {
      return invalid_parameter("LogStreamNames and LogStreamNamePrefix are mutually exclusive parameters.");
    }
    const std::set<std::string> names(in.log_stream_names->begin(), in.log_stream_names->end());
    for (const std::string& name : names) {
      TRY(const StreamRow* stream, find_stream(state, group, name));
      add_cursor(cursors, *stream, window);
    }
    return cursors;
  }
  const std::string prefix = stream_key(group.id, in.log_stream_name_prefix.value_or(""));
  for (const auto& [key, stream] : state.streams.with_prefix(prefix)) add_cursor(cursors, stream, window);
  return cursors;
}

api::logs::FilteredLogEvent show(const StreamRow& stream, const Cursor::Held& event) {
  api::logs::FilteredLogEvent out;
  out.log_stream_name = stream.name;
  out.timestamp = event.place.time;
  out.message = event.message;
  out.ingestion_time = event.ingestion_time;
  out.event_id = format_place(event.place, stream.id);
  return out;
}

// Merges the streams until the page is full or enough was read.
base::Outcome<Response> merge(std::vector<Cursor>& cursors, const Matcher& matcher, std::size_t limit,
                              service::Context& ctx) {
  Response out;
  auto& events = out.events.emplace();
  std::set<std::pair<Mark, std::size_t>> next;
  const std::size_t chunk = std::clamp(kScanMax / (cursors.size() + 1), kChunkMin, kChunkMax);
  std::size_t scanned = 0;
  std::size_t bytes = 0;
  const auto advance = [&](std::size_t i) -> base::Outcome<void> {
    TRY(const bool more, cursors[i].fill(ctx.store, chunk, scanned));
    if (!more) return {};
    const Place& place = cursors[i].front().place;
    next.insert({{place.time, cursors[i].stream().id, place.sequence}, i});
    return {};
  };
  for (std::size_t i = 0; i < cursors.size(); ++i) CHECK(advance(i));
  while (!next.empty()) {
    const auto [mark, i] = *next.begin();
    next.erase(next.begin());
    if (matcher(cursors[i].front().message)) {
      events.push_back(show(cursors[i].stream(), cursors[i].front()));
      bytes += cursors[i].front().message.size();
    }
    cursors[i].pop();
    CHECK(advance(i));
    if (next.empty()) break;
    if (events.size() == limit || bytes >= kBytesMax || scanned >= kScanMax) {
      out.next_token = wire::to_base64(format_place({mark.time, mark.sequence}, mark.stream));
      break;
    }
  }
  return out;
}

}  // namespace

base::Outcome<Response> filter_log_events(State& state, const Request& in, service::Context& ctx) {
  if (!in.start_from_head.value_or(true)) return not_supported("FilterLogEvents from the newest event is");
  TRY(const GroupRow* group, find_group(state, in.log_group_name, in.log_group_identifier, ctx));
  auto matcher = parse_pattern(in.filter_pattern.value_or(""));
  if (!matcher) return invalid_parameter("Invalid filter pattern: " + matcher.error());
  Window window{std::clamp(in.start_time.value_or(0), oldest_kept(*group, ctx.now), kFarTime),
                std::clamp<std::int64_t>(in.end_time.value_or(kFarTime), 0, kFarTime),
                {}};
  if (in.next_token) {
    TRY(window.after, parse_token(*in.next_token));
  }
  TRY(std::vector<Cursor> cursors, make_cursors(state, *group, in, window));
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(in.limit.value_or(kEventsMax), 1, kEventsMax));
  TRY(Response out, merge(cursors, *matcher, limit, ctx));
  out.searched_log_streams.emplace();  // always empty by now
  return out;
}

}  // namespace logs
