#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cloudwatch/service.h"
#include "sqs/ports.h"

namespace cloud {

// A queue's minute goes into the namespace AWS/SQS.
class QueueMetrics : public sqs::MetricSink {
 public:
  explicit QueueMetrics(cloudwatch::MetricSink& sink) : sink_(sink) {}

  void publish(service::Context& ctx, std::string_view queue_name, base::TimePoint minute,
               std::span<const sqs::MetricPoint> points) override {
    for (const sqs::MetricPoint& point : points) {
      const cloudwatch::Metric metric{"AWS/SQS", std::string(point.name), {{"QueueName", std::string(queue_name)}}};
      const cloudwatch::StatisticSet samples{static_cast<double>(point.count), point.sum, point.min, point.max};
      // A lost point is what AWS allows itself too; there is nobody to tell.
      (void)sink_.put(ctx, metric, point.unit, minute, samples);
    }
  }

 private:
  cloudwatch::MetricSink& sink_;
};

}  // namespace cloud
