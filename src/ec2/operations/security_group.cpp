#include <algorithm>

#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/rule.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

constexpr std::size_t kNameMax = 255;

aws::SecurityGroup shown(const State& state, const SecurityGroupRow& row, const Context& ctx) {
  aws::SecurityGroup group;
  group.group_id = row.id;
  group.group_name = row.name;
  group.description = row.description;
  group.vpc_id = row.vpc_id;
  group.owner_id = ctx.call.account;
  group.security_group_arn = ctx.arn("ec2", "security-group/" + row.id);
  group.ip_permissions = shown_permissions(row.ingress, ctx);
  group.ip_permissions_egress = shown_permissions(row.egress, ctx);
  group.tags = shown_tags(state, row.id, ctx);
  return group;
}

using Permissions = std::optional<std::vector<aws::IpPermission>>;

template <class Read>
Values permission_values(const Permissions& permissions, Read read) {
  Values values;
  for (const aws::IpPermission& permission : *permissions) read(permission, values);
  return values;
}

void cidrs(const aws::IpPermission& permission, Values& values) {
  for (const auto& range : *permission.ip_ranges) values.push_back(range.cidr_ip.value_or(""));
}
void group_ids(const aws::IpPermission& permission, Values& values) {
  for (const auto& pair : *permission.user_id_group_pairs) values.push_back(pair.group_id.value_or(""));
}
void protocols(const aws::IpPermission& permission, Values& values) {
  values.push_back(permission.ip_protocol.value_or(""));
}
void from_ports(const aws::IpPermission& permission, Values& values) {
  for (auto& value : one(permission.from_port)) values.push_back(std::move(value));
}
void to_ports(const aws::IpPermission& permission, Values& values) {
  for (auto& value : one(permission.to_port)) values.push_back(std::move(value));
}

using Group = aws::SecurityGroup;
constexpr FilterField<Group> kFilters[] = {
    {"description", [](const Group& group) { return one(group.description); }},
    {"egress.ip-permission.cidr", [](const Group& g) { return permission_values(g.ip_permissions_egress, cidrs); }},
    {"egress.ip-permission.from-port",
     [](const Group& g) { return permission_values(g.ip_permissions_egress, from_ports); }},
    {"egress.ip-permission.group-id",
     [](const Group& g) { return permission_values(g.ip_permissions_egress, group_ids); }},
    {"egress.ip-permission.protocol",
     [](const Group& g) { return permission_values(g.ip_permissions_egress, protocols); }},
    {"egress.ip-permission.to-port",
     [](const Group& g) { return permission_values(g.ip_permissions_egress, to_ports); }},
    {"group-id", [](const Group& group) { return one(group.group_id); }},
    {"group-name", [](const Group& group) { return one(group.group_name); }},
    {"ip-permission.cidr", [](const Group& g) { return permission_values(g.ip_permissions, cidrs); }},
    {"ip-permission.from-port", [](const Group& g) { return permission_values(g.ip_permissions, from_ports); }},
    {"ip-permission.group-id", [](const Group& g) { return permission_values(g.ip_permissions, group_ids); }},
    {"ip-permission.protocol", [](const Group& g) { return permission_values(g.ip_permissions, protocols); }},
    {"ip-permission.to-port", [](const Group& g) { return permission_values(g.ip_permissions, to_ports); }},
    {"owner-id", [](const Group& group) { return one(group.owner_id); }},
    {"vpc-id", [](const Group& group) { return one(group.vpc_id); }},
};

base::Outcome<void> check_name(const std::string& name) {
  if (name.empty()) return refuse(missing_parameter("groupName"));
  if (name == "default") {
    return base::fault(faults::InvalidParameterValue, "Cannot use reserved security group name: default");
  }
  if (name.starts_with("sg-")) {
    return refuse(invalid_value(name, "GroupName", "Group names may not be in the format sg-*."));
  }
  return {};
}

base::Outcome<void> check_text(const std::string& text, std::string_view parameter) {
  if (text.empty()) return refuse(missing_parameter(parameter));
  const bool ascii = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 127; });
  if (!ascii) return refuse(invalid_value(text, parameter, "Character sets beyond ASCII are not supported."));
  if (text.size() > kNameMax) {
    return refuse(invalid_value(text, parameter, "The value must be at most 255 characters long."));
  }
  return {};
}

base::Fault in_use(std::string_view id) {
  return {&faults::DependencyViolation, "resource " + std::string(id) + " has a dependent object"};
}

