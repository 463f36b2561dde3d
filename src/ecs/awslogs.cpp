#include "ecs/awslogs.h"

#include <algorithm>

#include "api/logs/operations.h"
#include "api/logs/types.h"

namespace ecs {
namespace {

// PutLogEvents: at most this many events and bytes, each event counting 26 bytes more than its text.
constexpr std::size_t kMaxBatchEvents = 10'000;
constexpr std::size_t kMaxBatchBytes = 1'048'576;
constexpr std::size_t kEventOverhead = 26;
constexpr std::size_t kMaxLineBytes = 262'144 - kEventOverhead;

std::string option(const std::map<std::string, std::string>& options, const char* name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

service::Call call_in(const std::string& region, const service::Context& ctx) {
  service::Call call = ctx.call;
  call.region = region;
  return call;
}

bool is_fault(const base::Fault& fault, const char* name) {
  return fault.shape->name == name;
}

std::string validation_failure(const std::string& what, const base::Fault& fault) {
  return "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed "
         "to create Cloudwatch log " +
         what + ": " + std::string(fault.shape->name) + ": " + fault.message + " : exit status 1";
}

// The driver cuts lines at the event limit and never sends an empty event.
std::vector<api::logs::InputLogEvent> events_of(const std::vector<runtime::LogLine>& lines) {
  std::vector<api::logs::InputLogEvent> events;
  for (const runtime::LogLine& line : lines) {
    for (std::size_t start = 0; start < line.text.size(); start += kMaxLineBytes) {
      events.push_back({line.text.substr(start, kMaxLineBytes), base::unix_millis(line.at)});
    }
  }
  std::ranges::stable_sort(events, {}, &api::logs::InputLogEvent::timestamp);
  return events;
}

}  // namespace

std::optional<LogTarget> log_target(const api::ecs::ContainerDefinition& container, const std::string& task_id) {
  if (!container.log_configuration || !container.log_configuration->options) return std::nullopt;
  const auto& options = *container.log_configuration->options;
  const std::string prefix = option(options, "awslogs-stream-prefix");
  LogTarget target;
  target.region = option(options, "awslogs-region");
  target.group = option(options, "awslogs-group");
  target.stream = (prefix.empty() ? "" : prefix + "/" + container.name.value_or("") + "/") + task_id;
  target.create_group = option(options, "awslogs-create-group") == "true";
  return target;
}

std::expected<void, std::string> open_log(const LogTarget& target, service::Context& ctx) {
  const service::Call call = call_in(target.region, ctx);
  service::Context there = ctx.as(call);
  if (target.create_group) {
    api::logs::CreateLogGroupRequest group;
    group.log_group_name = target.group;
    const auto made = service::call<api::logs::CreateLogGroup>(std::move(group), there);
    if (!made && !is_fault(made.error(), "ResourceAlreadyExistsException")) {
      return std::unexpected(validation_failure("group", made.error()));
    }
  }
  api::logs::CreateLogStreamRequest stream;
  stream.log_group_name = target.group;
  stream.log_stream_name = target.stream;
  const auto made = service::call<api::logs::CreateLogStream>(std::move(stream), there);
  if (!made && !is_fault(made.error(), "ResourceAlreadyExistsException")) {
    return std::unexpected(validation_failure("stream", made.error()));
  }
  return {};
}

void store_lines(const LogTarget& target, const std::vector<runtime::LogLine>& lines, service::Context& ctx) {
  const service::Call call = call_in(target.region, ctx);
  service::Context there = ctx.as(call);
  api::logs::PutLogEventsRequest batch;
  std::size_t bytes = 0;
  const auto send = [&] {
    if (batch.log_events.empty()) return;
    batch.log_group_name = target.group;
    batch.log_stream_name = target.stream;
    (void)service::call<api::logs::PutLogEvents>(std::exchange(batch, {}), there);
    bytes = 0;
  };
  for (auto& event : events_of(lines)) {
    const std::size_t size = event.message.size() + kEventOverhead;
    if (batch.log_events.size() == kMaxBatchEvents || bytes + size > kMaxBatchBytes) send();
    bytes += size;
    batch.log_events.push_back(std::move(event));
  }
  send();
}

}  // namespace ecs
