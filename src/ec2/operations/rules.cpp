#include "ec2/rule.h"

#include <algorithm>

#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

base::Outcome<const SecurityGroupRow*> find_group(const State& state, const std::optional<std::string>& id,
                                                  const std::optional<std::string>& name, const Context& ctx) {
  if (id) return find_or_fault(state.security_groups, kSecurityGroup, *id, ctx);
  if (!name) return refuse(missing_parameter("groupId"));
  return base::fault(faults::InvalidGroupNotFound,
                     "The security group '" + *name + "' does not exist in default VPC 'none'");
}

template <class Input>
base::Outcome<RuleRequest> rule_request(const Input& input) {
  if (input.source_security_group_name || input.source_security_group_owner_id) {
    return refuse(not_supported("SourceSecurityGroupName"));
  }
  return RuleRequest{input.ip_permissions, input.ip_protocol, input.from_port, input.to_port, input.cidr_ip};
}

// All rules or none. Gives the rules' ids.
base::Outcome<std::vector<std::string>> authorize(State& state, const SecurityGroupRow& group, Direction direction,
                                                  const RuleRequest& request, const TagSpecifications& specifications,
                                                  Context& ctx) {
  TRY(std::vector<RuleRow> wanted, rules_of(state, group, request, ctx));
  TRY(const TagMap tags, tags_to_create(specifications, kSecurityGroupRule, ctx));
  SecurityGroupRow changed = group;
  std::vector<std::string> ids;
  for (RuleRow& rule : wanted) {
    if (!find_rule(changed, direction, rule).empty()) {
      return base::fault(faults::InvalidPermissionDuplicate,
                         "the specified rule \"" + rule_text(rule) + "\" already exists");
    }
    ids.push_back(new_id(kSecurityGroupRule, ctx.random));
    put_tags(state, kSecurityGroupRule, ids.back(), tags, ctx);
    rules(changed, direction)[ids.back()] = std::move(rule);
  }
  if (rules(changed, direction).size() > kRulesMax) {
    return base::fault(faults::RulesPerSecurityGroupLimitExceeded,
                       "The maximum number of rules per security group has been reached.");
  }
  state.security_groups.put(ctx.change, key_of(ctx, group.id), std::move(changed));
  return ids;
}

std::vector<aws::SecurityGroupRule> shown_rules(const State& state, const std::string& group_id, Direction direction,
                                                const std::vector<std::string>& ids, const Context& ctx) {
  std::vector<aws::SecurityGroupRule> shown;
  const SecurityGroupRow& group = *state.security_groups.find(key_of(ctx, group_id));
  for (const std::string& id : ids) {
    shown.push_back(shown_rule(state, group, direction, id, rules(group, direction).at(id), ctx));
  }
  return shown;
}

base::Outcome<std::vector<std::string>> rules_to_revoke(const State& state, const SecurityGroupRow& group,
                                                        Direction direction, const RuleRequest& request,
                                                        const std::optional<std::vector<std::string>>& given,
                                                        const Context& ctx) {
  if (given && !given->empty()) {
    for (const std::string& id : *given) {
      CHECK(check_id(kSecurityGroupRule, id));
      if (!rules(group, direction).contains(id)) return refuse(not_found(kSecurityGroupRule, id));
    }
    return *given;
  }
  TRY(const std::vector<RuleRow> wanted, rules_of(state, group, request, ctx));
  std::vector<std::string> ids;
  for (const RuleRow& rule : wanted) {
    std::string id = find_rule(group, direction, rule);
    if (id.empty()) {
      return base::fault(faults::InvalidPermissionNotFound,
                         "The specified rule does not exist in this security group.");
    }
    ids.push_back(std::move(id));
  }
  return ids;
}

