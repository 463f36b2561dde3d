#include "cloudformation/resources/ec2.h"

#include "api/ec2/operations.h"
#include "base/fault.h"
#include "cloudformation/resources/common.h"

namespace cloudformation {

using base::Value;
namespace ec2 = api::ec2;

// EC2 takes tags on creation by resource type.
void set_tags(Value& input, const Job& job, const char* resource_type) {
  const Tags tags = merged_tags(job);
  if (tags.empty()) return;
  input.set("TagSpecifications", Value::Array{object({{"ResourceType", resource_type}, {"Tags", tag_list(tags)}})});
}

std::expected<void, Failure> sync_ec2_tags(const Job& job, const std::string& id) {
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    Value::Array keys;
    for (const Value& key : tags.removed) keys.push_back(object({{"Key", key}}));
    CHECK(invoke(job, ec2::DeleteTags::operation(), object({{"Resources", Value::Array{id}}, {"Tags", keys}})));
  }
  if (!tags.set.empty()) {
    CHECK(invoke(job, ec2::CreateTags::operation(),
                 object({{"Resources", Value::Array{id}}, {"Tags", tag_list(tags.set)}})));
  }
  return {};
}

Step remove_by_id(const Job& job, const api::Operation& operation, const char* parameter) {
  CHECK(invoke_gone(job, operation, object({{parameter, job.physical_id}})));
  return done(job.physical_id);
}

