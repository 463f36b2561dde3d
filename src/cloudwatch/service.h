#pragma once

// CloudWatch: metrics, and the alarms on them.

#include <memory>
#include <string_view>

#include "base/fault.h"
#include "base/time.h"
#include "cloudwatch/metric_store.h"
#include "cloudwatch/ports.h"
#include "cloudwatch/statistic.h"
#include "service/registry.h"

namespace cloudwatch {

// Where the other services' own metrics (AWS/SQS, AWS/ECS) go in. PutMetricData refuses those namespaces.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  // Adds samples to the minute that holds `at`, in ctx's account and region. `unit` is one of the API's units
  // ("Count", "Percent", "None"). Fails only when the disk or the number of metrics is at its limit.
  virtual base::Outcome<void> put(service::Context& ctx, const Metric& metric, std::string_view unit,
                                  base::TimePoint at, const StatisticSet& samples) = 0;
};

class Service : public service::Service {
 public:
  virtual MetricSink& sink() = 0;
};

// `actions` must outlive the service.
std::unique_ptr<Service> make_service(AlarmActions& actions);

}  // namespace cloudwatch