std::vector<aws::RevokedSecurityGroupRule> revoke(State& state, const std::string& group_id, Direction direction,
                                                  const std::vector<std::string>& ids, Context& ctx) {
  std::vector<aws::RevokedSecurityGroupRule> revoked;
  for (const aws::SecurityGroupRule& rule : shown_rules(state, group_id, direction, ids, ctx)) {
    aws::RevokedSecurityGroupRule& shown = revoked.emplace_back();
    shown.cidr_ipv4 = rule.cidr_ipv4;
    shown.cidr_ipv6 = rule.cidr_ipv6;
    shown.description = rule.description;
    shown.from_port = rule.from_port;
    shown.group_id = rule.group_id;
    shown.ip_protocol = rule.ip_protocol;
    shown.is_egress = rule.is_egress;
    shown.prefix_list_id = rule.prefix_list_id;
    if (rule.referenced_group_info) shown.referenced_group_id = rule.referenced_group_info->group_id;
    shown.security_group_rule_id = rule.security_group_rule_id;
    shown.to_port = rule.to_port;
  }
  state.security_groups.modify(ctx.change, key_of(ctx, group_id), [&](SecurityGroupRow& changed) {
    for (const std::string& id : ids) rules(changed, direction).erase(id);
  });
  for (const std::string& id : ids) drop_tags(state, id, ctx);
  return revoked;
}

base::Outcome<void> describe_rule(SecurityGroupRow& group, Direction direction, const std::string& id,
                                  const std::string& description) {
  auto& held = rules(group, direction);
  const auto found = held.find(id);
  if (found == held.end()) return refuse(not_found(kSecurityGroupRule, id));
  found->second.description = description;
  return {};
}

template <class Input>
base::Outcome<void> update_descriptions(State& state, Direction direction, const Input& input, Context& ctx) {
  TRY(const SecurityGroupRow* group, find_group(state, input.group_id, input.group_name, ctx));
  SecurityGroupRow changed = *group;
  const bool by_id = input.security_group_rule_descriptions && !input.security_group_rule_descriptions->empty();
  if (by_id) {
    for (const auto& wanted : *input.security_group_rule_descriptions) {
      CHECK(describe_rule(changed, direction, wanted.security_group_rule_id.value_or(""),
                          wanted.description.value_or("")));
    }
  } else {
    const RuleRequest request{input.ip_permissions, {}, {}, {}, {}};
    TRY(const std::vector<RuleRow> wanted, rules_of(state, *group, request, ctx));
    for (const RuleRow& rule : wanted) {
      const std::string id = find_rule(changed, direction, rule);
      if (id.empty()) {
        return base::fault(faults::InvalidPermissionNotFound,
                           "The specified rule does not exist in this security group.");
      }
      CHECK(describe_rule(changed, direction, id, rule.description));
    }
  }
  state.security_groups.put(ctx.change, key_of(ctx, changed.id), changed);
  return {};
}

constexpr FilterField<aws::SecurityGroupRule> kFilters[] = {
    {"group-id", [](const aws::SecurityGroupRule& rule) { return one(rule.group_id); }},
    {"security-group-rule-id", [](const aws::SecurityGroupRule& rule) { return one(rule.security_group_rule_id); }},
};

// Every rule of the caller, by id.
std::map<std::string, aws::SecurityGroupRule> all_rules(const State& state, const Context& ctx) {
  std::map<std::string, aws::SecurityGroupRule> all;
  for (const auto& [key, group] : own_rows(state.security_groups, ctx)) {
    for (const Direction direction : {Direction::Ingress, Direction::Egress}) {
      for (const auto& [id, rule] : rules(group, direction)) {
        all.emplace(id, shown_rule(state, group, direction, id, rule, ctx));
      }
    }
  }
  return all;
}

}  // namespace

Answer<aws::AuthorizeSecurityGroupIngress> authorize_security_group_ingress(
    State& state, const aws::AuthorizeSecurityGroupIngressRequest& input, Context& ctx) {
  TRY(const SecurityGroupRow* group, find_group(state, input.group_id, input.group_name, ctx));
  TRY(const RuleRequest request, rule_request(input));
  const std::string id = group->id;
  TRY(const auto ids, authorize(state, *group, Direction::Ingress, request, input.tag_specifications, ctx));
  return aws::AuthorizeSecurityGroupIngressResult{true, shown_rules(state, id, Direction::Ingress, ids, ctx)};
}

