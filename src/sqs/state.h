#pragma once

#include <string>

#include "queue/engine.h"
#include "service/table.h"
#include "sqs/metrics.h"
#include "sqs/rows.h"
#include "sqs/service.h"

namespace sqs {

// All that the operations share.
struct State {
  State(MetricSink& sink, Options options);

  Options options;
  service::Table<QueueRow> queues;
  service::Table<DeletedRow> deleted;
  service::Table<CounterRow> counters;
  queue::Engine engine;
  Meters meters;
};

}  // namespace sqs
