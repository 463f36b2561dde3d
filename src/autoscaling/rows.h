#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/autoscaling/types.h"
#include "autoscaling/decision.h"
#include "base/time.h"

namespace autoscaling {

// What a policy scales.
struct ResourceName {
  std::string service_namespace;
  std::string dimension;
  std::string resource_id;

  friend bool operator==(const ResourceName&, const ResourceName&) = default;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.service_namespace);
    field(2, row.dimension);
    field(3, row.resource_id);
  }
};

struct Owner {
  std::string account;
  std::string region;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.account);
    field(2, row.region);
  }
};

struct TargetRow {
  ResourceName resource;
  Owner owner;
  std::string arn;
  std::string role_arn;
  base::TimePoint created_at{};
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool in_suspended = false;
  bool out_suspended = false;
  bool scheduled_suspended = false;
  std::map<std::string, std::string> tags;
  std::optional<Movement> last_out;
  std::optional<Movement> last_in;

  Bounds bounds() const { return {min, max}; }
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.resource);
    field(2, row.owner);
    field(3, row.arn);
    field(4, row.role_arn);
    field(5, row.created_at);
    field(6, row.min);
    field(7, row.max);
    field(8, row.in_suspended);
    field(9, row.out_suspended);
    field(10, row.scheduled_suspended);
    field(11, row.tags);
    field(12, row.last_out);
    field(13, row.last_in);
  }
};

struct PolicyRow {
  std::string name;
  ResourceName resource;
  std::string arn;
  std::string created_by;  // the last part of the ARN that alarms call
  base::TimePoint created_at{};
  std::vector<api::autoscaling::Alarm> alarms;  // target tracking: high, then low unless scale-in is disabled
  std::optional<api::autoscaling::TargetTrackingScalingPolicyConfiguration> tracking;
  std::optional<api::autoscaling::StepScalingPolicyConfiguration> stepping;

  std::string action_arn() const { return arn + ":createdBy/" + created_by; }
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.resource);
    field(3, row.arn);
    field(4, row.created_by);
    field(5, row.created_at);
    field(6, row.alarms);
    field(7, row.tracking);
    field(8, row.stepping);
  }
};

struct ScheduledRow {
  std::string name;
  ResourceName resource;
  Owner owner;
  std::string arn;
  base::TimePoint created_at{};
  std::string schedule;  // at(…), rate(…), cron(…)
  std::optional<std::string> time_zone;
  std::optional<base::TimePoint> start;
  std::optional<base::TimePoint> end;
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  base::TimePoint next_at = base::kNever;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.resource);
    field(3, row.owner);
    field(4, row.arn);
    field(5, row.created_at);
    field(6, row.schedule);
    field(7, row.time_zone);
    field(8, row.start);
    field(9, row.end);
    field(10, row.min);
    field(11, row.max);
    field(12, row.next_at);
  }
};

enum class ActivityStatus : std::uint8_t { InProgress, Successful, Overridden, Unfulfilled, Failed };

struct ActivityRow {
  std::string id;
  ResourceName resource;
  Owner owner;
  std::string description;
  std::string cause;
  base::TimePoint started_at{};
  std::optional<base::TimePoint> ended_at;
  ActivityStatus status = ActivityStatus::InProgress;
  std::optional<std::string> message;
  std::int64_t capacity = 0;      // asked for
  std::string not_scaled_reason;  // "" when it did scale
  std::int64_t not_scaled_capacity = 0;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.resource);
    field(3, row.owner);
    field(4, row.description);
    field(5, row.cause);
    field(6, row.started_at);
    field(7, row.ended_at);
    field(8, row.status);
    field(9, row.message);
    field(10, row.capacity);
    field(11, row.not_scaled_reason);
    field(12, row.not_scaled_capacity);
  }
};

}  // namespace autoscaling
