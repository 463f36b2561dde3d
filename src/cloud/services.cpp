#include "cloud/services.h"

#include "autoscaling/service.h"
#include "cloud/adapters/alarm_actions.h"
#include "cloud/adapters/queue_metrics.h"
#include "cloudwatch/service.h"
#include "iam/service.h"
#include "sqs/service.h"

namespace cloud {

std::unique_ptr<Services> make_services(const Cloud::Parts&, const Config&) {
  auto services = std::make_unique<Services>();
  auto autoscaling = autoscaling::make_service(nullptr);
  auto alarm_actions = std::make_shared<AlarmActions>(*autoscaling);
  auto cloudwatch = cloudwatch::make_service(*alarm_actions);
  auto queue_metrics = std::make_shared<QueueMetrics>(cloudwatch->sink());
  // Services tick in this order: what is measured first, then what goes by it.
  services->add(sqs::make_service(*queue_metrics));
  services->add(std::move(cloudwatch));
  services->add(std::move(autoscaling));
  services->add(iam::make_service());
  services->adapters.push_back(std::move(queue_metrics));
  services->adapters.push_back(std::move(alarm_actions));
  return services;
}

}  // namespace cloud
