#include "autoscaling/state.h"

#include "service/table_codec.h"

namespace autoscaling {

State::State(ServiceEvents* service_events, TimeZones* time_zones)
    : targets("autoscaling.targets", service::make_codec<TargetRow>()),
      policies("autoscaling.policies", service::make_codec<PolicyRow>()),
      timetable(time_zones),
      events(service_events) {
  policies.on_change = [this](const std::string& key, const PolicyRow* before, const PolicyRow* after) {
    if (before != nullptr) key_by_arn_.erase(before->arn);
    if (after != nullptr) key_by_arn_[after->arn] = key;
  };
}

const std::string* State::find_policy(std::string_view arn) const {
  const auto found = key_by_arn_.find(arn.substr(0, arn.rfind(":createdBy/")));
  return found == key_by_arn_.end() ? nullptr : &found->second;
}

std::string target_key(const service::Context& ctx, const ResourceName& resource) {
  return service::key(ctx, {resource.service_namespace, resource.dimension, resource.resource_id});
}

std::string policy_prefix(const service::Context& ctx, const ResourceName& resource) {
  return target_key(ctx, resource) + "/";
}

std::string policy_key(const service::Context& ctx, const ResourceName& resource, std::string_view policy_name) {
  return policy_prefix(ctx, resource) + std::string(policy_name);
}

}  // namespace autoscaling
