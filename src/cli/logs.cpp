#include <charconv>
#include <iostream>
#include <set>
#include <thread>

#include "api/logs/operations.h"
#include "cli/commands.h"
#include "wire/json.h"

namespace cli {
namespace {

// "10m" before now; the server's clock counts, which in time-lapse is not ours.
std::optional<base::Duration> parse_span(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end + 1 != text.data() + text.size() || number < 0) return std::nullopt;
  switch (*end) {
    case 's':
      return std::chrono::seconds(number);
    case 'm':
      return std::chrono::minutes(number);
    case 'h':
      return std::chrono::hours(number);
    case 'd':
      return std::chrono::days(number);
    default:
      return std::nullopt;
  }
}

std::expected<std::int64_t, client::Error> server_millis(client::Client& client) {
  TRY(const std::string page, client.get("/_renkei/health"));
  const auto health = wire::parse_json(page);
  const base::Value* time = health ? health->find("unix_millis") : nullptr;
  if (time == nullptr) return std::unexpected(client::Error{"", "the server tells no time"});
  return time->as_integer();
}

void print(const api::logs::FilteredLogEvent& event, bool json) {
  const auto at = base::from_unix_millis(event.timestamp.value_or(0));
  if (json) {
    base::Value line;
    line.set("time", date_time(at));
    line.set("stream", event.log_stream_name.value_or(""));
    line.set("message", event.message.value_or(""));
    std::cout << wire::write_json(line) << "\n";
    return;
  }
  std::cout << coloured(date_time(at), Colour::Grey) << " "
            << coloured(event.log_stream_name.value_or(""), Colour::Grey) << " " << event.message.value_or("") << "\n";
}

// Prints all events from `start` on that were not printed yet; moves `start` to the newest time seen.
std::expected<void, client::Error> print_from(client::Client& client, const LogsOptions& options, std::int64_t& start,
                                              std::set<std::string>& seen) {
  std::optional<std::string> token;
  std::set<std::string> newest;
  std::int64_t latest = start;
  do {
    api::logs::FilterLogEventsRequest input;
    input.log_group_name = options.group;
    input.start_time = start;
    input.next_token = token;
    if (!options.stream_prefix.empty()) input.log_stream_name_prefix = options.stream_prefix;
    TRY(auto page, client.call<api::logs::FilterLogEvents>(std::move(input)));
    for (const auto& event : page.events.value_or(std::vector<api::logs::FilteredLogEvent>{})) {
      const std::string id = event.event_id.value_or("");
      if (!seen.contains(id)) print(event, options.common.json);
      if (event.timestamp.value_or(0) > latest) {
        latest = *event.timestamp;
        newest.clear();
      }
      newest.insert(id);
    }
    token = page.next_token;
  } while (token);
  if (latest > start) {
    start = latest;
    seen = std::move(newest);
  } else {
    seen.merge(newest);
  }
  std::cout.flush();
  return {};
}

}  // namespace

int logs(const LogsOptions& options) {
  client::Client client = connect(options.common);
  std::int64_t start = 0;
  if (!options.since.empty()) {
    const auto span = parse_span(options.since);
    if (!span) return fail("--since " + options.since + " is no span of time", "Write it like 30s, 10m, 2h or 1d."), 2;
    const auto now = server_millis(client);
    if (!now) return fail(options.common, "logs", now.error());
    start = *now - span->count() / 1000;
  }
  std::set<std::string> seen;
  for (;;) {
    if (auto printed = print_from(client, options, start, seen); !printed) {
      return fail(options.common, "logs of " + options.group, printed.error());
    }
    if (!options.follow) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

}  // namespace cli
