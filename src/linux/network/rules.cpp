#include "linux/network/rules.h"

#include <arpa/inet.h>
#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "base/fault.h"

namespace linux_runtime {
namespace {

using runtime::GroupRule;
using runtime::Network;
using runtime::NetworkInterface;
using runtime::NetworkRoute;

constexpr std::chrono::seconds kRulesTimeout{10};
// What no gateway to the internet forwards: private and link-local networks, such as those this machine is in.
constexpr const char* kNotOutside = "{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16 }";
constexpr int kAllProtocols = -1;
constexpr int kTcp = 6;
constexpr int kUdp = 17;
constexpr int kIcmp = 1;

bool parse_cidr(const std::string& cidr, std::uint32_t& address, int& prefix) {
  const std::size_t slash = cidr.find('/');
  in_addr parsed{};
  if (inet_pton(AF_INET, cidr.substr(0, slash).c_str(), &parsed) != 1) return false;
  address = ntohl(parsed.s_addr);
  prefix = 32;
  if (slash == std::string::npos) return true;
  const char* const end = cidr.data() + cidr.size();
  const auto [at, failed] = std::from_chars(cidr.data() + slash + 1, end, prefix);
  return failed == std::errc{} && at == end && prefix >= 0 && prefix <= 32;
}

// "sg-0a1b" -> "sg_0a1b": a name that nft takes.
std::string named(const std::string& id) {
  std::string out = id;
  std::ranges::replace(out, '-', '_');
  return out;
}

template <class Range>
std::string list(const Range& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + item;
  return out;
}

class Writer {
 public:
  explicit Writer(const Network& network) : network_(network) {}

  std::string write() {
    out_ = "table ip renkei\ndelete table ip renkei\ntable ip renkei {\n";
    write_sets();
    write_group_chains();
    write_route_chains();
    write_hooks();
    return out_ + "}\n";
  }

 private:
  using Groups = std::vector<std::string>;

  void line(const std::string& text) { out_ += text + "\n"; }
  void set(const std::string& name, const std::string& type, const std::string& elements) {
    line("set " + name + " { type " + type + (elements.empty() ? "" : "; elements = { " + elements + " }") + "; }");
  }
  void map(const std::string& name, const std::string& elements) {
    line("map " + name + " { type ipv4_addr : verdict" + (elements.empty() ? "" : "; elements = { " + elements + " }") +
         "; }");
  }

  void write_sets();
  void write_group_chains();
  void write_group_chain(const std::string& name, const Groups& groups, bool ingress);
  void write_rule(const GroupRule& rule, bool ingress);
  bool write_peer(const std::string& peer, const char* side, std::string& match) const;
  void write_route_chains();
  void write_hooks();

