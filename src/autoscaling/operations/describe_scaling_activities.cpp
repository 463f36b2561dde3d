#include "autoscaling/faults.h"
#include "autoscaling/operations/common.h"
#include "autoscaling/operations/operations.h"

namespace autoscaling {
namespace {

using api::autoscaling::DescribeScalingActivitiesRequest;
using api::autoscaling::ScalingActivity;

const char* name_of(ActivityStatus status) {
  switch (status) {
    case ActivityStatus::InProgress:
      return "InProgress";
    case ActivityStatus::Successful:
      return "Successful";
    case ActivityStatus::Overridden:
      return "Overridden";
    case ActivityStatus::Unfulfilled:
      return "Unfulfilled";
    case ActivityStatus::Failed:
      return "Failed";
  }
  return "";
}

ScalingActivity shown(const ActivityRow& row) {
  ScalingActivity activity;
  activity.activity_id = row.id;
  activity.service_namespace = row.resource.service_namespace;
  activity.resource_id = row.resource.resource_id;
  activity.scalable_dimension = row.resource.dimension;
  activity.description = row.description;
  activity.cause = row.cause;
  activity.start_time = row.started_at;
  activity.end_time = row.ended_at;
  activity.status_code = name_of(row.status);
  activity.status_message = row.message;
  if (row.not_scaled_reason.empty()) return activity;
  api::autoscaling::NotScaledReason reason;
  reason.code = row.not_scaled_reason;
  if (reason.code == kAlreadyAtMax) reason.max_capacity = row.not_scaled_capacity;
  if (reason.code == kAlreadyAtMin) reason.min_capacity = row.not_scaled_capacity;
  if (reason.code == kAlreadyAtDesired) reason.current_capacity = row.not_scaled_capacity;
  activity.not_scaled_reasons = std::vector{reason};
  return activity;
}

bool wanted(const DescribeScalingActivitiesRequest& input, const ActivityRow& row) {
  if (!row.not_scaled_reason.empty() && !input.include_not_scaled_activities.value_or(false)) return false;
  if (input.resource_id && *input.resource_id != row.resource.resource_id) return false;
  return !input.scalable_dimension || *input.scalable_dimension == row.resource.dimension;
}

}  // namespace

base::Outcome<api::autoscaling::DescribeScalingActivitiesResponse> describe_scaling_activities(
    Parts parts, const DescribeScalingActivitiesRequest& input, service::Context& ctx) {
  CHECK(check_namespace(input.service_namespace));
  if (input.scalable_dimension && !input.resource_id) {
    return validation("If you specify a scalable dimension, you must also specify a resource ID");
  }
  TRY(const std::size_t size, page_size(input.max_results, kPageSize));
  TRY(const std::string after, read_token(input.next_token));
  api::autoscaling::DescribeScalingActivitiesResponse output;
  output.scaling_activities.emplace();
  const auto own = parts.state.activities.table().with_prefix(service::scope_prefix(ctx.call));
  std::string last;
  for (auto at = own.end(); at != own.begin();) {  // newest first
    const auto& [key, row] = *--at;
    if ((!after.empty() && key >= after) || !wanted(input, row)) continue;
    if (output.scaling_activities->size() == size) {
      output.next_token = make_token(last);
      break;
    }
    output.scaling_activities->push_back(shown(row));
    last = key;
  }
  return output;
}

}  // namespace autoscaling
