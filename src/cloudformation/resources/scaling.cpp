#include <set>

#include "api/autoscaling/operations.h"
#include "api/autoscaling/types.h"
#include "api/cloudwatch/operations.h"
#include "api/cloudwatch/types.h"
#include "api/logs/operations.h"
#include "base/fault.h"
#include "cloudformation/resources/common.h"

namespace cloudformation {
namespace {

using base::Value;
namespace autoscaling = api::autoscaling;
namespace cloudwatch = api::cloudwatch;
namespace logs = api::logs;

constexpr UpdateBehavior kReplace = UpdateBehavior::Replace;
constexpr UpdateBehavior kUnsupported = UpdateBehavior::Unsupported;

constexpr PropertySchema kScheduledActionProperties[] = {
    {.name = "EndTime"},
    {.name = "ScalableTargetAction", .kind = PropertyKind::Shape, .shape = &autoscaling::ScalableTargetAction::type},
    {.name = "Schedule", .required = true},
    {.name = "ScheduledActionName", .required = true},
    {.name = "StartTime"},
    {.name = "Timezone"},
};
constexpr PropertySchema kTargetProperties[] = {
    {.name = "MaxCapacity", .kind = PropertyKind::Integer, .required = true},
    {.name = "MinCapacity", .kind = PropertyKind::Integer, .required = true},
    {.name = "ResourceId", .update = kReplace, .required = true},
    {.name = "RoleARN"},
    {.name = "ScalableDimension", .update = kReplace, .required = true},
    {.name = "ServiceNamespace", .update = kReplace, .required = true},
    {.name = "ScheduledActions", .kind = PropertyKind::ObjectList, .members = kScheduledActionProperties},
    {.name = "SuspendedState", .kind = PropertyKind::Shape, .shape = &autoscaling::SuspendedState::type},
};
constexpr std::string_view kIdOnly[] = {"Id"};
constexpr TypeSchema kTarget{
    .name = "AWS::ApplicationAutoScaling::ScalableTarget", .properties = kTargetProperties, .attributes = kIdOnly};

std::set<std::string> scheduled_names(const Value& properties) {
  std::set<std::string> names;
  const Value* actions = properties.find("ScheduledActions");
  if (actions == nullptr) return names;
  for (const Value& action : actions->as_array()) names.insert(text_at(action, "ScheduledActionName"));
  return names;
}

// Those of the template are put, those that it had before and has no more are deleted.
std::expected<void, Failure> put_scheduled_actions(const Job& job) {
  Value target{Value::Object{}};
  copy(target, job.properties, {"ResourceId", "ScalableDimension", "ServiceNamespace"});
  const std::set<std::string> names = scheduled_names(job.properties);
  if (job.before != nullptr) {
    for (const std::string& name : scheduled_names(job.before->properties)) {
      if (names.contains(name)) continue;
      Value input = target;
      input.set("ScheduledActionName", name);
      CHECK(invoke_gone(job, autoscaling::DeleteScheduledAction::operation(), input));
    }
  }
  const Value* actions = job.property("ScheduledActions");
  if (actions == nullptr) return {};
  for (const Value& action : actions->as_array()) {
    Value input = action;
    for (const auto& [name, value] : target.as_object()) input.set(name, value);
    CHECK(invoke(job, autoscaling::PutScheduledAction::operation(), input));
  }
  return {};
}

Step put_target(const Job& job) {
  Value input = job.properties;
  if (job.before != nullptr && job.property("SuspendedState") == nullptr &&
      job.before->properties.find("SuspendedState") != nullptr) {
    input.set("SuspendedState", object({{"DynamicScalingInSuspended", false},
                                        {"DynamicScalingOutSuspended", false},
                                        {"ScheduledScalingSuspended", false}}));
  }
  input.remove("ScheduledActions");
  CHECK(invoke(job, autoscaling::RegisterScalableTarget::operation(), input));
  CHECK(put_scheduled_actions(job));
  const std::string id =
      job.text("ResourceId") + "|" + job.text("ScalableDimension") + "|" + job.text("ServiceNamespace");
  return done(id, object({{"Id", id}}));
}

Step remove_target(const Job& job) {
  Value input{Value::Object{}};
  copy(input, job.properties, {"ResourceId", "ScalableDimension", "ServiceNamespace"});
  CHECK(invoke_gone(job, autoscaling::DeregisterScalableTarget::operation(), input));
  return done(job.physical_id);
}

constexpr PropertySchema kPolicyProperties[] = {
    {.name = "PolicyName", .update = kReplace, .required = true},
    {.name = "PolicyType", .required = true},
    {.name = "ScalingTargetId", .update = kReplace},
    {.name = "ResourceId", .update = kReplace},
    {.name = "ScalableDimension", .update = kReplace},
    {.name = "ServiceNamespace", .update = kReplace},
    {.name = "StepScalingPolicyConfiguration",
     .kind = PropertyKind::Shape,
     .shape = &autoscaling::StepScalingPolicyConfiguration::type},
    {.name = "TargetTrackingScalingPolicyConfiguration",
     .kind = PropertyKind::Shape,
     .shape = &autoscaling::TargetTrackingScalingPolicyConfiguration::type},
    {.name = "PredictiveScalingPolicyConfiguration", .update = kUnsupported},
};
constexpr std::string_view kArnOnly[] = {"Arn"};
constexpr TypeSchema kPolicy{
    .name = "AWS::ApplicationAutoScaling::ScalingPolicy", .properties = kPolicyProperties, .attributes = kArnOnly};

// The target's three parts, from ScalingTargetId or one by one.
Value policy_target(const Job& job) {
  Value input{Value::Object{}};
  copy(input, job.properties, {"ResourceId", "ScalableDimension", "ServiceNamespace", "PolicyName"});
  const std::string id = job.text("ScalingTargetId");
  const auto first = id.find('|');
  const auto second = id.find('|', first + 1);
  if (first != std::string::npos && second != std::string::npos) {
    input.set("ResourceId", id.substr(0, first));
    input.set("ScalableDimension", id.substr(first + 1, second - first - 1));
    input.set("ServiceNamespace", id.substr(second + 1));
  }
  return input;
}

Step put_policy(const Job& job) {
  Value input = policy_target(job);
  copy(input, job.properties,
       {"PolicyType", "StepScalingPolicyConfiguration", "TargetTrackingScalingPolicyConfiguration"});
  TRY(const Value made, invoke(job, autoscaling::PutScalingPolicy::operation(), input));
  const std::string arn = text_at(made, "PolicyARN");
  return done(arn, object({{"Arn", arn}}));
}

Step remove_policy(const Job& job) {
  CHECK(invoke_gone(job, autoscaling::DeleteScalingPolicy::operation(), policy_target(job)));
  return done(job.physical_id);
}

constexpr PropertySchema kAlarmProperties[] = {
    {.name = "ActionsEnabled", .kind = PropertyKind::Boolean},
    {.name = "AlarmActions", .kind = PropertyKind::TextList},
    {.name = "AlarmDescription"},
    {.name = "AlarmName", .update = kReplace},
    {.name = "ComparisonOperator"},
    {.name = "DatapointsToAlarm", .kind = PropertyKind::Integer},
    {.name = "Dimensions", .kind = PropertyKind::ShapeList, .shape = &cloudwatch::Dimension::type, .unordered = true},
    {.name = "EvaluateLowSampleCountPercentile"},
    {.name = "EvaluationCriteria", .update = kUnsupported},
    {.name = "EvaluationInterval", .update = kUnsupported},
    {.name = "EvaluationPeriods", .kind = PropertyKind::Integer},
    {.name = "ExtendedStatistic"},
    {.name = "InsufficientDataActions", .kind = PropertyKind::TextList},
    {.name = "MetricName"},
    {.name = "Metrics", .kind = PropertyKind::ShapeList, .shape = &cloudwatch::MetricDataQuery::type},
    {.name = "Namespace"},
    {.name = "OKActions", .kind = PropertyKind::TextList},
    {.name = "Period", .kind = PropertyKind::Integer},
    {.name = "Statistic"},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "Threshold", .kind = PropertyKind::Number},
    {.name = "ThresholdMetricId"},
    {.name = "TreatMissingData"},
    {.name = "Unit"},
};
constexpr TypeSchema kAlarm{.name = "AWS::CloudWatch::Alarm",
                            .properties = kAlarmProperties,
                            .attributes = kArnOnly,
                            .name_property = "AlarmName",
                            .system_tags = true};

Step put_alarm(const Job& job, const api::Operation& operation) {
  const std::string name = job.physical_id.empty() ? name_of(job, "AlarmName", 255) : job.physical_id;
  const std::string arn = job.ctx.arn("cloudwatch", "alarm:" + name);
  Value input = job.properties;
  input.set("AlarmName", name);
  input.remove("Tags");
  if (job.before == nullptr) {
    if (const Tags tags = merged_tags(job); !tags.empty()) input.set("Tags", tag_list(tags));
  }
  CHECK(invoke(job, operation, input));
  return done(name, object({{"Arn", arn}}));
}

Step create_alarm(const Job& job) {
  return put_alarm(job, cloudwatch::PutMetricAlarm::operation());
}

// The put of an alarm that is there leaves its tags alone.
Step with_alarm_tags(const Job& job, Step step) {
  if (!step) return step;
  const std::string arn = job.ctx.arn("cloudwatch", "alarm:" + job.physical_id);
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    CHECK(
        invoke(job, cloudwatch::UntagResource::operation(), object({{"ResourceARN", arn}, {"TagKeys", tags.removed}})));
  }
  if (!tags.set.empty()) {
    CHECK(invoke(job, cloudwatch::TagResource::operation(),
                 object({{"ResourceARN", arn}, {"Tags", tag_list(tags.set)}})));
  }
  return step;
}

