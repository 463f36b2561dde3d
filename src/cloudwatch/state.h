#pragma once

#include "cloudwatch/alarm_history.h"
#include "cloudwatch/alarms.h"
#include "cloudwatch/metric_store.h"

namespace cloudwatch {

// All that the operations work on.
struct State {
  explicit State(AlarmActions& actions) : alarms(metrics, history, actions) {}

  MetricStore metrics;
  AlarmHistory history;
  Alarms alarms;
};

}  // namespace cloudwatch
