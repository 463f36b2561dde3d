#include <algorithm>
#include <iterator>
#include <optional>

#include "base/value.h"
#include "sqs/faults.h"
#include "sqs/move_tasks.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "wire/json.h"
#include "wire/text.h"

namespace sqs {
namespace {

using base::Value;

constexpr std::int64_t kRateMax = 500;  // messages a second
constexpr std::int64_t kResultsMax = 10;
constexpr std::size_t kActiveMax = 100;  // per account

std::unexpected<base::Fault> no_such_resource(std::string_view parameter) {
  return base::fault(faults::ResourceNotFoundException,
                     "The resource that you specified for the " + std::string(parameter) + " parameter doesn't exist.");
}

// A queue of the caller's account and region. Counts as an access to it.
base::Outcome<const QueueRow*> find_queue_of_arn(State& state, const std::string& arn, std::string_view parameter,
                                                 service::Context& ctx) {
  const auto parts = parse_arn(arn);
  if (!parts) {
    return invalid_value("You must use this format to specify the " + std::string(parameter) +
                         ": arn:<partition>:<service>:<region>:<account-id>:<resource-id>");
  }
  const bool here = parts->account == ctx.call.account && parts->region == ctx.call.region;
  const QueueRow* row = here ? find_by_arn(state, arn) : nullptr;
  if (row == nullptr) return no_such_resource(parameter);
  state.meters.touch(row->id, ctx.now);
  return row;
}

std::string format_handle(const MoveRow& task) {
  const Value handle = Value::Object{{"taskId", task.task_id}, {"sourceArn", task.source_arn}};
  return wire::to_base64(wire::write_json(handle));
}

struct Handle {
  std::string task_id, source_arn;
};
std::optional<Handle> parse_handle(const std::string& text) {
  const auto json = wire::from_base64(text);
  const auto value = json ? wire::parse_json(*json) : std::unexpected(wire::SyntaxError{});
  if (!value) return std::nullopt;
  const Value* id = value->find("taskId");
  const Value* arn = value->find("sourceArn");
  if (id == nullptr || arn == nullptr || !id->is_string() || !arn->is_string()) return std::nullopt;
  return Handle{id->as_string(), arn->as_string()};
}

std::string_view status_text(MoveStatus status) {
  switch (status) {
    case MoveStatus::Running:
      return "RUNNING";
    case MoveStatus::Completed:
      return "COMPLETED";
    case MoveStatus::Cancelling:
      return "CANCELLING";
    case MoveStatus::Cancelled:
      return "CANCELLED";
    case MoveStatus::Failed:
      return "FAILED";
  }
  return "";
}

api::sqs::ListMessageMoveTasksResultEntry entry_of(const MoveRow& task) {
  api::sqs::ListMessageMoveTasksResultEntry entry;
  if (task.status == MoveStatus::Running) entry.task_handle = format_handle(task);
  entry.status = std::string(status_text(task.status));
  entry.source_arn = task.source_arn;
  if (!task.destination_arn.empty()) entry.destination_arn = task.destination_arn;
  if (task.rate != 0) entry.max_number_of_messages_per_second = task.rate;
  entry.approximate_number_of_messages_moved = task.moved;
  entry.approximate_number_of_messages_to_move = task.to_move;
  if (task.status == MoveStatus::Failed) entry.failure_reason = task.failure;
  entry.started_timestamp = base::unix_millis(task.started_at);
  return entry;
}

base::Outcome<void> check_destination(State& state, const QueueRow& source, const std::string& arn,
                                      service::Context& ctx) {
  TRY(const QueueRow* destination, find_queue_of_arn(state, arn, "DestinationArn", ctx));
  if (destination == &source) return invalid_value("Source queue arn and destination queue arn cannot be the same.");
  if (destination->fifo != source.fifo) {
    return invalid_value("The source queue and destination queue must be of the same queue type.");
  }
  return {};
}

base::Outcome<void> check_room(State& state, const QueueRow& source) {
  for (const auto& [key, task] : state.moves.with_prefix(move_prefix(source.id))) {
    if (!is_active(task)) continue;
    return invalid_value(
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
  }
  const auto active = state.active_moves.find(source.account);
  if (active == state.active_moves.end() || active->second < kActiveMax) return {};
  return base::fault(faults::OverLimit,
                     "Only " + std::to_string(kActiveMax) + " active message move tasks are allowed for an account.");
}

}  // namespace

base::Outcome<api::sqs::StartMessageMoveTaskResult> start_message_move_task(
    State& state, const api::sqs::StartMessageMoveTaskRequest& in, service::Context& ctx) {
  if (in.source_arn.empty()) return missing_parameter("SourceArn");
  const auto rate = in.max_number_of_messages_per_second;
  if (rate && (*rate < 1 || *rate > kRateMax)) {
    return invalid_value(
        "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number that's between 1 "
        "and 500.");
  }
  TRY(const QueueRow* source, find_queue_of_arn(state, in.source_arn, "SourceArn", ctx));
  if (!state.sources.contains(queue_arn(*source))) {
    return invalid_value("Source queue must be configured as a Dead Letter Queue.");
  }
  MoveRow task;
  task.source = source->id;
  task.source_arn = in.source_arn;
  task.rate = rate.value_or(0);
  task.destination_arn = in.destination_arn.value_or("");
  if (!task.destination_arn.empty()) CHECK(check_destination(state, *source, task.destination_arn, ctx));
  CHECK(check_room(state, *source));
  task = start_move(state, ctx, std::move(task));
  return api::sqs::StartMessageMoveTaskResult{format_handle(task)};
}

base::Outcome<api::sqs::CancelMessageMoveTaskResult> cancel_message_move_task(
    State& state, const api::sqs::CancelMessageMoveTaskRequest& in, service::Context& ctx) {
  if (in.task_handle.empty()) return missing_parameter("TaskHandle");
  const auto handle = parse_handle(in.task_handle);
  if (!handle || !parse_arn(handle->source_arn)) return invalid_value("Value for parameter TaskHandle is invalid.");
  TRY(const QueueRow* source, find_queue_of_arn(state, handle->source_arn, "SourceArn", ctx));
  for (const auto& [key, task] : state.moves.with_prefix(move_prefix(source->id))) {
    if (task.task_id != handle->task_id) continue;
    if (task.status != MoveStatus::Running) return invalid_value("Only active tasks can be cancelled.");
    const std::string held = key;
    const MoveRow& cancelled = state.moves.modify(ctx.change, held, [&](MoveRow& row) {
      row.status = MoveStatus::Cancelling;
      row.next_at = ctx.now;
    });
    return api::sqs::CancelMessageMoveTaskResult{cancelled.moved};
  }
  return base::fault(faults::ResourceNotFoundException, "Task does not exist.");
}

base::Outcome<api::sqs::ListMessageMoveTasksResult> list_message_move_tasks(
    State& state, const api::sqs::ListMessageMoveTasksRequest& in, service::Context& ctx) {
  if (in.source_arn.empty()) return missing_parameter("SourceArn");
  const std::int64_t max = in.max_results.value_or(1);
  if (max < 1 || max > kResultsMax) {
    return invalid_value(
        "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and 10.");
  }
  TRY(const QueueRow* source, find_queue_of_arn(state, in.source_arn, "SourceArn", ctx));
  std::vector<api::sqs::ListMessageMoveTasksResultEntry> entries;
  for (const auto& [key, task] : state.moves.with_prefix(move_prefix(source->id))) entries.push_back(entry_of(task));
  std::ranges::reverse(entries);  // the newest first
  entries.resize(std::min(entries.size(), static_cast<std::size_t>(max)));
  api::sqs::ListMessageMoveTasksResult result;
  if (!entries.empty()) result.results = std::move(entries);
  return result;
}

}  // namespace sqs
