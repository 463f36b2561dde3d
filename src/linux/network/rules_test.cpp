#include "linux/network/rules.h"

#include <gtest/gtest.h>

namespace linux_runtime {
namespace {

runtime::Network one_interface(runtime::GroupRule egress) {
  runtime::Network out{.id = "vpc-1", .cidr = "10.0.0.0/16"};
  out.subnets["subnet-a"] = {.cidr = "10.0.1.0/24"};
  out.groups["sg-1"] = {.egress = {std::move(egress)}};
  out.interfaces["eni-1"] = {.subnet = "subnet-a", .address = "10.0.1.4", .groups = {"sg-1"}};
  return out;
}

std::string chain(const std::string& rules, const std::string& name) {
  const std::size_t start = rules.find("chain " + name + " {\n") + name.size() + 9;
  return rules.substr(start, rules.find("}\n", start) - start);
}

std::string egress(runtime::GroupRule rule) {
  return chain(rules_of(one_interface(std::move(rule))), "out0");
}

TEST(Rules, SayWhatGroupsPermit) {
  EXPECT_EQ(egress({.peer = "0.0.0.0/0"}), "return\ndrop\n");
  EXPECT_EQ(egress({.protocol = 6, .from_port = 443, .to_port = 443, .peer = "10.0.0.0/8"}),
            "ip daddr 10.0.0.0/8 tcp dport 443 return\ndrop\n");
  EXPECT_EQ(egress({.protocol = 17, .from_port = 1, .to_port = 9, .peer = "sg-1"}),
            "ip daddr @sg_1 udp dport 1-9 return\ndrop\n");
  EXPECT_EQ(egress({.protocol = 6, .peer = "0.0.0.0/0"}), "ip protocol tcp return\ndrop\n");
  EXPECT_EQ(egress({.protocol = 1, .from_port = 8, .to_port = -1, .peer = "0.0.0.0/0"}),
            "ip protocol icmp icmp type 8 return\ndrop\n");
  EXPECT_EQ(egress({.protocol = 50, .peer = "0.0.0.0/0"}), "ip protocol 50 return\ndrop\n");
}

TEST(Rules, LeaveOutPeersThatAreNotHere) {
  EXPECT_EQ(egress({.peer = "::/0"}), "drop\n");
  EXPECT_EQ(egress({.peer = "sg-of-another-vpc"}), "drop\n");
}

TEST(Rules, TheMostSpecificRouteComesFirst) {
  using Way = runtime::NetworkRoute::Way;
  runtime::Network network = one_interface({.peer = "0.0.0.0/0"});
  network.prefix_lists["pl-1"] = {"198.18.1.0/24"};
  network.subnets["subnet-a"].routes = {
      {"0.0.0.0/0", Way::Internet}, {"203.0.0.0/8", Way::Nowhere}, {"pl-1", Way::Services}};
  EXPECT_EQ(chain(rules_of(network), "routes0"),
            "ip daddr 198.18.1.0/24 return\n"
            "ip daddr 203.0.0.0/8 drop\n"
            "ip saddr @public return\n"
            "drop\n"
            "drop\n");
}

TEST(Rules, AddressesOfANetwork) {
  EXPECT_EQ(address_in("10.0.0.0/16", 2), "10.0.0.2");
  EXPECT_EQ(address_in("10.0.255.0/24", 1), "10.0.255.1");
  EXPECT_EQ(address_in("10.0.0.0", 1), "10.0.0.1");
  EXPECT_EQ(address_in("fe80::/64", 1), "");
  EXPECT_EQ(prefix_of("10.0.0.0/16"), 16);
  EXPECT_EQ(prefix_of("10.0.0.0/33"), -1);
  EXPECT_EQ(prefix_of("sg-1"), -1);
}

}  // namespace
}  // namespace linux_runtime
