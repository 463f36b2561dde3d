#pragma once

#include <string>

#include "base/fault.h"
#include "sqs/rows.h"
#include "sqs/state.h"

// Dead-letter queues: which queue may send its failures where.
namespace sqs {

// Sets a queue's RedrivePolicy or RedriveAllowPolicy, or says what is wrong with the text; "" removes it. Whether the
// target of a RedrivePolicy is there and takes it is checked by check_target().
base::Outcome<void> set_redrive_policy(QueueRow& row, const std::string& text);
base::Outcome<void> set_redrive_allow_policy(QueueRow& row, const std::string& text);

// Whether the queue that a row's RedrivePolicy names exists, is of its kind and allows it.
base::Outcome<void> check_target(const State& state, const QueueRow& row);

// What the engine has to know of a queue. A dead-letter queue that is not there does not count.
queue::Traits traits_of(const State& state, const QueueRow& row);
// Tells the engine of the queues whose dead letters go to `arn` that this queue is there now, or gone.
void relink_sources(State& state, service::Change& change, const std::string& arn);

}  // namespace sqs
