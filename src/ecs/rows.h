#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/ecs/types.h"
#include "base/time.h"
#include "ecs/ports.h"
#include "ecs/task_life.h"

// What ECS remembers. Keys: see tables.h.
namespace ecs {

using Tags = std::map<std::string, std::string>;

struct ClusterRow {
  std::string name;
  bool active = true;
  std::vector<api::ecs::ClusterSetting> settings;
  std::optional<api::ecs::ClusterConfiguration> configuration;
  std::vector<std::string> capacity_providers;
  std::vector<api::ecs::CapacityProviderStrategyItem> default_strategy;
  Tags tags;
  base::TimePoint created_at{};

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.active);
    field(3, row.settings);
    field(4, row.configuration);
    field(5, row.capacity_providers);
    field(6, row.default_strategy);
    field(7, row.tags);
    field(8, row.created_at);
  }
};

struct FamilyRow {
  std::int64_t last_revision = 0;  // never used again, also after deregistering

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.last_revision);
  }
};

struct TaskDefinitionRow {
  api::ecs::TaskDefinition definition;
  Tags tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.definition);
    field(2, row.tags);
  }
};

enum class Rollout : std::uint8_t { InProgress, Completed, Failed };

// One version of a service: what its tasks are made from. The first of a service's deployments is PRIMARY, others are
// ACTIVE until the primary one has completed.
struct DeploymentRow {
  std::string id;  // "ecs-svc/" and 19 digits
  std::string task_definition_arn;
  std::int64_t desired = 0;
  std::int64_t failed_tasks = 0;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
  Rollout rollout = Rollout::InProgress;
  std::string rollout_reason;
  bool reached_running = false;       // a task of it has been RUNNING: the circuit breaker's first stage is over
  std::int64_t breaker_failures = 0;  // of those that count for the circuit breaker
  bool was_completed = false;         // a later deployment may roll back to it
  std::optional<std::string> launch_type;
  std::optional<std::vector<api::ecs::CapacityProviderStrategyItem>> strategy;
  std::string platform_version;
  std::optional<api::ecs::NetworkConfiguration> network;
  // Of deployment alarms: whether they were looked at when it began, whether they count for it, and until when they are
  // watched on after its tasks are all there.
  bool alarms_seen = false;
  bool alarms_count = false;
  base::TimePoint baked_at = base::kNever;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.task_definition_arn);
    field(3, row.desired);
    field(4, row.failed_tasks);
    field(5, row.created_at);
    field(6, row.updated_at);
    field(7, row.rollout);
    field(8, row.rollout_reason);
    field(9, row.reached_running);
    field(10, row.was_completed);
    field(11, row.launch_type);
    field(12, row.strategy);
    field(13, row.platform_version);
    field(14, row.network);
    field(15, row.breaker_failures);
    field(16, row.alarms_seen);
    field(17, row.alarms_count);
    field(18, row.baked_at);
  }
  friend bool operator==(const DeploymentRow&, const DeploymentRow&) = default;
};

enum class ServiceStatus : std::uint8_t { Active, Draining, Inactive };

struct ServiceRow {
  std::string name;
  std::string cluster;
  ServiceStatus status = ServiceStatus::Active;
  api::ecs::CreateServiceRequest created_with;  // for idempotency
  api::ecs::CreateServiceRequest config;        // as UpdateService has left it; tags are below
  std::int64_t desired = 0;
  std::vector<DeploymentRow> deployments;
  Tags tags;
  base::TimePoint created_at{};
  std::string created_by;

  bool steady = false;
  base::TimePoint steady_said_at{};
  std::int64_t start_failures = 0;  // launches in a row that never reached RUNNING
  base::TimePoint last_start_failure_at{};
  base::TimePoint launch_not_before{};
  bool blocked_said = false;
  std::int64_t next_event = 0;
  base::TimePoint inactive_at = base::kNever;
  std::string held_said;  // the deployment of which it was said that protected tasks keep it from scaling in

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.cluster);
    field(3, row.status);
    field(4, row.created_with);
    field(5, row.config);
    field(6, row.desired);
    field(7, row.deployments);
    field(8, row.tags);
    field(9, row.created_at);
    field(10, row.created_by);
    field(11, row.steady);
    field(12, row.steady_said_at);
    field(13, row.start_failures);
    field(14, row.last_start_failure_at);
    field(15, row.launch_not_before);
    field(16, row.blocked_said);
    field(17, row.next_event);
    field(18, row.inactive_at);
    field(19, row.held_said);
  }
  friend bool operator==(const ServiceRow&, const ServiceRow&) = default;
};

struct ServiceEventRow {
  std::string id;
  base::TimePoint created_at{};
  std::string message;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.created_at);
    field(3, row.message);
  }
};

struct TaskRow {
  std::string id;  // 32 hex digits
  std::string cluster;
  std::string service;     // name, "" if it belongs to none
  std::string deployment;  // id, "" if none
  std::string task_definition_arn;
  api::ecs::TaskOverride overrides;
  std::string started_by;
  std::string group;
  std::optional<std::string> launch_type;  // either this or a capacity provider
  std::optional<std::string> capacity_provider;
  std::string platform_version;
  std::string zone;
  std::string subnet;
  bool execute_command = false;
  Tags tags;
  base::TimePoint created_at{};
  std::string attachment_id;  // of its network interface
  std::vector<std::string> container_ids;
  std::string credentials_id;  // key of CredentialsRow, "" without a task role
  life::State life;
  bool counted = false;  // the scheduler has seen how it started or failed to
  std::string reference_id;
  TaskInterface interface;
  base::TimePoint protected_until{};  // neither scale-in nor a deployment stops it before

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.cluster);
    field(3, row.service);
    field(4, row.deployment);
    field(5, row.task_definition_arn);
    field(6, row.overrides);
    field(7, row.started_by);
    field(8, row.group);
    field(9, row.launch_type);
    field(10, row.capacity_provider);
    field(11, row.platform_version);
    field(12, row.zone);
    field(13, row.subnet);
    field(14, row.execute_command);
    field(15, row.tags);
    field(16, row.created_at);
    field(17, row.attachment_id);
    field(18, row.container_ids);
    field(19, row.credentials_id);
    field(20, row.life);
    field(21, row.counted);
    field(22, row.reference_id);
    field(23, row.interface);
    field(24, row.protected_until);
  }
};

// How far the log of a container has been stored; apart from the task, because it changes so often.
struct LogPositionRow {
  std::uint64_t position = 0;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.position);
  }
};

// A temporary key of a task's role.
struct TaskKey {
  std::string access_key_id;
  std::string secret_access_key;
  std::string token;
  base::TimePoint expires_at{};

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.access_key_id);
    field(2, row.secret_access_key);
    field(3, row.token);
    field(4, row.expires_at);
  }
};

// What a task with a task role gets from its credentials endpoint.
struct CredentialsRow {
  std::string task_id;
  std::string account;
  std::string role_arn;
  TaskKey key;                  // the newest
  std::vector<TaskKey> former;  // oldest first; still good, or expired not long ago

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.task_id);
    field(2, row.account);
    field(3, row.role_arn);
    field(4, row.key.access_key_id);
    field(5, row.key.secret_access_key);
    field(6, row.key.token);
    field(7, row.key.expires_at);
    field(8, row.former);
  }
};

// A RunTask that was given a client token, so that its repeat starts nothing.
struct RunTokenRow {
  api::ecs::RunTaskRequest request;
  std::vector<std::string> task_ids;
  base::TimePoint expires_at{};

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.request);
    field(2, row.task_ids);
    field(3, row.expires_at);
  }
};

}  // namespace ecs
