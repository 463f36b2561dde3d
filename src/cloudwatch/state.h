#pragma once

#include "cloudwatch/alarm_history.h"
#include "cloudwatch/alarms.h"
#include "cloudwatch/composites.h"
#include "cloudwatch/metric_store.h"

namespace cloudwatch {

// All that the operations work on.
struct State {
  explicit State(AlarmActions& actions) : alarms(metrics, history, actions), composites(alarms, history) {
    alarms.on_state = [this](service::Context& ctx, const std::string& name, AlarmState before, AlarmState after) {
      composites.on_state(ctx, name, before, after);
    };
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  MetricStore metrics;
  AlarmHistory history;
  Alarms alarms;
  Composites composites;
};

}  // namespace cloudwatch
