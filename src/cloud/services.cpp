#include "cloud/services.h"

#include "sqs/service.h"

namespace cloud {
namespace {

// Until the metrics of queues reach CloudWatch.
class DroppedQueueMetrics : public sqs::MetricSink {
  void publish(service::Context&, std::string_view, base::TimePoint, std::span<const sqs::MetricPoint>) override {}
};

}  // namespace

std::unique_ptr<Services> make_services(const Cloud::Parts&, const Config&) {
  auto services = std::make_unique<Services>();
  auto queue_metrics = std::make_shared<DroppedQueueMetrics>();
  services->add(sqs::make_service(*queue_metrics));
  services->adapters.push_back(std::move(queue_metrics));
  return services;
}

}  // namespace cloud
