#include "autoscaling/service.h"

#include <algorithm>

#include "autoscaling/operations/operations.h"
#include "autoscaling/scaler.h"
#include "autoscaling/state.h"

namespace autoscaling {
namespace {

class AutoScaling final : public Service {
 public:
  AutoScaling(ServiceEvents* events, TimeZones* time_zones) : state_(events, time_zones), scaler_(state_) {}

  void register_operations(service::Registry& registry) override {
    using namespace api::autoscaling;
    add<RegisterScalableTarget>(registry, register_scalable_target);
    add<DeregisterScalableTarget>(registry, deregister_scalable_target);
    add<DescribeScalableTargets>(registry, describe_scalable_targets);
    add<PutScalingPolicy>(registry, put_scaling_policy);
    add<DeleteScalingPolicy>(registry, delete_scaling_policy);
    add<DescribeScalingPolicies>(registry, describe_scaling_policies);
    add<DescribeScalingActivities>(registry, describe_scaling_activities);
    add<PutScheduledAction>(registry, put_scheduled_action);
    add<DeleteScheduledAction>(registry, delete_scheduled_action);
    add<DescribeScheduledActions>(registry, describe_scheduled_actions);
    add<GetPredictiveScalingForecast>(registry, get_predictive_scaling_forecast);
    add<TagResource>(registry, tag_resource);
    add<UntagResource>(registry, untag_resource);
    add<ListTagsForResource>(registry, list_tags_for_resource);
  }

  std::vector<service::TableBase*> tables() override {
    return {&state_.targets, &state_.policies, &state_.timetable.table(), &state_.activities.table()};
  }

  base::TimePoint deadline() const override {
    return std::min({state_.timetable.due(), state_.activities.poll_due(), state_.activities.sweep_due()});
  }

  void tick(service::Context& ctx) override {
    scaler_.run_scheduled(ctx);
    scaler_.poll(ctx);
    if (state_.activities.sweep_due() <= ctx.now) state_.activities.sweep(ctx);
  }

  std::expected<void, std::string> on_alarm_action(const std::string& action_arn, const std::string& alarm_name,
                                                   const std::string& reason_data, service::Context& ctx) override {
    return scaler_.on_alarm(action_arn, alarm_name, reason_data, ctx);
  }

 private:
  template <class Op>
  using Function = base::Outcome<typename Op::Output> (*)(Parts, const typename Op::Input&, service::Context&);

  template <class Op>
  void add(service::Registry& registry, Function<Op> function) {
    registry.on<Op>([this, function](const typename Op::Input& input, service::Context& ctx) {
      return function(Parts{state_, scaler_}, input, ctx);
    });
  }

  State state_;
  Scaler scaler_;
};

}  // namespace

bool Service::is_policy_arn(std::string_view action_arn) {
  return action_arn.starts_with("arn:aws:autoscaling:") && action_arn.find(":scalingPolicy:") != std::string_view::npos;
}

std::unique_ptr<Service> make_service(ServiceEvents* events, TimeZones* time_zones) {
  return std::make_unique<AutoScaling>(events, time_zones);
}

}  // namespace autoscaling
