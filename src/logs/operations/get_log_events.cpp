#include <algorithm>

#include "logs/faults.h"
#include "logs/operations/operations.h"

namespace logs {
namespace {

using Request = api::logs::GetLogEventsRequest;

constexpr std::int64_t kEventsMax = 10'000;
constexpr std::size_t kBytesMax = 1'048'576;  // of a page

// A token is a direction and a place: "f/<56 digits>/s" reads on from there, "b/…" up to there.
struct Token {
  bool forward = true;
  Place place;
};

base::Outcome<Token> parse_token(const std::string& text, std::uint64_t stream) {
  const std::string_view view = text;
  Token token;
  std::uint64_t named = 0;
  const bool framed = view.size() > 4 && (view.starts_with("f/") || view.starts_with("b/")) && view.ends_with("/s");
  if (!framed || !parse_place(view.substr(2, view.size() - 4), token.place, named) || named != stream) {
    return invalid_parameter("The specified nextToken is invalid.");
  }
  token.forward = view.front() == 'f';
  return token;
}

std::string format_token(char direction, const Place& place, std::uint64_t stream) {
  return std::string(1, direction) + "/" + format_place(place, stream) + "/s";
}

struct Page {
  std::vector<api::logs::OutputLogEvent> events;  // the oldest first
  Place begin;                                    // places around the page
  Place end;
};

base::Outcome<Page> read_page(std::uint64_t stream, const Place& from, const Place& to, Order order, std::size_t limit,
                              service::Context& ctx) {
  Page page{{}, from, from};
  std::size_t bytes = 0;
  const auto scanned = scan_events(ctx.store, stream, from, to, order, [&](const Event& event) {
    bytes += event.message.size();
    if (!page.events.empty() && bytes > kBytesMax) return false;
    const Place after{event.place.time, event.place.sequence + 1};
    if (page.events.empty()) {
      page.begin = event.place;
      page.end = after;
    }
    (order == Order::Forward ? page.end : page.begin) = order == Order::Forward ? after : event.place;
    page.events.push_back({event.ingestion_time, std::string(event.message), event.place.time});
    return page.events.size() < limit;
  });
  if (!scanned) return unavailable();
  if (order == Order::Backward) std::ranges::reverse(page.events);
  return page;
}

}  // namespace

base::Outcome<api::logs::GetLogEventsResponse> get_log_events(State& state, const Request& in, service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, in.log_group_name, in.log_group_identifier, ctx));
  TRY(const StreamRow* stream, find_stream(state, *group, in.log_stream_name));
  Place from{std::clamp(in.start_time.value_or(0), oldest_kept(*group, ctx.now), kFarTime), 0};
  Place to{std::clamp<std::int64_t>(in.end_time.value_or(kFarTime), 0, kFarTime), 0};
  Order order = in.start_from_head.value_or(false) ? Order::Forward : Order::Backward;
  std::optional<Token> token;
  if (in.next_token) {
    TRY(token, parse_token(*in.next_token, stream->id));
    order = token->forward ? Order::Forward : Order::Backward;
    if (token->forward) {
      from = std::max(from, token->place);
    } else {
      to = std::min(to, token->place);
    }
  }
  const auto limit = static_cast<std::size_t>(std::clamp<std::int64_t>(in.limit.value_or(kEventsMax), 1, kEventsMax));
  TRY(Page page, read_page(stream->id, from, std::max(from, to), order, limit, ctx));
  if (page.events.empty() && token) page.begin = page.end = token->place;  // the end: the token that was sent
  api::logs::GetLogEventsResponse out;
  out.events = std::move(page.events);
  out.next_forward_token = format_token('f', page.end, stream->id);
  out.next_backward_token = format_token('b', page.begin, stream->id);
  return out;
}

}  // namespace logs
