#include "logs/state.h"

#include <cstdio>

#include "logs/faults.h"
#include "service/table_codec.h"

namespace logs {
namespace {

std::pair<std::int64_t, std::string> by_last_event(const StreamRow& row) {
  return {row.last_event.value_or(-1), row.name};
}

}  // namespace

State::State()
    : groups("logs.groups", service::make_codec<GroupRow>()),
      streams("logs.streams", service::make_codec<StreamRow>()),
      counters("logs.counters", service::make_codec<CounterRow>()) {
  streams.on_change = [this](const std::string&, const StreamRow* before, const StreamRow* after) {
    on_stream(before, after);
  };
}

void State::on_stream(const StreamRow* before, const StreamRow* after) {
  if (before != nullptr) {
    GroupStreams& group = group_streams_[before->group];
    group.stored_bytes -= before->stored_bytes;
    group.by_last_event.erase(by_last_event(*before));
    if (group.by_last_event.empty() && after == nullptr) group_streams_.erase(before->group);
  }
  if (after != nullptr) {
    GroupStreams& group = group_streams_[after->group];
    group.stored_bytes += after->stored_bytes;
    group.by_last_event.insert(by_last_event(*after));
  }
}

const GroupStreams& State::streams_of(std::uint64_t group) const {
  static const GroupStreams none;
  const auto found = group_streams_.find(group);
  return found == group_streams_.end() ? none : found->second;
}

std::uint64_t State::next_id(service::Change& change, std::string_view kind) {
  const CounterRow* counter = counters.find(kind);
  const std::uint64_t id = (counter == nullptr ? 0 : counter->last) + 1;
  counters.put(change, std::string(kind), {id});
  return id;
}

std::string group_key(const GroupRow& group) {
  return group.account + "/" + group.region + "/" + group.name;
}

std::string streams_prefix(std::uint64_t group) {
  char digits[18];
  std::snprintf(digits, sizeof digits, "%016llx/", static_cast<unsigned long long>(group));
  return digits;
}

std::string stream_key(std::uint64_t group, std::string_view name) {
  return streams_prefix(group) + std::string(name);
}

std::string group_arn(const GroupRow& group) {
  return "arn:aws:logs:" + group.region + ":" + group.account + ":log-group:" + group.name;
}

base::Outcome<const GroupRow*> find_group(const State& state, std::string_view name, const service::Context& ctx) {
  const GroupRow* group = state.groups.find(service::key(ctx, {name}));
  if (group == nullptr)
    return base::fault(faults::ResourceNotFoundException, "The specified log group does not exist.");
  return group;
}

base::Outcome<const GroupRow*> find_group(const State& state, const std::optional<std::string>& name,
                                          const std::optional<std::string>& identifier, const service::Context& ctx) {
  if (name && identifier) {
    return base::fault(faults::ValidationException,
                       "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  }
  if (identifier && identifier->starts_with("arn:")) return find_by_arn(state, *identifier, ctx);
  if (!name && !identifier)
    return base::fault(faults::ValidationException, "Either a LogGroup name or a LogGroup ARN is required.");
  return find_group(state, std::string_view(name ? *name : *identifier), ctx);
}

base::Outcome<const GroupRow*> find_by_arn(const State& state, std::string_view arn, const service::Context& ctx) {
  const std::string prefix = ctx.arn("logs", "log-group:");
  if (!arn.starts_with(prefix)) {
    return base::fault(faults::ResourceNotFoundException, "The specified log group does not exist.");
  }
  std::string_view name = arn.substr(prefix.size());
  if (name.ends_with(":*")) name.remove_suffix(2);
  return find_group(state, name, ctx);
}

base::Outcome<const StreamRow*> find_stream(const State& state, const GroupRow& group, std::string_view name) {
  const StreamRow* stream = state.streams.find(stream_key(group.id, name));
  if (stream == nullptr) {
    return base::fault(faults::ResourceNotFoundException, "The specified log stream does not exist.");
  }
  return stream;
}

std::int64_t oldest_kept(const GroupRow& group, base::TimePoint now) {
  if (!group.retention_days) return 0;
  return std::max<std::int64_t>(0, base::unix_millis(now - std::chrono::days(*group.retention_days)));
}

}  // namespace logs
