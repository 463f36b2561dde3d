#include "ec2/network_for_test.h"
#include "ec2/state.h"

namespace ec2 {
namespace {

struct Observer : NetworkObserver {
  std::vector<std::set<std::string>> heard;
  void on_networks_changed(const State&, const std::set<std::string>& vpcs, service::Context&) override {
    heard.push_back(vpcs);
  }
};

struct Observed {
  Observer observer;
};

struct TasksForTest : Observed, NetworkForTest {
  std::string vpc_id, subnet_id;

  TasksForTest() : NetworkForTest(&observer) {
    vpc_id = vpc();
    subnet_id = subnet(vpc_id, "10.0.1.0/28");
  }
  Ec2Service& ec2() { return static_cast<Ec2Service&>(*bench.service); }
  base::Outcome<InterfaceRow> create(TaskInterface wanted) {
    base::Outcome<InterfaceRow> made = InterfaceRow{};
    bench.turn([&](service::Context& ctx) { made = ec2().create_task_interface(wanted, ctx); });
    return made;
  }
  std::int64_t free_addresses() {
    return *bench.ok<aws::DescribeSubnets>({}).subnets->at(0).available_ip_address_count;
  }
};

TEST(TaskInterface, IsSeenAndHoldsWhatItUses) {
  TasksForTest net;
  const std::string group = net.group(net.vpc_id);
  const std::string attachment = "arn:aws:ecs:ap-northeast-1:000000000000:attachment/a1";
  const auto made = net.create({net.subnet_id, {group}, true, attachment});
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->address, "10.0.1.4");
  EXPECT_EQ(net.free_addresses(), 10);

  const auto seen = net.bench.ok<aws::DescribeNetworkInterfaces>({}).network_interfaces->at(0);
  EXPECT_EQ(seen.description, attachment);
  EXPECT_EQ(seen.interface_type, "interface");
  EXPECT_EQ(seen.status, "in-use");
  EXPECT_EQ(seen.requester_managed, true);
  EXPECT_EQ(seen.groups->at(0).group_id, group);
  EXPECT_EQ(seen.private_dns_name, "ip-10-0-1-4.ap-northeast-1.compute.internal");
  ASSERT_TRUE(seen.association.has_value());
  EXPECT_EQ(seen.association->ip_owner_id, "amazon");
  EXPECT_TRUE(seen.association->public_ip->starts_with("198.19."));

  EXPECT_TRUE(net.bench.fault<aws::DeleteSubnet>({.subnet_id = net.subnet_id}).starts_with("DependencyViolation"));
  EXPECT_TRUE(net.bench.fault<aws::DeleteSecurityGroup>({.group_id = group}).starts_with("DependencyViolation"));
  net.bench.turn([&](service::Context& ctx) { net.ec2().delete_task_interface(made->id, ctx); });
  EXPECT_EQ(net.free_addresses(), 11);
  net.bench.ok<aws::DeleteSecurityGroup>({.group_id = group});
  net.bench.ok<aws::DeleteSubnet>({.subnet_id = net.subnet_id});
}

TEST(TaskInterface, TakesTheDefaultGroupAndTheLowestFreeAddress) {
  TasksForTest net;
  std::vector<std::string> ids;
  for (int i = 0; i < 11; ++i) {
    const auto made = net.create({net.subnet_id, {}, false, "a"});
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->address, "10.0.1." + std::to_string(4 + i));
    EXPECT_EQ(made->groups.size(), 1u);
    ids.push_back(made->id);
  }
  const auto refused = net.create({net.subnet_id, {}, false, "a"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().shape->query_code, "InsufficientFreeAddressesInSubnet");
  net.bench.turn([&](service::Context& ctx) { net.ec2().delete_task_interface(ids[3], ctx); });
  EXPECT_EQ(net.create({net.subnet_id, {}, false, "a"})->address, "10.0.1.7");
}

TEST(TaskInterface, NeedsAGroupOfItsOwnVpc) {
  TasksForTest net;
  const std::string other = net.group(net.vpc("10.1.0.0/16"));
  EXPECT_FALSE(net.create({net.subnet_id, {other}, false, "a"}).has_value());
  EXPECT_FALSE(net.create({"subnet-00000000000000000", {}, false, "a"}).has_value());
}

TEST(NetworkChanges, AreHeardOncePerTick) {
  TasksForTest net;
  net.bench.tick();
  net.observer.heard.clear();
  const std::string group = net.group(net.vpc_id);
  net.internet_gateway(net.vpc_id);
  net.bench.tick();
  const std::string key = "000000000000/ap-northeast-1/" + net.vpc_id;
  EXPECT_EQ(net.observer.heard, std::vector{std::set{key}});
  net.bench.ok<aws::DescribeVpcs>({});
  net.bench.tick();
  EXPECT_EQ(net.observer.heard.size(), 1u);

  net.bench.restart();
  net.bench.tick();
  EXPECT_EQ(net.observer.heard.size(), 2u);
  EXPECT_EQ(net.observer.heard.back(), std::set{key});
}

}  // namespace
}  // namespace ec2