  const Network& network_;
  std::string out_;
};

void Writer::write_sets() {
  std::set<std::string> all, seen_outside;
  std::map<std::string, std::set<std::string>> members;
  for (const auto& [id, group] : network_.groups) members[id];
  for (const auto& [id, interface] : network_.interfaces) {
    if (!network_.subnets.contains(interface.subnet)) continue;
    all.insert(interface.address);
    if (!interface.public_address.empty()) seen_outside.insert(interface.address);
    for (const std::string& group : interface.groups) members[group].insert(interface.address);
  }
  set("interfaces", "ipv4_addr", list(all));
  set("public", "ipv4_addr", list(seen_outside));
  for (const auto& [id, addresses] : members) set(named(id), "ipv4_addr", list(addresses));
  for (const auto& [id, cidrs] : network_.prefix_lists) {
    set(named(id), "ipv4_addr; flags interval; auto-merge", list(cidrs));
  }
}

// Interfaces with the same groups share two chains. In one, `return` lets a packet go on; its end drops it.
void Writer::write_group_chains() {
  std::map<Groups, int> numbers;
  std::vector<std::string> out_of, into;
  for (const auto& [id, interface] : network_.interfaces) {
    Groups groups = interface.groups;
    std::ranges::sort(groups);
    const auto [at, added] = numbers.try_emplace(groups, static_cast<int>(numbers.size()));
    const std::string number = std::to_string(at->second);
    if (added) {
      write_group_chain("out" + number, groups, false);
      write_group_chain("in" + number, groups, true);
    }
    out_of.push_back(interface.address + " : jump out" + number);
    into.push_back(interface.address + " : jump in" + number);
  }
  map("out_of", list(out_of));
  map("into", list(into));
}

void Writer::write_group_chain(const std::string& name, const Groups& groups, bool ingress) {
  line("chain " + name + " {");
  for (const std::string& id : groups) {
    const auto at = network_.groups.find(id);
    if (at == network_.groups.end()) continue;
    for (const GroupRule& rule : ingress ? at->second.ingress : at->second.egress) write_rule(rule, ingress);
  }
  line("drop\n}");
}

// False for a peer that no packet here comes from or goes to: an IPv6 network, a group of another VPC.
bool Writer::write_peer(const std::string& peer, const char* side, std::string& match) const {
  std::uint32_t address = 0;
  int prefix = 0;
  if (parse_cidr(peer, address, prefix)) {
    if (prefix > 0) match = std::string("ip ") + side + " " + peer + " ";
    return true;
  }
  if (!network_.groups.contains(peer) && !network_.prefix_lists.contains(peer)) return false;
  match = std::string("ip ") + side + " @" + named(peer) + " ";
  return true;
}

void Writer::write_rule(const GroupRule& rule, bool ingress) {
  std::string match;
  if (!write_peer(rule.peer, ingress ? "saddr" : "daddr", match)) return;
  const auto range = [](int from, int to) {
    return std::to_string(from) + (to == from ? "" : "-" + std::to_string(to)) + " ";
  };
  const bool ports = rule.from_port >= 0 && rule.to_port >= rule.from_port;
  if (rule.protocol == kTcp || rule.protocol == kUdp) {
    const std::string protocol = rule.protocol == kTcp ? "tcp" : "udp";
    match += ports ? protocol + " dport " + range(rule.from_port, rule.to_port) : "ip protocol " + protocol + " ";
  } else if (rule.protocol == kIcmp) {
    match += "ip protocol icmp ";
    if (rule.from_port >= 0) match += "icmp type " + std::to_string(rule.from_port) + " ";
    if (rule.from_port >= 0 && rule.to_port >= 0) match += "icmp code " + std::to_string(rule.to_port) + " ";
  } else if (rule.protocol != kAllProtocols) {
    match += "ip protocol " + std::to_string(rule.protocol) + " ";
  }
  line(match + "return");
}

// Where a subnet's packets may go beside the VPC itself: `return` lets them. The most specific route decides.
void Writer::write_route_chains() {
  std::vector<std::string> elements;
  int number = 0;
  for (const auto& [id, subnet] : network_.subnets) {
    std::vector<std::pair<std::string, NetworkRoute::Way>> routes;
    for (const NetworkRoute& route : subnet.routes) {
      const auto prefixes = network_.prefix_lists.find(route.destination);
      if (prefixes == network_.prefix_lists.end()) {
        if (prefix_of(route.destination) >= 0) routes.emplace_back(route.destination, route.way);
      } else {
        for (const std::string& cidr : prefixes->second) routes.emplace_back(cidr, route.way);
      }
    }
    std::ranges::stable_sort(routes,
                             [](const auto& a, const auto& b) { return prefix_of(a.first) > prefix_of(b.first); });
    const std::string name = "routes" + std::to_string(number++);
    line("chain " + name + " {");
    for (const auto& [cidr, way] : routes) {
      const std::string to = prefix_of(cidr) == 0 ? "" : "ip daddr " + cidr + " ";
      if (way == NetworkRoute::Way::Internet) line(to + "ip saddr @public return");
      const bool passes = way == NetworkRoute::Way::Nat || way == NetworkRoute::Way::Services;
      line(to + (passes ? "return" : "drop"));
    }
    line("drop\n}");
    for (const auto& [eni, interface] : network_.interfaces) {
      if (interface.subnet == id) elements.push_back(interface.address + " : jump " + name);
    }
  }
  map("routes", list(elements));
}

void Writer::write_hooks() {
  const std::string services = std::string("{ ") + runtime::kServicesAddress + ", " + runtime::kS3Address + " }";
  line("chain forward {\ntype filter hook forward priority 0; policy drop;");
  line("ip saddr @interfaces ip daddr != " + network_.cidr + " ip daddr " + kNotOutside + " drop");
  line("ip saddr @interfaces ip daddr != " + network_.cidr + " ip saddr vmap @routes");
  line("ct state established,related accept");
  line("ip saddr != @interfaces drop");
  line("ip saddr vmap @out_of");
  line("ip daddr " + network_.cidr + " ip daddr != @interfaces drop");
  line("ip daddr vmap @into");
  line("accept\n}");

  line("chain input {\ntype filter hook input priority 0; policy drop;");
  line("ip daddr " + services + " ip saddr vmap @routes");
  line("ct state established,related accept");
  line("ip saddr != @interfaces drop");
  if (network_.dns) {
    const std::string resolver = std::string("{ ") + address_in(network_.cidr, 2) + ", " + kResolverAddress + " }";
    line("ip daddr " + resolver + " udp dport 53 accept");
    line("ip daddr " + resolver + " tcp dport 53 accept");
  }
  line(std::string("ip daddr ") + runtime::kTaskServiceAddress + " tcp dport 80 accept");
  line("ip protocol != tcp drop");
  line("tcp dport != { 80, 443 } drop");
  line("ip saddr vmap @out_of");
  line("ip daddr " + services + " accept");
  line("ip daddr != @interfaces drop");
  line("ip daddr vmap @into");
  line("accept\n}");

  line("chain leave {\ntype nat hook postrouting priority 100;");
  line(std::string("oifname \"") + kOutsideLink + "\" masquerade\n}");
}

}  // namespace

int prefix_of(const std::string& cidr) {
  std::uint32_t address = 0;
  int prefix = 0;
  return parse_cidr(cidr, address, prefix) ? prefix : -1;
}

std::string address_in(const std::string& cidr, unsigned offset) {
  std::uint32_t address = 0;
  int prefix = 0;
  if (!parse_cidr(cidr, address, prefix)) return "";
  if (prefix < 32) address &= prefix == 0 ? 0 : ~0u << (32 - prefix);
  const in_addr out{.s_addr = htonl(address + offset)};
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &out, text, sizeof text);
}

Result<void> run_rules(const std::string& rules) {
  const Fd file(memfd_create("rules", MFD_CLOEXEC));
  if (!file || write(file.get(), rules.data(), rules.size()) != static_cast<ssize_t>(rules.size()) ||
      lseek(file.get(), 0, SEEK_SET) != 0) {
    return system_error("cannot hand the rules to nft");
  }
  TRY(const Finished nft, run({.argv = {"nft", "-f", "-"}, .fds = {{file.get(), 0}}}, kRulesTimeout));
  if (nft.status == 0) return {};
  return error("nft refuses the rules: " + nft.output.substr(0, nft.output.find('\n')));
}

std::string rules_of(const Network& network) {
  return Writer(network).write();
}

}  // namespace linux_runtime
