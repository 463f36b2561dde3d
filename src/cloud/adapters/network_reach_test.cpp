#include "cloud/adapters/network_reach.h"

#include <gtest/gtest.h>

namespace cloud {
namespace {

using runtime::Network;
using runtime::NetworkInterface;
using runtime::NetworkRoute;
using Way = Reach::Way;

constexpr const char* kSqs = "sqs.eu-west-1.amazonaws.com";
constexpr const char* kS3 = "bucket.s3.eu-west-1.amazonaws.com";
constexpr int kHttps = 443;

// A task in a private subnet, an endpoint for SQS, and what the world outside is called.
Network plan() {
  Network network{.id = "vpc-1", .cidr = "10.0.0.0/16"};
  network.subnets["subnet-1"] = {"10.0.1.0/24", {}};
  network.groups["sg-task"] = {{}, {{.protocol = 6, .from_port = 443, .to_port = 443, .peer = "0.0.0.0/0"}}};
  network.groups["sg-end"] = {{{.protocol = 6, .from_port = 443, .to_port = 443, .peer = "sg-task"}}, {}};
  network.interfaces["eni-task"] = {.subnet = "subnet-1", .address = "10.0.1.4", .groups = {"sg-task"}};
  network.interfaces["eni-end"] = {
      .kind = NetworkInterface::Kind::Endpoint, .subnet = "subnet-1", .address = "10.0.1.9", .groups = {"sg-end"}};
  network.prefix_lists["pl-s3"] = {runtime::kS3Range};
  network.names[kSqs] = {"10.0.1.9"};
  network.names["*.s3.eu-west-1.amazonaws.com"] = {runtime::kS3Address};
  network.names["logs.eu-west-1.amazonaws.com"] = {runtime::kServicesAddress};
  return network;
}

Reach from_task(const Network& network, const std::string& name, int port = kHttps) {
  return reach(network, "eni-task", name, port);
}

TEST(Reach, AnEndpointIsInTheVpc) {
  const Reach there = from_task(plan(), kSqs);
  EXPECT_EQ(there.way, Way::Endpoint);
  EXPECT_EQ(there.address, "10.0.1.9");
  EXPECT_EQ(there.through, "eni-end");
  EXPECT_FALSE(from_task(plan(), kSqs, 80).arrives());
}

TEST(Reach, BothGroupsMustPermitIt) {
  Network network = plan();
  network.groups["sg-end"].ingress.clear();
  EXPECT_EQ(from_task(network, kSqs).way, Way::Nowhere);
  network.groups["sg-end"].ingress = {{.peer = "10.0.1.4/32"}};
  EXPECT_TRUE(from_task(network, kSqs).arrives());
  network.groups["sg-end"].ingress = {{.protocol = 17, .peer = "0.0.0.0/0"}};
  EXPECT_FALSE(from_task(network, kSqs).arrives());

  network = plan();
  network.groups["sg-task"].egress.clear();
  EXPECT_FALSE(from_task(network, kSqs).arrives());
  network.groups["sg-task"].egress = {{.peer = "sg-end"}};
  EXPECT_TRUE(from_task(network, kSqs).arrives());
  network.interfaces["eni-task"].groups = {"sg-gone", "sg-task"};  // one that permits is enough
  EXPECT_TRUE(from_task(network, kSqs).arrives());
  network.groups["sg-end"].ingress = {{.peer = "sg-other"}};
  EXPECT_FALSE(from_task(network, kSqs).arrives());
}

TEST(Reach, OutsideIsWhereTheRoutesLead) {
  Network network = plan();
  const char* logs = "logs.eu-west-1.amazonaws.com";
  EXPECT_EQ(from_task(network, logs).way, Way::Nowhere);
  EXPECT_EQ(from_task(network, logs).address, runtime::kServicesAddress);
  auto& routes = network.subnets["subnet-1"].routes;
  routes = {{"0.0.0.0/0", NetworkRoute::Way::Internet}};
  EXPECT_EQ(from_task(network, logs).way, Way::Nowhere);  // no public address
  network.interfaces["eni-task"].public_address = "198.19.0.1";
  EXPECT_EQ(from_task(network, logs).way, Way::Internet);
  EXPECT_EQ(from_task(network, "registry.example.com").way, Way::Internet);
  EXPECT_EQ(from_task(network, "registry.example.com").address, "");
  routes = {{"0.0.0.0/0", NetworkRoute::Way::Nat}};
  EXPECT_EQ(from_task(network, logs).way, Way::Nat);
  routes.push_back({"198.18.0.0/24", NetworkRoute::Way::Nowhere});  // the more specific one decides
  EXPECT_EQ(from_task(network, logs).way, Way::Nowhere);
}

TEST(Reach, TheGatewayEndpointIsTheMostSpecificRoute) {
  Network network = plan();
  EXPECT_FALSE(from_task(network, kS3).arrives());
  network.subnets["subnet-1"].routes = {{"pl-s3", NetworkRoute::Way::Services}, {"0.0.0.0/0", NetworkRoute::Way::Nat}};
  EXPECT_EQ(from_task(network, kS3).way, Way::GatewayEndpoint);
  EXPECT_EQ(from_task(network, kS3).through, "pl-s3");
  network.groups["sg-task"].egress = {{.peer = "pl-s3"}};
  EXPECT_TRUE(from_task(network, kS3).arrives());
  EXPECT_FALSE(from_task(network, kSqs).arrives());
}

TEST(Reach, WithoutAResolverThereAreNoNames) {
  Network network = plan();
  network.dns = false;
  EXPECT_EQ(from_task(network, kSqs).way, Way::Unresolved);
  EXPECT_EQ(reach(plan(), "eni-gone", kSqs, kHttps).way, Way::Unresolved);
}

TEST(Reach, AnyAddressOfANameWillDo) {
  Network network = plan();
  network.names[kSqs] = {"10.0.9.9", "10.0.1.9"};
  EXPECT_EQ(from_task(network, kSqs).address, "10.0.1.9");
  network.names[kSqs] = {"10.0.9.9", "10.0.9.8"};
  EXPECT_EQ(from_task(network, kSqs).address, "10.0.9.9");
}

}  // namespace
}  // namespace cloud
