#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ecs/awslogs.h"
#include "ecs/ports.h"
#include "ecs/rows.h"
#include "service/context.h"

// What a launch meets on its way, in the order in which Fargate does things: it asks for secrets (secrets.h), then ECR
// for authorization, the registry for the manifest, S3 for the layers, and CloudWatch Logs for a stream. All over the
// task's own interface and with its execution role, as platform 1.4.0 does. The texts are those of stopped tasks on
// AWS.
namespace ecs {

// Numbers are on disk.
enum class LaunchStep : std::uint8_t { Authorization, Manifest, Layers, Log, Secrets };

struct Obstacle {
  LaunchStep step;
  std::string reason;  // with its error name, as stoppedReason has it
  bool unreachable;    // worth another try: on AWS it is a time-out
};

// For whom.
struct Launcher {
  const TaskNetwork& network;
  const TaskRow& task;
  std::string execution_role;  // ARN, or ""
};

// Up to the manifest, of any registry.
std::optional<Obstacle> manifest_obstacle(const Launcher& launcher, const std::string& image, service::Context& ctx);
// After that, for images in ECR; of others the layers come from wherever the manifest came from.
std::optional<Obstacle> layers_obstacle(const Launcher& launcher, const std::string& image, const std::string& digest,
                                        service::Context& ctx);
std::optional<Obstacle> log_obstacle(const Launcher& launcher, const LogTarget& target, service::Context& ctx);

}  // namespace ecs
