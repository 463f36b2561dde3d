#pragma once

#include <string>
#include <vector>

#include "api/ec2/types.h"
#include "ec2/resource.h"

namespace ec2 {

enum class Direction { Ingress, Egress };

// Rules per direction and group: AWS's default quota.
inline constexpr std::size_t kRulesMax = 60;

// What the Authorize, Revoke and Update operations have in common. Points into the input.
struct RuleRequest {
  const std::optional<std::vector<api::ec2::IpPermission>>& permissions;
  // The older way to give one rule.
  std::optional<std::string> protocol;
  std::optional<std::int64_t> from_port;
  std::optional<std::int64_t> to_port;
  std::optional<std::string> cidr;
};

// One rule per peer, checked and in canonical form. MissingParameter if the request names none.
base::Outcome<std::vector<RuleRow>> rules_of(const State& state, const SecurityGroupRow& group,
                                             const RuleRequest& request, const service::Context& ctx);

inline std::map<std::string, RuleRow>& rules(SecurityGroupRow& group, Direction direction) {
  return direction == Direction::Ingress ? group.ingress : group.egress;
}
inline const std::map<std::string, RuleRow>& rules(const SecurityGroupRow& group, Direction direction) {
  return direction == Direction::Ingress ? group.ingress : group.egress;
}
// The id of the rule that allows the same, whatever its description; "" if there is none.
std::string find_rule(const SecurityGroupRow& group, Direction direction, const RuleRow& wanted);
// `peer: 0.0.0.0/0, TCP, from port: 443, to port: 443, ALLOW`
std::string rule_text(const RuleRow& rule);

api::ec2::SecurityGroupRule shown_rule(const State& state, const SecurityGroupRow& group, Direction direction,
                                       const std::string& id, const RuleRow& rule, const service::Context& ctx);
// Rules with one protocol and port range share a permission.
std::vector<api::ec2::IpPermission> shown_permissions(const std::map<std::string, RuleRow>& rules,
                                                      const service::Context& ctx);

}  // namespace ec2
