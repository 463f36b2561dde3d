#include "cloud/adapters/network_plan.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/ensure.h"
#include "cloud/adapters/service_names.h"
#include "ec2/endpoint_service.h"
#include "ec2/public_address.h"
#include "ec2/route_target.h"

namespace cloud {
namespace {

using runtime::GroupRule;
using runtime::NetworkInterface;
using runtime::NetworkRoute;
using Way = NetworkRoute::Way;

constexpr const char* kEverywhere = "0.0.0.0/0";

// The rows of one VPC, found by the ids that other rows name them with.
class Maker {
  template <class Row>
  auto own(const service::Table<Row>& table) const {
    return table.with_prefix(scope_);
  }

 public:
  Maker(const ec2::State& state, const std::string& vpc_key)
      : state_(state), scope_(vpc_key.substr(0, vpc_key.rfind('/') + 1)) {
    const std::size_t account_end = scope_.find('/');
    region_ = scope_.substr(account_end + 1, scope_.size() - account_end - 2);
    const ec2::VpcRow* row = state.vpcs.find(vpc_key);
    ENSURE(row != nullptr);
    vpc_ = row;
  }

  runtime::Network make() {
    network_.id = vpc_->id;
    network_.cidr = vpc_->cidr;
    network_.dns = vpc_->dns_support;
    network_.domain = ec2::internal_domain(region_);
    for (const auto& [key, row] : own(state_.security_groups)) {
      if (row.vpc_id == vpc_->id) network_.groups[row.id] = {rules(row.ingress), rules(row.egress)};
    }
    s3_list_ = ec2::prefix_list_id("com.amazonaws." + region_ + ".s3");
    network_.prefix_lists[s3_list_] = {runtime::kS3Range};
    for (const auto& [key, row] : own(state_.subnets)) {
      if (row.vpc_id == vpc_->id)
        network_.subnets[row.id] = {row.cidr, routes(ec2::route_table_of(state_, scope_, row))};
    }
    for (const auto& [key, row] : own(state_.interfaces)) {
      if (row.vpc_id == vpc_->id) network_.interfaces[row.id] = interface(row);
    }
    network_.names = public_service_names();
    for (const auto& [key, row] : own(state_.endpoints)) {
      if (row.vpc_id == vpc_->id && row.type == "Interface" && row.state == "available") name_endpoint(row);
    }
    return std::move(network_);
  }

 private:
  static std::vector<GroupRule> rules(const std::map<std::string, ec2::RuleRow>& rows);
  std::vector<NetworkRoute> routes(const ec2::RouteTableRow* table) const;
  Way way(const ec2::RouteRow& route) const;
  bool leads_out(const ec2::NatGatewayRow& gateway) const;
  bool is_attached(const std::string& internet_gateway) const;
  NetworkInterface interface(const ec2::InterfaceRow& row) const;
  void name_endpoint(const ec2::EndpointRow& row);

