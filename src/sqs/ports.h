#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "service/context.h"

namespace sqs {

// One metric of one queue over one minute, as a statistic set.
struct MetricPoint {
  std::string_view name;
  std::string_view unit;
  std::uint64_t count;  // samples; never 0
  double sum;
  double min;
  double max;
};

// Takes the AWS/SQS metrics of a queue; implemented by the cloud with CloudWatch. `ctx` speaks for the account and
// region of the queue.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void publish(service::Context& ctx, std::string_view queue_name, base::TimePoint minute,
                       std::span<const MetricPoint> points) = 0;
};

}  // namespace sqs
