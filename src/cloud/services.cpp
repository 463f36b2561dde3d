#include "cloud/services.h"

#include "autoscaling/service.h"
#include "cloud/adapters/alarm_actions.h"
#include "cloud/adapters/delayed_metrics.h"
#include "cloud/adapters/image_blobs.h"
#include "cloud/adapters/network_plan.h"
#include "cloud/adapters/object_blobs.h"
#include "cloud/adapters/queue_metrics.h"
#include "cloud/adapters/service_events.h"
#include "cloud/adapters/service_metrics.h"
#include "cloud/adapters/task_identity.h"
#include "cloud/adapters/task_network.h"
#include "cloud/adapters/template_source.h"
#include "cloud/adapters/time_zones.h"
#include "cloudformation/service.h"
#include "cloudwatch/service.h"
#include "ec2/service.h"
#include "ecr/service.h"
#include "ecs/service.h"
#include "iam/service.h"
#include "logs/service.h"
#include "s3/service.h"
#include "secretsmanager/service.h"
#include "sqs/service.h"
#include "ssm/service.h"

namespace cloud {

std::unique_ptr<Services> make_services(const Cloud::Parts& parts, const Config& config) {
  auto services = std::make_unique<Services>();
  auto service_events = std::make_shared<ServiceEvents>();
  auto time_zones = std::make_shared<TimeZones>(parts.time_zone);
  auto autoscaling = autoscaling::make_service(service_events.get(), time_zones.get());
  auto alarm_actions = std::make_shared<AlarmActions>(*autoscaling);
  auto cloudwatch = cloudwatch::make_service(*alarm_actions);
  auto queue_metrics = std::make_shared<QueueMetrics>(cloudwatch->sink());
  auto service_metrics = std::make_shared<ServiceMetrics>(cloudwatch->sink());
  auto sessions = std::make_shared<SessionTable>(parts.sessions);
  auto network_plan = std::make_shared<NetworkPlan>(parts.runtime, config.networks);
  auto ec2 = ec2::make_service(network_plan.get());
  sqs::Options queues;
  if (!config.queue_rests) queues.name_rest = queues.purge_rest = base::Duration::zero();
  queues.on_damage = parts.on_damage;
  auto delayed_metrics = std::make_unique<DelayedMetrics>(*queue_metrics, config.metric_delay);
  auto sqs = sqs::make_service(*delayed_metrics, std::move(queues));
  services->on_close = [sqs = sqs.get()](service::Context& ctx) { sqs->keep_counters(ctx); };
  auto iam = iam::make_service(*sessions);
  services->access = std::make_unique<Access>(*iam, *sqs, *ec2, parts.on_denial);
  auto task_network = std::make_shared<TaskNetwork>(*ec2, *network_plan, *services->access, config.networks);
  auto ecs = ecs::make_service(parts.runtime, *service_metrics, *sessions, *task_network,
                               {config.endpoint, config.unreachable_after, config.images_assumed});
  service_events->write_to(*ecs);
  services->on_runtime_event = [ecs = ecs.get()](const runtime::Event& event, service::Context& ctx) {
    ecs->on_runtime_event(event, ctx);
  };
  services->task_credentials = [ecs = ecs.get()](const std::string& uuid) { return task_credentials_json(*ecs, uuid); };
  services->ecs = ecs.get();
  services->task_endpoint = std::make_unique<TaskEndpoint>(*ecs, *ec2);
  // Services tick in this order: what is measured first, then what goes by it.
  services->add(std::move(sqs));
  services->add(std::move(delayed_metrics));
  services->add(logs::make_service());
  services->add(std::move(cloudwatch));
  services->add(std::move(autoscaling));
  services->add(std::move(iam));
  services->add(std::move(ec2));
  auto image_blobs = std::make_shared<ImageBlobs>(parts.image_blobs);
  services->add(ecr::make_service(*image_blobs));
  services->add(std::move(ecs));
  auto object_blobs = std::make_shared<ObjectBlobs>(parts.blobs);
  services->add(s3::make_service(*object_blobs));
  services->add(ssm::make_service());
  services->add(secretsmanager::make_service());
  auto templates = std::make_shared<ObjectTemplates>(parts.blobs);
  services->add(cloudformation::make_service(*templates));
  services->adapters.push_back(std::move(queue_metrics));
  services->adapters.push_back(std::move(alarm_actions));
  services->adapters.push_back(std::move(service_metrics));
  services->adapters.push_back(std::move(image_blobs));
  services->adapters.push_back(std::move(object_blobs));
  services->adapters.push_back(std::move(templates));
  services->adapters.push_back(std::move(service_events));
  services->adapters.push_back(std::move(time_zones));
  services->adapters.push_back(std::move(network_plan));
  services->adapters.push_back(std::move(task_network));
  services->sessions = std::move(sessions);
  return services;
}

}  // namespace cloud
