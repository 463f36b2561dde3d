#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/fault.h"
#include "logs/event.h"
#include "logs/rows.h"
#include "service/context.h"
#include "service/table.h"

namespace logs {

// What is derived from the streams of a group.
struct GroupStreams {
  std::uint64_t stored_bytes = 0;
  std::set<std::pair<std::int64_t, std::string>> by_last_event;  // time (-1 without events), name
};

// All that the operations share.
class State {
 public:
  State();

  service::Table<GroupRow> groups;
  service::Table<StreamRow> streams;
  service::Table<CounterRow> counters;

  const GroupStreams& streams_of(std::uint64_t group) const;
  // The next id of its kind, "group" or "stream".
  std::uint64_t next_id(service::Change& change, std::string_view kind);

  // When the oldest event of a group with retention may be due; see retention.h.
  base::TimePoint next_expiry = base::kNever;

 private:
  void on_stream(const StreamRow* before, const StreamRow* after);

  std::map<std::uint64_t, GroupStreams> group_streams_;
};

std::string group_key(const GroupRow& group);
std::string stream_key(std::uint64_t group, std::string_view name);
// Prefix of the keys of all streams of a group.
std::string streams_prefix(std::uint64_t group);

// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME".
std::string group_arn(const GroupRow& group);

base::Outcome<const GroupRow*> find_group(const State& state, std::string_view name, const service::Context& ctx);
// By name or ARN, where a call takes either.
base::Outcome<const GroupRow*> find_group(const State& state, const std::optional<std::string>& name,
                                          const std::optional<std::string>& identifier, const service::Context& ctx);
// By the ARN of a tagged resource.
base::Outcome<const GroupRow*> find_by_arn(const State& state, std::string_view arn, const service::Context& ctx);
base::Outcome<const StreamRow*> find_stream(const State& state, const GroupRow& group, std::string_view name);

// Events before it are past the retention of their group: hidden at once, removed some time later. In ms.
std::int64_t oldest_kept(const GroupRow& group, base::TimePoint now);

}  // namespace logs
