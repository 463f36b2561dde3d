#include "cloud/adapters/network_reach.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "ec2/cidr.h"

namespace cloud {
namespace {

using runtime::GroupRule;
using runtime::Network;
using runtime::NetworkInterface;
using runtime::NetworkRoute;

constexpr int kTcp = 6;
constexpr int kAllProtocols = -1;
// Stands for whatever address a name outside has: RFC 5737's, so in nobody's network.
constexpr const char* kSomewhere = "203.0.113.1";

// The longest that fits: the name itself, else "*." and what is below one of its dots.
const std::vector<std::string>* look_up(const Network& network, const std::string& name) {
  if (const auto found = network.names.find(name); found != network.names.end()) return &found->second;
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const auto found = network.names.find("*" + name.substr(dot));
    if (found != network.names.end()) return &found->second;
  }
  return nullptr;
}

bool contains(const std::string& cidr, std::uint32_t address) {
  const auto network = ec2::parse_cidr(cidr);
  return network && network->contains(address);
}

// One connection, by address.
class Connection {
 public:
  Connection(const Network& network, const NetworkInterface& from, const std::string& to, int port)
      : network_(network), from_(from), to_(to), address_(ec2::parse_address(to).value_or(0)), port_(port) {
    for (const auto& [id, interface] : network.interfaces) {
      if (interface.address != to) continue;
      target_id_ = id;
      target_ = &interface;
    }
  }

  Reach reach() const {
    Reach answer{Reach::Way::Nowhere, to_, ""};
    if (!passes(from_.groups, false)) return answer;
    if (target_ != nullptr) {
      if (!passes(target_->groups, true)) return answer;
      answer.way = Reach::Way::Endpoint;
      answer.through = target_id_;
      return answer;
    }
    if (contains(network_.cidr, address_)) return answer;  // the local route, and nobody there
    const auto route = best_route();
    if (!route) return answer;
    if (route->way == NetworkRoute::Way::Nat) answer.way = Reach::Way::Nat;
    if (route->way == NetworkRoute::Way::Internet && !from_.public_address.empty()) answer.way = Reach::Way::Internet;
    if (route->way == NetworkRoute::Way::Services) {
      answer.way = Reach::Way::GatewayEndpoint;
      answer.through = route->destination;
    }
    return answer;
  }

 private:
  bool fits(const GroupRule& rule, bool ingress) const;
  bool passes(const std::vector<std::string>& groups, bool ingress) const;
  std::optional<NetworkRoute> best_route() const;

  const Network& network_;
  const NetworkInterface& from_;
  const std::string to_;
  const std::uint32_t address_;
  const int port_;
  std::string target_id_;
  const NetworkInterface* target_ = nullptr;
};

// `ingress`: the peer is who sends.
bool Connection::fits(const GroupRule& rule, bool ingress) const {
  if (rule.protocol != kAllProtocols && rule.protocol != kTcp) return false;
  const bool ports = rule.protocol == kTcp && rule.from_port >= 0 && rule.to_port >= rule.from_port;
  if (ports && (port_ < rule.from_port || port_ > rule.to_port)) return false;
  const std::uint32_t peer = ingress ? ec2::parse_address(from_.address).value_or(0) : address_;
  if (const auto list = network_.prefix_lists.find(rule.peer); list != network_.prefix_lists.end()) {
    return std::ranges::any_of(list->second, [&](const std::string& cidr) { return contains(cidr, peer); });
  }
  if (!rule.peer.starts_with("sg-")) return contains(rule.peer, peer);
  const NetworkInterface* member = ingress ? &from_ : target_;
  return member != nullptr && std::ranges::find(member->groups, rule.peer) != member->groups.end();
}

bool Connection::passes(const std::vector<std::string>& groups, bool ingress) const {
  return std::ranges::any_of(groups, [&](const std::string& id) {
    const auto group = network_.groups.find(id);
    if (group == network_.groups.end()) return false;
    const auto& rules = ingress ? group->second.ingress : group->second.egress;
    return std::ranges::any_of(rules, [&](const GroupRule& rule) { return fits(rule, ingress); });
  });
}

// The most specific; of a prefix list that of its network.
std::optional<NetworkRoute> Connection::best_route() const {
  const auto subnet = network_.subnets.find(from_.subnet);
  if (subnet == network_.subnets.end()) return std::nullopt;
  std::optional<NetworkRoute> best;
  int best_prefix = -1;
  for (const NetworkRoute& route : subnet->second.routes) {
    const auto list = network_.prefix_lists.find(route.destination);
    const std::vector<std::string> cidrs =
        list == network_.prefix_lists.end() ? std::vector{route.destination} : list->second;
    for (const std::string& cidr : cidrs) {
      const auto parsed = ec2::parse_cidr(cidr);
      if (!parsed || !parsed->contains(address_) || parsed->prefix <= best_prefix) continue;
      best_prefix = parsed->prefix;
      best = route;
    }
  }
  return best;
}

}  // namespace

Reach reach(const Network& network, const std::string& interface, const std::string& name, int port) {
  const auto from = network.interfaces.find(interface);
  if (from == network.interfaces.end() || !network.dns) return {Reach::Way::Unresolved, "", ""};
  const std::vector<std::string>* addresses = look_up(network, name);
  if (addresses == nullptr) {
    Reach answer = Connection(network, from->second, kSomewhere, port).reach();
    answer.address.clear();
    return answer;
  }
  // A program tries one address after the other.
  std::optional<Reach> first;
  for (const std::string& address : *addresses) {
    Reach answer = Connection(network, from->second, address, port).reach();
    if (answer.arrives()) return answer;
    if (!first) first = std::move(answer);
  }
  return first.value_or(Reach{Reach::Way::Unresolved, "", ""});
}

}  // namespace cloud