  const ec2::State& state_;
  const std::string scope_;  // "account/region/"
  std::string region_;
  const ec2::VpcRow* vpc_ = nullptr;
  std::string s3_list_;
  runtime::Network network_;
};

// Nothing for a protocol of IPv6.
std::optional<int> protocol_number(const std::string& name) {
  if (name == "tcp") return 6;
  if (name == "udp") return 17;
  if (name == "icmp") return 1;
  if (name == "icmpv6") return std::nullopt;
  int number = -1;
  const char* const end = name.data() + name.size();
  const auto [at, failed] = std::from_chars(name.data(), end, number);
  return failed == std::errc{} && at == end ? std::optional<int>(number) : std::nullopt;
}

std::vector<GroupRule> Maker::rules(const std::map<std::string, ec2::RuleRow>& rows) {
  std::vector<GroupRule> made;
  for (const auto& [id, row] : rows) {
    const auto protocol = protocol_number(row.protocol);
    if (!protocol || !row.ipv6_cidr.empty()) continue;  // there is no IPv6 here
    const std::string& peer = !row.cidr.empty() ? row.cidr : !row.group.empty() ? row.group : row.prefix_list;
    made.push_back({*protocol, static_cast<int>(row.from_port), static_cast<int>(row.to_port), peer});
  }
  return made;
}

std::vector<NetworkRoute> Maker::routes(const ec2::RouteTableRow* table) const {
  std::vector<NetworkRoute> made;
  if (table == nullptr) return made;
  for (const auto& [destination, route] : table->routes) made.push_back({destination, way(route)});
  for (const auto& [key, endpoint] : own(state_.endpoints)) {
    if (std::ranges::find(endpoint.route_tables, table->id) == endpoint.route_tables.end()) continue;
    const std::string list = ec2::prefix_list_id(endpoint.service_name);
    // DynamoDB has a gateway endpoint, too, but is not served: its list has no addresses.
    if (list == s3_list_ && endpoint.state == "available") made.push_back({list, Way::Services});
  }
  return made;
}

Way Maker::way(const ec2::RouteRow& route) const {
  if (route.target_kind == "gateway") return is_attached(route.target_id) ? Way::Internet : Way::Nowhere;
  if (route.target_kind != "nat") return Way::Nowhere;  // an endpoint or interface as the next hop: nothing is behind
  const ec2::NatGatewayRow* gateway = state_.nat_gateways.find(scope_ + route.target_id);
  return gateway != nullptr && leads_out(*gateway) ? Way::Nat : Way::Nowhere;
}

// A public NAT gateway, in a subnet that has a default route to an internet gateway itself.
bool Maker::leads_out(const ec2::NatGatewayRow& gateway) const {
  if (gateway.state != "available" || gateway.connectivity != "public") return false;
  const ec2::SubnetRow* subnet = state_.subnets.find(scope_ + gateway.subnet_id);
  const ec2::RouteTableRow* table = subnet == nullptr ? nullptr : ec2::route_table_of(state_, scope_, *subnet);
  if (table == nullptr) return false;
  const auto found = table->routes.find(kEverywhere);
  return found != table->routes.end() && found->second.target_kind == "gateway" && is_attached(found->second.target_id);
}

bool Maker::is_attached(const std::string& internet_gateway) const {
  const ec2::InternetGatewayRow* row = state_.internet_gateways.find(scope_ + internet_gateway);
  return row != nullptr && row->vpc_id == vpc_->id;
}

NetworkInterface Maker::interface(const ec2::InterfaceRow& row) const {
  NetworkInterface made;
  made.subnet = row.subnet_id;
  made.address = row.address;
  made.mac = row.mac;
  made.groups = row.groups;
  made.public_address = row.public_ip;
  if (row.kind == "vpc_endpoint") made.kind = NetworkInterface::Kind::Endpoint;
  if (row.kind != "nat_gateway") return made;
  made.kind = NetworkInterface::Kind::Nat;
  const ec2::NatGatewayRow* gateway = state_.nat_gateways.find(scope_ + row.owner);
  if (gateway != nullptr) made.public_address = gateway->public_ip;
  return made;
}

// Its own names, which are public on AWS, and in this VPC the service's.
void Maker::name_endpoint(const ec2::EndpointRow& row) {
  const ec2::EndpointService* service = ec2::find_endpoint_service(region_, row.service_name);
  if (service == nullptr) return;
  std::vector<std::string> all;
  for (const auto& [subnet_id, id] : row.interfaces) {
    const ec2::InterfaceRow* interface = state_.interfaces.find(scope_ + id);
    const ec2::SubnetRow* subnet = state_.subnets.find(scope_ + subnet_id);
    if (interface == nullptr || subnet == nullptr) continue;
    all.push_back(interface->address);
    network_.names[ec2::own_dns_name(region_, *service, row, subnet->zone)] = {interface->address};
  }
  if (all.empty()) return;
  network_.names[ec2::own_dns_name(region_, *service, row)] = all;
  if (!row.private_dns || !vpc_->dns_support || !vpc_->dns_hostnames) return;
  network_.names[ec2::private_dns_name(region_, *service)] = all;
}

}  // namespace

runtime::Network network_of(const ec2::State& state, const std::string& vpc_key) {
  return Maker(state, vpc_key).make();
}

void NetworkPlan::on_networks_changed(const ec2::State& state, const std::set<std::string>& vpcs,
                                      service::Context& ctx) {
  bool differs = false;
  for (const std::string& key : vpcs) {
    Shared network;
    if (state.vpcs.find(key) != nullptr) network = std::make_shared<const runtime::Network>(network_of(state, key));
    const auto held = networks_.find(key);
    Shared before = held == networks_.end() ? nullptr : held->second;
    if (network == before || (network && before && *network == *before)) continue;
    // When this turn is taken back the runtime hears nothing, and the next comparison must not be with this.
    ctx.change.on_undo([this, key, before = std::move(before)]() mutable { assign(key, std::move(before)); });
    assign(key, std::move(network));
    differs = true;
  }
  if (differs) repeat(ctx);
}

void NetworkPlan::assign(const std::string& key, Shared network) {
  if (network) {
    networks_[key] = std::move(network);
  } else {
    networks_.erase(key);
  }
}

void NetworkPlan::repeat(service::Context& ctx) {
  if (!told_) return;
  runtime::NetworkPlan plan;
  for (const auto& [key, network] : networks_) plan.push_back(network);
  ctx.change.after_durable([runtime = &runtime_, plan = std::move(plan)] { runtime->apply_networks(plan); });
}

const runtime::Network* NetworkPlan::find(const std::string& vpc_key) const {
  const auto found = networks_.find(vpc_key);
  return found == networks_.end() ? nullptr : found->second.get();
}

}  // namespace cloud
