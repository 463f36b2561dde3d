#pragma once

#include "ecs/core.h"
#include "service/context.h"

namespace ecs {

// Whether the cluster's setting containerInsights is on.
bool has_insights(const ClusterRow& cluster);

// Container Insights: once a minute, how many tasks the services of such clusters want and have. Costs nothing while no
// cluster has them.
class Insights {
 public:
  explicit Insights(Core& core) : core_(core) {}

  base::TimePoint deadline() const;
  void tick(service::Context& ctx);

 private:
  void measure(const std::string& cluster_key, base::TimePoint minute, service::Context& ctx);
  bool wanted() const { return core_.tables.clusters_with_insights() > 0; }

  Core& core_;
  base::TimePoint at_ = base::kNever;
};

}  // namespace ecs
