#include <gtest/gtest.h>

#include "ec2/network_for_test.h"

namespace ec2 {
namespace {

aws::IpPermission https_from(std::string cidr, std::optional<std::string> description = {}) {
  aws::IpPermission permission;
  permission.from_port = 443;
  permission.ip_protocol = "tcp";
  permission.ip_ranges = std::vector{aws::IpRange{std::move(cidr), std::move(description)}};
  permission.to_port = 443;
  return permission;
}

aws::AuthorizeSecurityGroupIngressRequest authorize(const std::string& group, aws::IpPermission permission) {
  aws::AuthorizeSecurityGroupIngressRequest input;
  input.group_id = group;
  input.ip_permissions = std::vector{std::move(permission)};
  return input;
}

struct GroupForTest : NetworkForTest {
  std::string vpc_id = vpc();
  std::string id = group(vpc_id);

  aws::SecurityGroup shown() {
    return bench.ok<aws::DescribeSecurityGroups>({.group_ids = std::vector{id}}).security_groups->at(0);
  }
};

TEST(SecurityGroup, Names) {
  GroupForTest net;
  const auto fault = [&](std::string name) {
    aws::CreateSecurityGroupRequest input;
    input.description = "x";
    input.group_name = std::move(name);
    input.vpc_id = net.vpc_id;
    return net.bench.fault<aws::CreateSecurityGroup>(std::move(input));
  };
  EXPECT_EQ(fault("web"),
            "InvalidGroup.Duplicate: The security group 'web' already exists for VPC '" + net.vpc_id + "'");
  EXPECT_EQ(fault("default"), "InvalidParameterValue: Cannot use reserved security group name: default");
  EXPECT_EQ(fault("sg-x"),
            "InvalidParameterValue: Value (sg-x) for parameter GroupName is invalid. Group names may not be in the "
            "format sg-*.");
}

TEST(SecurityGroup, RulesComeAndGo) {
  GroupForTest net;
  const auto added =
      net.bench.ok<aws::AuthorizeSecurityGroupIngress>(authorize(net.id, https_from("10.0.0.9/16", "in")));
  ASSERT_EQ(added.security_group_rules->size(), 1u);
  EXPECT_EQ(added.security_group_rules->at(0).cidr_ipv4, "10.0.0.0/16");
  EXPECT_EQ(net.bench.fault<aws::AuthorizeSecurityGroupIngress>(authorize(net.id, https_from("10.0.0.0/16"))),
            "InvalidPermission.Duplicate: the specified rule \"peer: 10.0.0.0/16, TCP, from port: 443, to port: 443, "
            "ALLOW\" already exists");
  EXPECT_EQ(net.shown().ip_permissions->at(0).ip_ranges->at(0).description, "in");
  net.bench.restart();
  EXPECT_EQ(net.bench.ok<aws::DescribeSecurityGroupRules>({.filters = NetworkForTest::filters({{"group-id", net.id}})})
                .security_group_rules->size(),
            2u);
  aws::RevokeSecurityGroupIngressRequest revoke;
  revoke.group_id = net.id;
  revoke.ip_permissions = std::vector{https_from("10.0.0.0/16")};
  EXPECT_EQ(net.bench.ok<aws::RevokeSecurityGroupIngress>(revoke).revoked_security_group_rules->size(), 1u);
  EXPECT_EQ(net.bench.fault<aws::RevokeSecurityGroupIngress>(revoke),
            "InvalidPermission.NotFound: The specified rule does not exist in this security group.");
  EXPECT_TRUE(net.shown().ip_permissions->empty());
}

TEST(SecurityGroup, RevokesTheDefaultEgressRuleByItsPermission) {
  GroupForTest net;
  aws::IpPermission all;
  all.ip_protocol = "-1";
  all.ip_ranges = std::vector{aws::IpRange{"0.0.0.0/0", {}}};
  aws::RevokeSecurityGroupEgressRequest revoke;
  revoke.group_id = net.id;
  revoke.ip_permissions = std::vector{all};
  net.bench.ok<aws::RevokeSecurityGroupEgress>(revoke);
  EXPECT_TRUE(net.shown().ip_permissions_egress->empty());
}

TEST(SecurityGroup, RefusesBadRules) {
  GroupForTest net;
  const auto fault = [&](auto edit) {
    aws::IpPermission permission = https_from("0.0.0.0/0");
    edit(permission);
    return net.bench.fault<aws::AuthorizeSecurityGroupIngress>(authorize(net.id, std::move(permission)));
  };
  EXPECT_EQ(fault([](auto& p) { p.ip_protocol = "smoke"; }),
            "InvalidParameterValue: Invalid value 'smoke' for IP protocol. Unknown protocol.");
  EXPECT_EQ(fault([](auto& p) { p.to_port.reset(); }),
            "InvalidParameterValue: Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
  EXPECT_EQ(fault([](auto& p) { p.ip_ranges->at(0).cidr_ip = "10.0.0.300/8"; }),
            "InvalidParameterValue: CIDR block 10.0.0.300/8 is malformed");
  EXPECT_EQ(fault([](auto& p) { p.ip_ranges->clear(); }),
            "MissingParameter: Missing source specification: include source security group or CIDR information");
  EXPECT_EQ(fault([](auto& p) { p.user_id_group_pairs.emplace().emplace_back().group_id = "sg-00000000000000000"; }),
            "InvalidGroup.NotFound: The security group 'sg-00000000000000000' does not exist");
  EXPECT_TRUE(net.shown().ip_permissions->empty());
}

TEST(SecurityGroup, StaysWhileAnotherRefersToIt) {
  GroupForTest net;
  const std::string other = net.group(net.vpc_id, "other");
  aws::IpPermission permission;
  permission.ip_protocol = "-1";
  permission.user_id_group_pairs.emplace().emplace_back().group_id = net.id;
  net.bench.ok<aws::AuthorizeSecurityGroupIngress>(authorize(other, permission));
  EXPECT_EQ(net.bench.fault<aws::DeleteSecurityGroup>({.group_id = net.id}),
            "DependencyViolation: resource " + net.id + " has a dependent object");
  net.bench.ok<aws::DeleteSecurityGroup>({.group_id = other});
  net.bench.ok<aws::DeleteSecurityGroup>({.group_id = net.id});
  const std::string main = *net.bench.ok<aws::DescribeSecurityGroups>({}).security_groups->at(0).group_id;
  EXPECT_EQ(net.bench.fault<aws::DeleteSecurityGroup>({.group_id = main}),
            "CannotDelete: the specified group: \"" + main + "\" name: \"default\" cannot be deleted by a user");
}

TEST(SecurityGroup, DescriptionsOfRules) {
  GroupForTest net;
  net.bench.ok<aws::AuthorizeSecurityGroupIngress>(authorize(net.id, https_from("10.0.0.0/16", "old")));
  aws::UpdateSecurityGroupRuleDescriptionsIngressRequest update;
  update.group_id = net.id;
  update.ip_permissions = std::vector{https_from("10.0.0.0/16", "new")};
  net.bench.ok<aws::UpdateSecurityGroupRuleDescriptionsIngress>(update);
  EXPECT_EQ(net.shown().ip_permissions->at(0).ip_ranges->at(0).description, "new");
}

}  // namespace
}  // namespace ec2
