#include "sqs/move_tasks.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "sqs/message.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kLongest = 36h;  // StartMessageMoveTask, developer guide
// Without a rate a task moves as many each turn, and other requests get in between.
constexpr std::size_t kSlice = 100;
constexpr std::int64_t kStepsPerSecond = 10;  // at most, of a task with a rate
constexpr base::Duration kRetry = 1s;         // when the store failed to read
constexpr std::string_view kNoDestination = "AWS.SimpleQueueService.NonExistentQueue";
constexpr std::string_view kNoSource = "CouldNotDetermineMessageSource";
constexpr std::string_view kTookTooLong = "The task took longer than 36 hours.";

// What one step of a task does, and when the next one is due. A task that was held up doesn't hurry after it.
struct Pace {
  std::size_t messages;
  base::Duration interval;
};

Pace pace_of(const MoveRow& row) {
  if (row.rate == 0) return {kSlice, 0s};
  const std::int64_t messages = std::max<std::int64_t>(1, row.rate / kStepsPerSecond);
  return {static_cast<std::size_t>(messages), base::Duration(1s) * messages / row.rate};
}

void end(MoveRow& row, MoveStatus status, std::string_view reason = {}) {
  row.status = status;
  row.failure = reason;
}

// Moves a step's worth of messages and notes it in the row.
void advance(State& state, service::Context& ctx, MoveRow& row) {
  const QueueRow* target = row.destination_arn.empty() ? nullptr : find_by_arn(state, row.destination_arn);
  if (target == nullptr && !row.destination_arn.empty()) return end(row, MoveStatus::Failed, kNoDestination);
  if (ctx.now >= row.started_at + kLongest) return end(row, MoveStatus::Failed, kTookTooLong);
  const Pace pace = pace_of(row);
  // A source that was deleted and made again is the same by its ARN, if it is of the same kind.
  const auto route = [&state, target](queue::QueueId source) -> queue::QueueId {
    const QueueRow* there = target != nullptr ? target : find_by_arn(state, state.arn_of(source));
    return there == nullptr ? 0 : there->id;
  };
  const auto moved =
      state.engine.move(ctx, row.source, route, pace.messages, [&ctx] { return new_message_id(ctx.random); });
  if (!moved) {
    row.next_at = ctx.now + kRetry;
    return;
  }
  row.moved += static_cast<std::int64_t>(moved->count);
  row.next_at = std::max(row.next_at + pace.interval, ctx.now);
  using Stop = queue::Engine::Moved::Stop;
  if (moved->stop == Stop::NoSource) return end(row, MoveStatus::Failed, kNoSource);
  if (moved->stop == Stop::NoTarget) return end(row, MoveStatus::Failed, kNoDestination);
  if (moved->count < pace.messages && !moved->more) end(row, MoveStatus::Completed);
}

void step(State& state, service::Context& ctx, const std::string& key) {
  MoveRow row = *state.moves.find(key);
  if (row.status == MoveStatus::Cancelling) {
    end(row, MoveStatus::Cancelled);
  } else {
    advance(state, ctx, row);
  }
  state.moves.put(ctx.change, key, std::move(row));
}

}  // namespace

std::string move_prefix(queue::QueueId source) {
  return padded(source) + "/";
}

bool is_active(const MoveRow& row) {
  return row.status == MoveStatus::Running || row.status == MoveStatus::Cancelling;
}

MoveRow start_move(State& state, service::Context& ctx, MoveRow row) {
  row.task_id = base::uuid(ctx.random);
  row.started_at = row.next_at = ctx.now;
  row.to_move = static_cast<std::int64_t>(state.engine.counts(row.source, ctx.now).visible);
  const std::string prefix = move_prefix(row.source);
  std::vector<std::string> held;
  for (const auto& [key, task] : state.moves.with_prefix(prefix)) held.push_back(key);
  for (std::size_t i = 0; i + kMovesKept <= held.size(); ++i) state.moves.erase(ctx.change, held[i]);
  state.moves.put(ctx.change, prefix + padded(next_number(state, ctx.change, "move")), row);
  return row;
}

void forget_moves(State& state, service::Change& change, queue::QueueId source) {
  std::vector<std::string> held;
  for (const auto& [key, task] : state.moves.with_prefix(move_prefix(source))) held.push_back(key);
  for (const std::string& key : held) state.moves.erase(change, key);
}

void tick_moves(State& state, service::Context& ctx) {
  std::vector<std::string> due;
  for (const auto& [at, key] : state.move_agenda) {
    if (at > ctx.now) break;
    due.push_back(key);
  }
  for (const std::string& key : due) step(state, ctx, key);
}

}  // namespace sqs
