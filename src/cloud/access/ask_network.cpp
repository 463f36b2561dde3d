// EC2: the things that an operation names by id, and the one it makes.

#include <array>

#include "cloud/access/asking.h"

namespace cloud::access {
namespace {

struct Named {
  std::string_view word;  // a member, or an operation
  std::string_view kind;
};

constexpr std::array<Named, 12> kMade = {{
    {"CreateVpc", "vpc"},
    {"CreateSubnet", "subnet"},
    {"CreateRouteTable", "route-table"},
    {"CreateInternetGateway", "internet-gateway"},
    {"CreateNatGateway", "natgateway"},
    {"CreateSecurityGroup", "security-group"},
    {"CreateVpcEndpoint", "vpc-endpoint"},
    {"AllocateAddress", "elastic-ip"},
    {"CreateNetworkInterface", "network-interface"},
    {"CreateNetworkAcl", "network-acl"},
    {"CreateDhcpOptions", "dhcp-options"},
    {"CreateVpcPeeringConnection", "vpc-peering-connection"},
}};

constexpr std::array<Named, 10> kNamed = {{
    {"VpcId", "vpc"},
    {"SubnetId", "subnet"},
    {"RouteTableId", "route-table"},
    {"InternetGatewayId", "internet-gateway"},
    {"NatGatewayId", "natgateway"},
    {"GroupId", "security-group"},
    {"VpcEndpointId", "vpc-endpoint"},
    {"AllocationId", "elastic-ip"},
    {"NetworkInterfaceId", "network-interface"},
    {"NetworkAclId", "network-acl"},
}};

constexpr std::array<Named, 4> kLists = {{
    {"VpcEndpointIds", "vpc-endpoint"},
    {"SubnetIds", "subnet"},
    {"SecurityGroupIds", "security-group"},
    {"RouteTableIds", "route-table"},
}};

// A NAT gateway or another target of a route is not asked about: the route's table is what changes.
bool is_target(const Asking& asking, std::string_view member) {
  return asking.operation.ends_with("Route") && member != "RouteTableId";
}

}  // namespace

void ask_ec2(Asking& asking) {
  const Input& in = asking.input;
  if (asking.operation.starts_with("Describe")) {
    asking.ask_for_all();
    return;
  }
  const auto thing = [&](std::string_view kind, const std::string& id) {
    asking.ask(asking.arn("ec2", std::string(kind) + "/" + id));
  };
  if (const auto made = std::ranges::find(kMade, asking.operation, &Named::word); made != kMade.end()) {
    thing(made->kind, "*");
  }
  for (const Named& one : kNamed) {
    const std::string id = in.text(one.word);
    if (!id.empty() && !is_target(asking, one.word)) thing(one.kind, id);
  }
  for (const Named& one : kLists) {
    for (const std::string& id : in.texts(one.word)) thing(one.kind, id);
  }
  if (asking.asked.empty()) asking.ask(asking.arn("ec2", "*/*"));  // tags of anything, associations
}

}  // namespace cloud::access
