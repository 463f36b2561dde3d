#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "queue/engine.h"
#include "service/table.h"
#include "sqs/metrics.h"
#include "sqs/rows.h"
#include "sqs/service.h"

namespace sqs {

// All that the operations share.
struct State {
  State(MetricSink& sink, Options options);

  std::vector<service::TableBase*> tables();
  // The row of a queue by its engine id; nullptr when it is gone.
  const QueueRow* find(queue::QueueId id) const;
  // Also of a queue that is gone; "" when it is forgotten.
  std::string arn_of(queue::QueueId id) const;

  Options options;
  service::Table<QueueRow> queues;
  service::Table<DeletedRow> deleted;
  service::Table<CounterRow> counters;
  service::Table<FormerRow> former;
  service::Table<MoveRow> moves;
  service::Table<Meter> minutes;
  queue::Engine engine;
  Meters meters;

  // Derived from the rows above.
  std::map<queue::QueueId, std::string> keys;                     // of queue rows
  std::map<std::string, std::set<std::string>> sources;           // of a dead-letter queue's ARN: keys of queue rows
  std::set<std::pair<base::TimePoint, std::string>> move_agenda;  // active tasks by their next step
  std::map<std::string, std::size_t> active_moves;                // how many an account has, if any
};

// Fixed width, so that keys sort as numbers do.
std::string padded(std::uint64_t number);
// The next number of a counter that never gives one twice.
std::uint64_t next_number(State& state, service::Change& change, std::string_view counter);

}  // namespace sqs