Step update_alarm(const Job& job) {
  return with_alarm_tags(job, create_alarm(job));
}

constexpr PropertySchema kCompositeProperties[] = {
    {.name = "ActionsEnabled", .kind = PropertyKind::Boolean},
    {.name = "ActionsSuppressor"},
    {.name = "ActionsSuppressorExtensionPeriod", .kind = PropertyKind::Integer},
    {.name = "ActionsSuppressorWaitPeriod", .kind = PropertyKind::Integer},
    {.name = "AlarmActions", .kind = PropertyKind::TextList},
    {.name = "AlarmDescription"},
    {.name = "AlarmName", .update = kReplace},
    {.name = "AlarmRule", .required = true},
    {.name = "InsufficientDataActions", .kind = PropertyKind::TextList},
    {.name = "OKActions", .kind = PropertyKind::TextList},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr TypeSchema kComposite{.name = "AWS::CloudWatch::CompositeAlarm",
                                .properties = kCompositeProperties,
                                .attributes = kArnOnly,
                                .name_property = "AlarmName",
                                .system_tags = true};

Step create_composite(const Job& job) {
  return put_alarm(job, cloudwatch::PutCompositeAlarm::operation());
}

Step update_composite(const Job& job) {
  return with_alarm_tags(job, create_composite(job));
}

Step remove_alarm(const Job& job) {
  CHECK(
      invoke_gone(job, cloudwatch::DeleteAlarms::operation(), object({{"AlarmNames", Value::Array{job.physical_id}}})));
  return done(job.physical_id);
}

constexpr PropertySchema kLogGroupProperties[] = {
    {.name = "LogGroupName", .update = kReplace},
    {.name = "RetentionInDays", .kind = PropertyKind::Integer},
    {.name = "KmsKeyId"},
    {.name = "LogGroupClass", .update = kReplace},
    {.name = "DataProtectionPolicy", .update = kUnsupported},
    {.name = "FieldIndexPolicies", .update = kUnsupported},
    {.name = "DeletionProtectionEnabled", .kind = PropertyKind::Boolean},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr TypeSchema kLogGroup{.name = "AWS::Logs::LogGroup",
                               .properties = kLogGroupProperties,
                               .attributes = kArnOnly,
                               .name_property = "LogGroupName",
                               .system_tags = true};

std::expected<void, Failure> put_retention(const Job& job, const std::string& name) {
  if (const Value* days = job.property("RetentionInDays")) {
    CHECK(invoke(job, logs::PutRetentionPolicy::operation(),
                 object({{"logGroupName", name}, {"retentionInDays", *days}})));
  } else if (job.before != nullptr && job.before->properties.find("RetentionInDays") != nullptr) {
    CHECK(invoke(job, logs::DeleteRetentionPolicy::operation(), object({{"logGroupName", name}})));
  }
  return {};
}

Step create_log_group(const Job& job) {
  const std::string name = name_of(job, "LogGroupName", 512);
  Value input = object({{"logGroupName", name}});
  copy(input, job.properties, {"KmsKeyId", "LogGroupClass", "DeletionProtectionEnabled"});
  if (const Tags tags = merged_tags(job); !tags.empty()) input.set("tags", tag_map(tags));
  auto made = invoke(job, logs::CreateLogGroup::operation(), input);
  if (!made && made.error().reason.find("AlreadyExists") != std::string::npos) {
    return std::unexpected(
        handler_failure(job,
                        "Resource of type 'AWS::Logs::LogGroup' with identifier '{\"/properties/LogGroupName\":\"" +
                            name + "\"}' already exists.",
                        "AlreadyExists"));
  }
  if (!made) return std::unexpected(made.error());
  CHECK(put_retention(job, name));
  return done(name, object({{"Arn", job.ctx.arn("logs", "log-group:" + name + ":*")}}));
}

Step update_log_group(const Job& job) {
  CHECK(put_retention(job, job.physical_id));
  const std::string arn = job.ctx.arn("logs", "log-group:" + job.physical_id);
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    CHECK(invoke(job, logs::UntagResource::operation(), object({{"resourceArn", arn}, {"tagKeys", tags.removed}})));
  }
  if (!tags.set.empty()) {
    CHECK(invoke(job, logs::TagResource::operation(), object({{"resourceArn", arn}, {"tags", tag_map(tags.set)}})));
  }
  return done(job.physical_id);
}

Step remove_log_group(const Job& job) {
  CHECK(invoke_gone(job, logs::DeleteLogGroup::operation(), object({{"logGroupName", job.physical_id}})));
  return done(job.physical_id);
}

}  // namespace

void add_scaling(ProviderSet& providers) {
  add(providers, {&kTarget, put_target, put_target, remove_target});
  add(providers, {&kPolicy, put_policy, put_policy, remove_policy});
  add(providers, {&kAlarm, create_alarm, update_alarm, remove_alarm});
  add(providers, {&kComposite, create_composite, update_composite, remove_alarm});
  add(providers, {&kLogGroup, create_log_group, update_log_group, remove_log_group});
}

}  // namespace cloudformation