namespace {

constexpr UpdateBehavior kReplace = UpdateBehavior::Replace;
constexpr UpdateBehavior kUnsupported = UpdateBehavior::Unsupported;

constexpr PropertySchema kVpcProperties[] = {
    {.name = "CidrBlock", .update = kReplace},
    {.name = "EnableDnsHostnames", .kind = PropertyKind::Boolean},
    {.name = "EnableDnsSupport", .kind = PropertyKind::Boolean},
    {.name = "InstanceTenancy", .update = UpdateBehavior::Conditional},
    {.name = "Ipv4IpamPoolId", .update = kUnsupported},
    {.name = "Ipv4NetmaskLength", .update = kUnsupported},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kVpcAttributes[] = {
    "CidrBlock", "CidrBlockAssociations", "DefaultNetworkAcl", "DefaultSecurityGroup", "Ipv6CidrBlocks", "VpcId"};
constexpr TypeSchema kVpc{
    .name = "AWS::EC2::VPC", .properties = kVpcProperties, .attributes = kVpcAttributes, .system_tags = true};

std::expected<void, Failure> set_dns(const Job& job, const std::string& vpc) {
  struct Setting {
    const char* name;
    bool otherwise;
  };
  for (const Setting setting : {Setting{"EnableDnsSupport", true}, Setting{"EnableDnsHostnames", false}}) {
    const Value* wanted = job.property(setting.name);
    const Value* before = job.before == nullptr ? nullptr : job.before->properties.find(setting.name);
    if (wanted == nullptr && before == nullptr) continue;
    const bool value = wanted == nullptr ? setting.otherwise : wanted->as_bool();
    CHECK(invoke(job, ec2::ModifyVpcAttribute::operation(),
                 object({{"VpcId", vpc}, {setting.name, object({{"Value", value}})}})));
  }
  return {};
}

Value filter(const char* name, const std::string& value) {
  return object({{"Name", name}, {"Values", Value::Array{value}}});
}

Step create_vpc(const Job& job) {
  Value input{Value::Object{}};
  copy(input, job.properties, {"CidrBlock", "InstanceTenancy"});
  set_tags(input, job, "vpc");
  TRY(const Value made, invoke(job, ec2::CreateVpc::operation(), input));
  const std::string vpc = text_at(made, "Vpc.VpcId");
  CHECK(set_dns(job, vpc));
  TRY(const Value groups,
      invoke(job, ec2::DescribeSecurityGroups::operation(),
             object({{"Filters", Value::Array{filter("vpc-id", vpc), filter("group-name", "default")}}})));
  TRY(const Value acls, invoke(job, ec2::DescribeNetworkAcls::operation(),
                               object({{"Filters", Value::Array{filter("vpc-id", vpc), filter("default", "true")}}})));
  Value::Array associations;
  const std::string association = text_at(made, "Vpc.CidrBlockAssociationSet.0.AssociationId");
  if (!association.empty()) associations.emplace_back(association);
  return done(vpc, object({{"VpcId", vpc},
                           {"CidrBlock", text_at(made, "Vpc.CidrBlock")},
                           {"CidrBlockAssociations", associations},
                           {"DefaultNetworkAcl", text_at(acls, "NetworkAcls.0.NetworkAclId")},
                           {"DefaultSecurityGroup", text_at(groups, "SecurityGroups.0.GroupId")},
                           {"Ipv6CidrBlocks", Value::Array{}}}));
}

Step update_vpc(const Job& job) {
  CHECK(set_dns(job, job.physical_id));
  CHECK(sync_ec2_tags(job, job.physical_id));
  return done(job.physical_id);
}

Step remove_vpc(const Job& job) {
  return remove_by_id(job, ec2::DeleteVpc::operation(), "VpcId");
}

constexpr PropertySchema kSubnetProperties[] = {
    {.name = "VpcId", .update = kReplace, .required = true},
    {.name = "CidrBlock", .update = kReplace},
    {.name = "AvailabilityZone", .update = kReplace},
    {.name = "AvailabilityZoneId", .update = kReplace},
    {.name = "MapPublicIpOnLaunch", .kind = PropertyKind::Boolean},
    {.name = "AssignIpv6AddressOnCreation", .update = kUnsupported},
    {.name = "Ipv6CidrBlock", .update = kUnsupported},
    {.name = "EnableDns64", .update = kUnsupported},
    {.name = "PrivateDnsNameOptionsOnLaunch", .update = kUnsupported},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kSubnetAttributes[] = {"AvailabilityZone", "AvailabilityZoneId", "CidrBlock",
                                                  "Ipv6CidrBlocks",   "SubnetId",           "VpcId"};
constexpr TypeSchema kSubnet{
    .name = "AWS::EC2::Subnet", .properties = kSubnetProperties, .attributes = kSubnetAttributes, .system_tags = true};

std::expected<void, Failure> set_public_ip(const Job& job, const std::string& subnet) {
  const Value* wanted = job.property("MapPublicIpOnLaunch");
  const Value* before = job.before == nullptr ? nullptr : job.before->properties.find("MapPublicIpOnLaunch");
  if (wanted == nullptr && before == nullptr) return {};
  const bool value = wanted != nullptr && wanted->as_bool();
  CHECK(invoke(job, ec2::ModifySubnetAttribute::operation(),
               object({{"SubnetId", subnet}, {"MapPublicIpOnLaunch", object({{"Value", value}})}})));
  return {};
}

Step create_subnet(const Job& job) {
  Value input{Value::Object{}};
  copy(input, job.properties, {"VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId"});
  set_tags(input, job, "subnet");
  TRY(const Value made, invoke(job, ec2::CreateSubnet::operation(), input));
  const std::string subnet = text_at(made, "Subnet.SubnetId");
  CHECK(set_public_ip(job, subnet));
  return done(subnet, object({{"SubnetId", subnet},
                              {"VpcId", text_at(made, "Subnet.VpcId")},
                              {"CidrBlock", text_at(made, "Subnet.CidrBlock")},
                              {"AvailabilityZone", text_at(made, "Subnet.AvailabilityZone")},
                              {"AvailabilityZoneId", text_at(made, "Subnet.AvailabilityZoneId")},
                              {"Ipv6CidrBlocks", Value::Array{}}}));
}

Step update_subnet(const Job& job) {
  CHECK(set_public_ip(job, job.physical_id));
  CHECK(sync_ec2_tags(job, job.physical_id));
  return done(job.physical_id);
}

Step remove_subnet(const Job& job) {
  return remove_by_id(job, ec2::DeleteSubnet::operation(), "SubnetId");
}

constexpr PropertySchema kIngressMembers[] = {
    {.name = "IpProtocol", .required = true},
    {.name = "CidrIp"},
    {.name = "CidrIpv6"},
    {.name = "Description"},
    {.name = "FromPort", .kind = PropertyKind::Integer},
    {.name = "ToPort", .kind = PropertyKind::Integer},
    {.name = "SourcePrefixListId"},
    {.name = "SourceSecurityGroupId"},
    {.name = "SourceSecurityGroupName", .update = kUnsupported},
    {.name = "SourceSecurityGroupOwnerId"},
};
constexpr PropertySchema kEgressMembers[] = {
    {.name = "IpProtocol", .required = true},
    {.name = "CidrIp"},
    {.name = "CidrIpv6"},
    {.name = "Description"},
    {.name = "FromPort", .kind = PropertyKind::Integer},
    {.name = "ToPort", .kind = PropertyKind::Integer},
    {.name = "DestinationPrefixListId"},
    {.name = "DestinationSecurityGroupId"},
};
constexpr PropertySchema kGroupProperties[] = {
    {.name = "GroupDescription", .update = kReplace, .required = true},
    {.name = "GroupName", .update = kReplace},
    {.name = "VpcId", .update = kReplace},
    {.name = "SecurityGroupIngress", .kind = PropertyKind::ObjectList, .members = kIngressMembers, .unordered = true},
    {.name = "SecurityGroupEgress", .kind = PropertyKind::ObjectList, .members = kEgressMembers, .unordered = true},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kGroupAttributes[] = {"GroupId", "VpcId"};
constexpr TypeSchema kGroup{.name = "AWS::EC2::SecurityGroup",
                            .properties = kGroupProperties,
                            .attributes = kGroupAttributes,
                            .name_property = "GroupName",
                            .system_tags = true};

// A template's rule as the API's IpPermission.
Value permission(const Value& rule) {
  Value made = object({{"IpProtocol", text_at(rule, "IpProtocol")}});
  if (text_at(rule, "IpProtocol") != "-1") copy(made, rule, {"FromPort", "ToPort"});
  const auto described = [&](Value target) {
    copy(target, rule, {"Description"});
    return Value(Value::Array{std::move(target)});
  };
  if (const Value* cidr = rule.find("CidrIp")) made.set("IpRanges", described(object({{"CidrIp", *cidr}})));
  if (const Value* cidr = rule.find("CidrIpv6")) made.set("Ipv6Ranges", described(object({{"CidrIpv6", *cidr}})));
  for (const char* name : {"SourcePrefixListId", "DestinationPrefixListId"}) {
    if (const Value* list = rule.find(name)) made.set("PrefixListIds", described(object({{"PrefixListId", *list}})));
  }
  for (const char* name : {"SourceSecurityGroupId", "DestinationSecurityGroupId"}) {
    if (const Value* group = rule.find(name)) made.set("UserIdGroupPairs", described(object({{"GroupId", *group}})));
  }
  return made;
}

Value permissions(const std::string& group, const Value::Array& rules) {
  Value::Array list;
  for (const Value& rule : rules) list.push_back(permission(rule));
  return object({{"GroupId", group}, {"IpPermissions", list}});
}

const Value& everywhere() {
  static const Value rule = object({{"IpProtocol", "-1"}, {"CidrIp", "0.0.0.0/0"}});
  return rule;
}

// What egress a group has: all, unless the template says otherwise.
Value egress_of(const Value* properties) {
  const Value* rules = properties == nullptr ? nullptr : properties->find("SecurityGroupEgress");
  if (rules == nullptr || rules->as_array().empty()) return Value::Array{everywhere()};
  return *rules;
}

std::expected<void, Failure> sync_rules(const Job& job, const std::string& group, const Value* before) {
  const Value* old_ingress = before == nullptr ? nullptr : before->find("SecurityGroupIngress");
  const Value* new_ingress = job.property("SecurityGroupIngress");
  const Value old_egress = egress_of(before);
  const Value new_egress = egress_of(&job.properties);
  const auto apply = [&](const api::Operation& operation, const Value::Array& rules) -> std::expected<void, Failure> {
    if (!rules.empty()) CHECK(invoke(job, operation, permissions(group, rules)));
    return {};
  };
  CHECK(apply(ec2::RevokeSecurityGroupIngress::operation(), missing_from(old_ingress, new_ingress)));
  CHECK(apply(ec2::AuthorizeSecurityGroupIngress::operation(), missing_from(new_ingress, old_ingress)));
  CHECK(apply(ec2::RevokeSecurityGroupEgress::operation(), missing_from(&old_egress, &new_egress)));
  CHECK(apply(ec2::AuthorizeSecurityGroupEgress::operation(), missing_from(&new_egress, &old_egress)));
  return {};
}

Step create_group(const Job& job) {
  Value input = object({{"GroupName", name_of(job, "GroupName", 255)}, {"Description", job.text("GroupDescription")}});
  copy(input, job.properties, {"VpcId"});
  set_tags(input, job, "security-group");
  TRY(const Value made, invoke(job, ec2::CreateSecurityGroup::operation(), input));
  const std::string group = text_at(made, "GroupId");
  CHECK(sync_rules(job, group, nullptr));
  TRY(const Value shown,
      invoke(job, ec2::DescribeSecurityGroups::operation(), object({{"GroupIds", Value::Array{group}}})));
  return done(group, object({{"GroupId", group}, {"VpcId", text_at(shown, "SecurityGroups.0.VpcId")}}));
}

Step update_group(const Job& job) {
  CHECK(sync_rules(job, job.physical_id, &job.before->properties));
  CHECK(sync_ec2_tags(job, job.physical_id));
  return done(job.physical_id);
}

Step remove_group(const Job& job) {
  return remove_by_id(job, ec2::DeleteSecurityGroup::operation(), "GroupId");
}

constexpr PropertySchema kIngressProperties[] = {
    {.name = "IpProtocol", .update = kReplace, .required = true},
    {.name = "GroupId", .update = kReplace, .required = true},
    {.name = "GroupName", .update = kUnsupported},
    {.name = "CidrIp", .update = kReplace},
    {.name = "CidrIpv6", .update = kReplace},
    {.name = "Description"},
    {.name = "FromPort", .kind = PropertyKind::Integer, .update = kReplace},
    {.name = "ToPort", .kind = PropertyKind::Integer, .update = kReplace},
    {.name = "SourcePrefixListId", .update = kReplace},
    {.name = "SourceSecurityGroupId", .update = kReplace},
    {.name = "SourceSecurityGroupName", .update = kUnsupported},
    {.name = "SourceSecurityGroupOwnerId", .update = kReplace},
};
constexpr PropertySchema kEgressProperties[] = {
    {.name = "IpProtocol", .update = kReplace, .required = true},
    {.name = "GroupId", .update = kReplace, .required = true},
    {.name = "CidrIp", .update = kReplace},
    {.name = "CidrIpv6", .update = kReplace},
    {.name = "Description"},
    {.name = "FromPort", .kind = PropertyKind::Integer, .update = kReplace},
    {.name = "ToPort", .kind = PropertyKind::Integer, .update = kReplace},
    {.name = "DestinationPrefixListId", .update = kReplace},
    {.name = "DestinationSecurityGroupId", .update = kReplace},
};
constexpr std::string_view kIdOnly[] = {"Id"};
constexpr TypeSchema kIngress{
    .name = "AWS::EC2::SecurityGroupIngress", .properties = kIngressProperties, .attributes = kIdOnly};
constexpr TypeSchema kEgress{
    .name = "AWS::EC2::SecurityGroupEgress", .properties = kEgressProperties, .attributes = kIdOnly};

bool is_egress(const Job& job) {
  return job.type.name == kEgress.name;
}

Step create_rule(const Job& job) {
  const Value input = permissions(job.text("GroupId"), {job.properties});
  const api::Operation& operation =
      is_egress(job) ? ec2::AuthorizeSecurityGroupEgress::operation() : ec2::AuthorizeSecurityGroupIngress::operation();
  TRY(const Value made, invoke(job, operation, input));
  const std::string id = text_at(made, "SecurityGroupRules.0.SecurityGroupRuleId");
  return done(id, object({{"Id", id}}));
}

Step update_rule(const Job& job) {
  const Value input = permissions(job.text("GroupId"), {job.properties});
  const api::Operation& operation = is_egress(job) ? ec2::UpdateSecurityGroupRuleDescriptionsEgress::operation()
                                                   : ec2::UpdateSecurityGroupRuleDescriptionsIngress::operation();
  CHECK(invoke(job, operation, input));
  return done(job.physical_id);
}

Step remove_rule(const Job& job) {
  const Value input =
      object({{"GroupId", job.text("GroupId")}, {"SecurityGroupRuleIds", Value::Array{job.physical_id}}});
  const api::Operation& operation =
      is_egress(job) ? ec2::RevokeSecurityGroupEgress::operation() : ec2::RevokeSecurityGroupIngress::operation();
  CHECK(invoke_gone(job, operation, input));
  return done(job.physical_id);
}

}  // namespace

void add_ec2(ProviderSet& providers) {
  add(providers, {&kVpc, create_vpc, update_vpc, remove_vpc});
  add(providers, {&kSubnet, create_subnet, update_subnet, remove_subnet});
  add(providers, {&kGroup, create_group, update_group, remove_group});
  add(providers, {&kIngress, create_rule, update_rule, remove_rule});
  add(providers, {&kEgress, create_rule, update_rule, remove_rule});
}

}  // namespace cloudformation