Answer<aws::AuthorizeSecurityGroupEgress> authorize_security_group_egress(
    State& state, const aws::AuthorizeSecurityGroupEgressRequest& input, Context& ctx) {
  TRY(const SecurityGroupRow* group, find_group(state, input.group_id, {}, ctx));
  TRY(const RuleRequest request, rule_request(input));
  TRY(const auto ids, authorize(state, *group, Direction::Egress, request, input.tag_specifications, ctx));
  return aws::AuthorizeSecurityGroupEgressResult{true, shown_rules(state, input.group_id, Direction::Egress, ids, ctx)};
}

Answer<aws::RevokeSecurityGroupIngress> revoke_security_group_ingress(
    State& state, const aws::RevokeSecurityGroupIngressRequest& input, Context& ctx) {
  TRY(const SecurityGroupRow* group, find_group(state, input.group_id, input.group_name, ctx));
  TRY(const RuleRequest request, rule_request(input));
  TRY(const auto ids, rules_to_revoke(state, *group, Direction::Ingress, request, input.security_group_rule_ids, ctx));
  aws::RevokeSecurityGroupIngressResult output;
  output.return_ = true;
  output.revoked_security_group_rules = revoke(state, *input.group_id, Direction::Ingress, ids, ctx);
  return output;
}

Answer<aws::RevokeSecurityGroupEgress> revoke_security_group_egress(State& state,
                                                                    const aws::RevokeSecurityGroupEgressRequest& input,
                                                                    Context& ctx) {
  TRY(const SecurityGroupRow* group, find_group(state, input.group_id, {}, ctx));
  TRY(const RuleRequest request, rule_request(input));
  TRY(const auto ids, rules_to_revoke(state, *group, Direction::Egress, request, input.security_group_rule_ids, ctx));
  aws::RevokeSecurityGroupEgressResult output;
  output.return_ = true;
  output.revoked_security_group_rules = revoke(state, input.group_id, Direction::Egress, ids, ctx);
  return output;
}

Answer<aws::UpdateSecurityGroupRuleDescriptionsIngress> update_security_group_rule_descriptions_ingress(
    State& state, const aws::UpdateSecurityGroupRuleDescriptionsIngressRequest& input, Context& ctx) {
  CHECK(update_descriptions(state, Direction::Ingress, input, ctx));
  return aws::UpdateSecurityGroupRuleDescriptionsIngressResult{true};
}

Answer<aws::UpdateSecurityGroupRuleDescriptionsEgress> update_security_group_rule_descriptions_egress(
    State& state, const aws::UpdateSecurityGroupRuleDescriptionsEgressRequest& input, Context& ctx) {
  CHECK(update_descriptions(state, Direction::Egress, input, ctx));
  return aws::UpdateSecurityGroupRuleDescriptionsEgressResult{true};
}

Answer<aws::DescribeSecurityGroupRules> describe_security_group_rules(
    State& state, const aws::DescribeSecurityGroupRulesRequest& input, Context& ctx) {
  CHECK(check_selection(
      {input.security_group_rule_ids, "securityGroupRuleIds", input.filters, input.max_results, input.next_token}));
  CHECK(check_filters<aws::SecurityGroupRule>(input.filters, kFilters));
  std::string after;
  if (input.next_token) {
    TRY(after, read_token(*input.next_token));
  }
  auto all = all_rules(state, ctx);
  const bool by_id = input.security_group_rule_ids && !input.security_group_rule_ids->empty();
  if (by_id) {
    for (const std::string& id : *input.security_group_rule_ids) {
      CHECK(check_id(kSecurityGroupRule, id));
      if (!all.contains(id)) return refuse(not_found(kSecurityGroupRule, id));
    }
  }
  aws::DescribeSecurityGroupRulesResult output;
  output.security_group_rules.emplace();
  const auto limit = static_cast<std::size_t>(input.max_results.value_or(kPageMax));
  std::string last;
  for (auto& [id, rule] : all) {
    if (id <= after || (by_id && std::ranges::count(*input.security_group_rule_ids, id) == 0)) continue;
    TRY(const bool wanted, passes<aws::SecurityGroupRule>(input.filters, kFilters, rule));
    if (!wanted) continue;
    if (output.security_group_rules->size() == limit) {
      output.next_token = make_token(last);
      break;
    }
    output.security_group_rules->push_back(std::move(rule));
    last = id;
  }
  return output;
}

}  // namespace ec2
