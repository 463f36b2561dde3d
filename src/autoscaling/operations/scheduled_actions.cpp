#include <set>
#include <string_view>

#include "autoscaling/faults.h"
#include "autoscaling/operations/common.h"
#include "autoscaling/operations/operations.h"
#include "base/random.h"

namespace autoscaling {
namespace {

using api::autoscaling::PutScheduledActionRequest;
using api::autoscaling::ScheduledAction;

// The model's pattern, which looks ahead, as the engine that checks the others can't: no control character, none of
// ":/|", and no blank at either end.
constexpr std::string_view kNamePattern =
    R"((?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+)";

base::Outcome<void> check_name(const std::string& name) {
  const auto refused = [&](std::size_t i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    // U+0080 to U+009F begin with 0xC2.
    if (byte == 0xc2 && i + 1 < name.size()) return static_cast<unsigned char>(name[i + 1]) <= 0x9f;
    return byte < 0x20 || byte == 0x7f || byte == ':' || byte == '/' || byte == '|';
  };
  bool good = !name.starts_with(' ') && !name.ends_with(' ');
  for (std::size_t i = 0; i < name.size() && good; ++i) good = !refused(i);
  if (good) return {};
  return validation("1 validation error detected: Value '" + name +
                    "' at 'scheduledActionName' failed to satisfy constraint: Member must satisfy regular expression "
                    "pattern: " +
                    std::string(kNamePattern));
}

base::Outcome<ScheduledRow> new_action(const State& state, const PutScheduledActionRequest& input,
                                       const ResourceName& resource, service::Context& ctx) {
  const auto own = state.timetable.table().with_prefix(policy_prefix(ctx, resource));
  if (static_cast<std::size_t>(std::distance(own.begin(), own.end())) >= State::kScheduledMax) {
    return limit_exceeded("The limit of 200 scheduled actions per scalable target has been reached");
  }
  if (!input.schedule) return validation("Schedule must be specified for a new scheduled action");
  if (!input.scalable_target_action) {
    return validation("ScalableTargetAction must be specified for a new scheduled action");
  }
  ScheduledRow row;
  row.name = input.scheduled_action_name;
  row.resource = resource;
  row.owner = {ctx.call.account, ctx.call.region};
  row.arn =
      ctx.arn("autoscaling", "scheduledAction:" + base::uuid(ctx.random) + ":resource/" + resource.service_namespace +
                                 "/" + resource.resource_id + ":scheduledActionName/" + input.scheduled_action_name);
  row.created_at = ctx.now;
  return row;
}

base::Outcome<void> check_bounds(const ScheduledRow& row) {
  if (!row.min && !row.max) return validation("At least one of MinCapacity and MaxCapacity must be specified");
  if (row.min.value_or(0) < 0 || row.max.value_or(0) < 0) {
    return validation("Minimum and maximum capacity must not be negative");
  }
  if (row.min && row.max && *row.min > *row.max) {
    return validation("Maximum capacity cannot be less than minimum capacity");
  }
  if (row.start && row.end && *row.start >= *row.end) return validation("EndTime must be later than StartTime");
  return {};
}

// "Any parameters that you don't specify are not changed", but StartTime and EndTime, which are then deleted.
void apply(const PutScheduledActionRequest& input, ScheduledRow& row) {
  row.schedule = input.schedule.value_or(row.schedule);
  if (input.timezone) row.time_zone = input.timezone;
  row.start = input.start_time;
  row.end = input.end_time;
  if (!input.scalable_target_action) return;
  row.min = input.scalable_target_action->min_capacity;
  row.max = input.scalable_target_action->max_capacity;
}

ScheduledAction shown(const ScheduledRow& row) {
  ScheduledAction action;
  action.scheduled_action_name = row.name;
  action.scheduled_action_arn = row.arn;
  action.service_namespace = row.resource.service_namespace;
  action.resource_id = row.resource.resource_id;
  action.scalable_dimension = row.resource.dimension;
  action.schedule = row.schedule;
  action.timezone = row.time_zone;
  action.start_time = row.start;
  action.end_time = row.end;
  action.creation_time = row.created_at;
  auto& bounds = action.scalable_target_action.emplace();
  bounds.min_capacity = row.min;
  bounds.max_capacity = row.max;
  return action;
}

}  // namespace

base::Outcome<api::autoscaling::PutScheduledActionResponse> put_scheduled_action(Parts parts,
                                                                                 const PutScheduledActionRequest& input,
                                                                                 service::Context& ctx) {
  CHECK(check_name(input.scheduled_action_name));
  TRY(const ResourceName resource, resource_of(input.service_namespace, input.resource_id, input.scalable_dimension));
  if (parts.state.targets.find(target_key(ctx, resource)) == nullptr) {
    return object_not_found("No scalable target registered for " + described(resource));
  }
  auto& table = parts.state.timetable.table();
  const std::string key = policy_key(ctx, resource, input.scheduled_action_name);
  const ScheduledRow* held = table.find(key);
  ScheduledRow row;
  if (held != nullptr) {
    row = *held;
  } else {
    TRY(row, new_action(parts.state, input, resource, ctx));
  }
  apply(input, row);
  CHECK(check_bounds(row));
  CHECK(parts.state.timetable.plan(row, ctx.now));
  table.put(ctx.change, key, std::move(row));
  return api::autoscaling::PutScheduledActionResponse{};
}

base::Outcome<api::autoscaling::DeleteScheduledActionResponse> delete_scheduled_action(
    Parts parts, const api::autoscaling::DeleteScheduledActionRequest& input, service::Context& ctx) {
  TRY(const ResourceName resource, resource_of(input.service_namespace, input.resource_id, input.scalable_dimension));
  const std::string key = policy_key(ctx, resource, input.scheduled_action_name);
  if (parts.state.timetable.table().find(key) == nullptr) {
    return object_not_found("No scheduled action found for " + described(resource) +
                            ", scheduled action name: " + input.scheduled_action_name);
  }
  parts.state.timetable.table().erase(ctx.change, key);
  return api::autoscaling::DeleteScheduledActionResponse{};
}

base::Outcome<api::autoscaling::DescribeScheduledActionsResponse> describe_scheduled_actions(
    Parts parts, const api::autoscaling::DescribeScheduledActionsRequest& input, service::Context& ctx) {
  CHECK(check_namespace(input.service_namespace));
  if (input.scalable_dimension && !input.resource_id) {
    return validation("If you specify a scalable dimension, you must also specify a resource ID");
  }
  TRY(const std::size_t size, page_size(input.max_results, kPageSize));
  TRY(const std::string after, read_token(input.next_token));
  const auto list = input.scheduled_action_names.value_or(std::vector<std::string>{});
  const std::set<std::string> names(list.begin(), list.end());
  api::autoscaling::DescribeScheduledActionsResponse output;
  output.scheduled_actions.emplace();
  std::string last;
  for (const auto& [key, row] : parts.state.timetable.table().with_prefix(service::scope_prefix(ctx.call))) {
    if (key <= after || (!names.empty() && !names.contains(row.name) && !names.contains(row.arn))) continue;
    if (input.resource_id && *input.resource_id != row.resource.resource_id) continue;
    if (input.scalable_dimension && *input.scalable_dimension != row.resource.dimension) continue;
    if (output.scheduled_actions->size() == size) {
      output.next_token = make_token(last);
      break;
    }
    output.scheduled_actions->push_back(shown(row));
    last = key;
  }
  return output;
}

// Predictive policies can't be put here, so there is no policy that has a forecast.
base::Outcome<api::autoscaling::GetPredictiveScalingForecastResponse> get_predictive_scaling_forecast(
    Parts parts, const api::autoscaling::GetPredictiveScalingForecastRequest& input, service::Context& ctx) {
  TRY(const ResourceName resource, resource_of(input.service_namespace, input.resource_id, input.scalable_dimension));
  if (parts.state.policies.find(policy_key(ctx, resource, input.policy_name)) == nullptr) {
    return object_not_found("No scaling policy found for " + described(resource) +
                            ", policy name: " + input.policy_name);
  }
  return validation("The scaling policy " + input.policy_name + " is not a predictive scaling policy");
}

}  // namespace autoscaling