bool refers_to(const std::map<std::string, RuleRow>& rules, std::string_view group_id) {
  return std::ranges::any_of(rules, [&](const auto& entry) { return entry.second.group == group_id; });
}

bool is_used(const State& state, std::string_view id, const Context& ctx) {
  for (const auto& [key, row] : own_rows(state.interfaces, ctx)) {
    if (std::ranges::find(row.groups, id) != row.groups.end()) return true;
  }
  for (const auto& [key, row] : own_rows(state.endpoints, ctx)) {
    if (std::ranges::find(row.groups, id) != row.groups.end()) return true;
  }
  for (const auto& [key, row] : own_rows(state.security_groups, ctx)) {
    if (row.id != id && (refers_to(row.ingress, id) || refers_to(row.egress, id))) return true;
  }
  return false;
}

}  // namespace

Answer<aws::CreateSecurityGroup> create_security_group(State& state, const aws::CreateSecurityGroupRequest& input,
                                                       Context& ctx) {
  CHECK(check_name(input.group_name));
  CHECK(check_text(input.group_name, "GroupName"));
  CHECK(check_text(input.description, "GroupDescription"));
  if (!input.vpc_id) return base::fault(faults::VPCIdNotSpecified, "No default VPC for this user");
  TRY(const VpcRow* vpc, find_or_fault(state.vpcs, kVpc, *input.vpc_id, ctx));
  for (const auto& [key, other] : own_rows(state.security_groups, ctx)) {
    if (other.vpc_id == vpc->id && other.name == input.group_name) {
      return base::fault(faults::InvalidGroupDuplicate,
                         "The security group '" + input.group_name + "' already exists for VPC '" + vpc->id + "'");
    }
  }
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kSecurityGroup, ctx));
  SecurityGroupRow row;
  row.id = new_id(kSecurityGroup, ctx.random);
  row.vpc_id = vpc->id;
  row.name = input.group_name;
  row.description = input.description;
  row.egress[new_id(kSecurityGroupRule, ctx.random)] = {.protocol = "-1", .cidr = "0.0.0.0/0"};
  put_tags(state, kSecurityGroup, row.id, std::move(tags), ctx);
  state.security_groups.put(ctx.change, key_of(ctx, row.id), row);
  return aws::CreateSecurityGroupResult{row.id, ctx.arn("ec2", "security-group/" + row.id),
                                        shown_tags(state, row.id, ctx)};
}

Answer<aws::DeleteSecurityGroup> delete_security_group(State& state, const aws::DeleteSecurityGroupRequest& input,
                                                       Context& ctx) {
  if (!input.group_id) {
    if (!input.group_name) return refuse(missing_parameter("groupId"));
    return base::fault(faults::InvalidGroupNotFound,
                       "The security group '" + *input.group_name + "' does not exist in default VPC 'none'");
  }
  TRY(const SecurityGroupRow* row, find_or_fault(state.security_groups, kSecurityGroup, *input.group_id, ctx));
  if (row->name == "default") {
    return base::fault(faults::CannotDelete,
                       "the specified group: \"" + row->id + "\" name: \"default\" cannot be deleted by a user");
  }
  if (is_used(state, row->id, ctx)) return refuse(in_use(row->id));
  for (const auto& [id, rule] : row->ingress) drop_tags(state, id, ctx);
  for (const auto& [id, rule] : row->egress) drop_tags(state, id, ctx);
  state.security_groups.erase(ctx.change, key_of(ctx, *input.group_id));
  drop_tags(state, *input.group_id, ctx);
  return aws::DeleteSecurityGroupResult{*input.group_id, true};
}

Answer<aws::DescribeSecurityGroups> describe_security_groups(State& state,
                                                             const aws::DescribeSecurityGroupsRequest& input,
                                                             Context& ctx) {
  if (input.group_names && !input.group_names->empty()) {
    return base::fault(faults::InvalidGroupNotFound,
                       "The security group '" + input.group_names->front() + "' does not exist in default VPC 'none'");
  }
  const Selection selection{input.group_ids, "groupIds", input.filters, input.max_results, input.next_token};
  TRY(auto page, describe<Group>(state.security_groups, kSecurityGroup, selection, kFilters, state, ctx, shown));
  return aws::DescribeSecurityGroupsResult{std::move(page.next_token), std::move(page.items)};
}

}  // namespace ec2
