#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "sqs/rows.h"
#include "sqs/state.h"

// Message move tasks: a dead-letter queue's messages go back to where they came from, or to another queue, some each
// time that tick() comes. What is moved and how far the task is are one batch, so a restart goes on where it ended.
namespace sqs {

inline constexpr std::size_t kMovesKept = 10;  // per source, the newest (ListMessageMoveTasks)

// Starts a task that is checked. Forgets the oldest one of the source where there are too many.
MoveRow start_move(State& state, service::Context& ctx, MoveRow row);
// Keys of a source's tasks, oldest first.
std::string move_prefix(queue::QueueId source);
bool is_active(const MoveRow& row);
// The tasks of a queue that is deleted go with it.
void forget_moves(State& state, service::Change& change, queue::QueueId source);

// Does what is due, one step of each task.
void tick_moves(State& state, service::Context& ctx);

}  // namespace sqs
