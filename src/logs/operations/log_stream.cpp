#include <algorithm>

#include "logs/faults.h"
#include "logs/operations/operations.h"
#include "logs/upload_token.h"
#include "wire/text.h"

namespace logs {
namespace {

using Request = api::logs::DescribeLogStreamsRequest;
using Response = api::logs::DescribeLogStreamsResponse;

constexpr std::int64_t kPageMax = 50;

api::logs::LogStream describe(const GroupRow& group, const StreamRow& stream) {
  api::logs::LogStream out;
  out.log_stream_name = stream.name;
  out.creation_time = base::unix_millis(stream.created_at);
  out.first_event_timestamp = stream.first_event;
  out.last_event_timestamp = stream.last_event;
  out.last_ingestion_time = stream.last_ingestion;
  out.upload_sequence_token = upload_token(stream);
  out.arn = group_arn(group) + ":log-stream:" + stream.name;
  out.stored_bytes = 0;  // CloudWatch has shown no other figure per stream since 2019
  return out;
}

// A page token is the order's letter and the place of the last stream: its name, or its time and name.
std::string make_token(bool by_time, const StreamRow& last) {
  const std::string text =
      by_time ? "t" + std::to_string(last.last_event.value_or(-1)) + "\n" + last.name : "n" + last.name;
  return wire::to_base64(text);
}

std::unexpected<base::Fault> bad_token() {
  return invalid_parameter("The specified nextToken is invalid.");
}

// Adds streams from `first` on until the page is full.
template <class Iterator, class Row>
void fill(Response& out, Iterator first, Iterator last, std::size_t limit, bool by_time, const GroupRow& group,
          Row row) {
  auto& streams = out.log_streams.emplace();
  const StreamRow* shown = nullptr;
  for (; first != last; ++first) {
    if (streams.size() == limit) {
      out.next_token = make_token(by_time, *shown);
      return;
    }
    shown = &row(*first);
    streams.push_back(describe(group, *shown));
  }
}

base::Outcome<Response> by_last_event(const State& state, const GroupRow& group, const Request& in, std::size_t limit) {
  const auto& order = state.streams_of(group.id).by_last_event;
  const bool descending = in.descending.value_or(false);
  auto from = descending ? order.end() : order.begin();
  if (in.next_token) {
    const std::string text = wire::from_base64(*in.next_token).value_or("");
    const std::size_t end = text.find('\n');
    if (!text.starts_with('t') || end == std::string::npos) return bad_token();
    const auto time = wire::parse_integer(std::string_view(text).substr(1, end - 1));
    if (!time) return bad_token();
    const std::pair<std::int64_t, std::string> last(*time, text.substr(end + 1));
    from = descending ? order.lower_bound(last) : order.upper_bound(last);
  }
  const auto row = [&](const auto& entry) -> const StreamRow& {
    return *state.streams.find(stream_key(group.id, entry.second));
  };
  Response out;
  if (descending) {
    fill(out, std::reverse_iterator(from), order.rend(), limit, true, group, row);
  } else {
    fill(out, from, order.end(), limit, true, group, row);
  }
  return out;
}

base::Outcome<Response> by_name(const State& state, const GroupRow& group, const Request& in, std::size_t limit) {
  const auto range = state.streams.with_prefix(stream_key(group.id, in.log_stream_name_prefix.value_or("")));
  const bool descending = in.descending.value_or(false);
  auto first = range.begin();
  auto last = range.end();
  if (in.next_token) {
    const std::string text = wire::from_base64(*in.next_token).value_or("");
    if (!text.starts_with('n')) return bad_token();
    const std::string key = stream_key(group.id, std::string_view(text).substr(1));
    const auto& rows = state.streams.rows();
    (descending ? last : first) = descending ? rows.lower_bound(key) : rows.upper_bound(key);
  }
  const auto row = [](const auto& entry) -> const StreamRow& { return entry.second; };
  Response out;
  if (descending) {
    fill(out, std::reverse_iterator(last), std::reverse_iterator(first), limit, false, group, row);
  } else {
    fill(out, first, last, limit, false, group, row);
  }
  return out;
}

}  // namespace

base::Outcome<api::logs::CreateLogStreamOutput> create_log_stream(State& state,
                                                                  const api::logs::CreateLogStreamRequest& in,
                                                                  service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  const std::string key = stream_key(group->id, in.log_stream_name);
  if (state.streams.find(key) != nullptr) {
    return base::fault(faults::ResourceAlreadyExistsException, "The specified log stream already exists");
  }
  StreamRow stream;
  stream.id = state.next_id(ctx.change, "stream");
  stream.group = group->id;
  stream.name = in.log_stream_name;
  stream.created_at = ctx.now;
  state.streams.put(ctx.change, key, std::move(stream));
  return api::logs::CreateLogStreamOutput{};
}

base::Outcome<api::logs::DeleteLogStreamOutput> delete_log_stream(State& state,
                                                                  const api::logs::DeleteLogStreamRequest& in,
                                                                  service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  TRY(const StreamRow* stream, find_stream(state, *group, in.log_stream_name));
  ctx.change.erase_range(stream_begin(stream->id), stream_end(stream->id));
  state.streams.erase(ctx.change, stream_key(group->id, in.log_stream_name));
  return api::logs::DeleteLogStreamOutput{};
}

base::Outcome<Response> describe_log_streams(State& state, const Request& in, service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, in.log_group_name, in.log_group_identifier, ctx));
  const auto limit = static_cast<std::size_t>(in.limit.value_or(kPageMax));
  if (in.order_by.value_or("LogStreamName") == "LogStreamName") return by_name(state, *group, in, limit);
  if (in.log_stream_name_prefix) {
    return invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  return by_last_event(state, *group, in, limit);
}

}  // namespace logs
