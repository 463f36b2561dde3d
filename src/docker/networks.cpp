#include "docker/networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "base/fault.h"
#include "linux/network/names.h"
#include "linux/network/rules.h"
#include "wire/json.h"

namespace docker {
namespace {

using linux_runtime::address_in;
using linux_runtime::Fd;
using linux_runtime::system_error;
using runtime::Network;
using runtime::NetworkInterface;
using Way = runtime::NetworkRoute::Way;

constexpr int kHost = 32;  // prefix of a single address
constexpr int kBacklog = 1024;
constexpr const char* kMasquerade = "com.docker.network.bridge.enable_ip_masquerade";

bool has_way(const Network& network, std::initializer_list<Way> ways) {
  return std::ranges::any_of(network.subnets, [&](const auto& subnet) {
    return std::ranges::any_of(subnet.second.routes,
                               [&](const auto& route) { return std::ranges::find(ways, route.way) != ways.end(); });
  });
}

bool has_tasks(const Network& network) {
  return std::ranges::any_of(network.interfaces,
                             [](const auto& one) { return one.second.kind == NetworkInterface::Kind::Task; });
}

bool filters(const Network& network) {
  return std::ranges::any_of(network.groups, [](const auto& group) { return group.second.egress.size() != 1; });
}

// What is the server's own on the bridge. The services' public addresses are there if any subnet has a way to them.
std::set<std::string> own_addresses(const Network& network) {
  std::set<std::string> out{runtime::kTaskServiceAddress};
  if (network.dns) out.insert(address_in(network.cidr, 2));
  if (has_way(network, {Way::Internet, Way::Nat})) out.insert(runtime::kServicesAddress);
  if (has_way(network, {Way::Internet, Way::Nat, Way::Services})) out.insert(runtime::kS3Address);
  for (const auto& [id, interface] : network.interfaces) {
    if (interface.kind == NetworkInterface::Kind::Endpoint) out.insert(interface.address);
  }
  return out;
}

// For what comes over that bridge: other networks, and programs of the machine, may have the same port.
Result<Fd> open_socket(const std::string& bridge, int type, const std::string& address, std::uint16_t port) {
  Fd made(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  if (!made || setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(made.get(), SOL_SOCKET, SO_BINDTODEVICE, bridge.data(), static_cast<socklen_t>(bridge.size())) != 0 ||
      setsockopt(made.get(), SOL_IP, IP_FREEBIND, &on, sizeof on) != 0 ||
      bind(made.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      (type == SOCK_STREAM && listen(made.get(), kBacklog) != 0)) {
    return system_error("cannot listen on port " + std::to_string(port) + " of " + bridge);
  }
  return made;
}

}  // namespace

Networks::Networks(const Engine& engine, Options options) : engine_(engine), options_(std::move(options)) {}

std::string Networks::bridge(const std::string& network) const {
  return "rd" + linux_runtime::digits_of(options_.names.prefix + network, 13);
}

void Networks::apply(const runtime::NetworkPlan& plan) {
  thread_.run([this, plan] { apply_now(plan); });
}

Result<Placement> Networks::attach(const runtime::NetworkAttachment& attachment) {
  std::promise<Result<Placement>> done;
  auto future = done.get_future();
  thread_.run([&] {
    done.set_value([&]() -> Result<Placement> {
      const auto at = made_.find(attachment.network);
      if (at == made_.end()) {
        const auto why = failures_.find(attachment.network);
        return error("there is no network " + attachment.network + (why == failures_.end() ? "" : ": " + why->second));
      }
      const Network& network = *at->second.network;
      const auto interface = network.interfaces.find(attachment.interface);
      if (interface == network.interfaces.end()) {
        return error("the network " + network.id + " has no interface " + attachment.interface);
      }
      Placement out;
      out.network = options_.names.network(network.id);
      out.address = interface->second.address;
      out.mac = interface->second.mac;
      if (network.dns && at->second.serves) {
        out.resolver = address_in(network.cidr, 2);
        out.domain = network.domain;
      }
      return out;
    }());
  });
  return future.get();
}

void Networks::apply_now(const runtime::NetworkPlan& plan) {
  std::set<std::string> wanted;
  for (const auto& network : plan) {
    if (has_tasks(*network)) wanted.insert(network->id);
  }
  if (!std::exchange(swept_, true)) remove_left(wanted);
  std::vector<std::string> gone;
  for (const auto& [id, made] : made_) {
    if (!wanted.contains(id)) gone.push_back(id);
  }
  for (const std::string& id : gone) {
    if (options_.closing && made_.at(id).serves) options_.closing(id);
    made_.erase(id);
    remove(options_.names.network(id));
  }
  failures_.clear();
  for (const auto& network : plan) {
    if (!wanted.contains(network->id)) continue;
    if (const auto done = make(network); !done) {
      failures_[network->id] = done.error().message;
      warn("the network " + network->id + " is not as it should be: " + done.error().message);
    }
  }
}

// Its containers may be about to go: then the next plan, or the next start, finds it free.
void Networks::remove(const std::string& name) {
  const auto answer = engine_.remove("/networks/" + escape(name));
  if (answer && !answer->good() && answer->status != 404) warn("cannot remove " + name + ": " + answer->message());
}

void Networks::remove_left(const std::set<std::string>& wanted) {
  const std::string filter =
      R"({"label":[")" + std::string(kInstanceLabel) + "=" + options_.names.instance() + R"("]})";
  const auto listed = good(engine_.get("/networks?filters=" + escape(filter)));
  if (!listed || !listed->json.is_array()) return;
  for (const base::Value& one : listed->json.as_array()) {
    const std::string name = text_at(one, {"Name"});
    if (name.starts_with(options_.names.prefix) && !wanted.contains(name.substr(options_.names.prefix.size()))) {
      remove(name);
    }
  }
}

Result<void> Networks::make(const std::shared_ptr<const Network>& network) {
  const auto at = made_.find(network->id);
  if (at != made_.end() && (at->second.network == network || *at->second.network == *network)) return {};
  const bool masquerades = has_way(*network, {Way::Internet, Way::Nat});
  if (at == made_.end()) {
    TRY(Made made, create(*network));
    made.network = network;
    if (filters(*network))
      warn(network->id +
           ": Docker does not enforce its security groups; every task there may send "
           "to every other, and to the endpoints");
    if (const auto served = serve(made, *network); !served) {
      warn(network->id + ": tasks there cannot reach the cloud's services: " + served.error().message);
    }
    made_.emplace(network->id, std::move(made));
  }
  Made& made = made_.at(network->id);
  if (made.masquerades != masquerades) {
    warn(network->id + (masquerades ? ": its new route to the internet" : ": that its route to the internet is gone") +
         " is seen only after all of its tasks have ended: Docker does not change a network");
  }
  made.network = network;
  if (!made.serves) return {};
  CHECK(set_addresses(made, *network));
  if (options_.changed) options_.changed(network);
  return {};
}

// The one that an earlier process made, or a new one.
Result<Networks::Made> Networks::create(const Network& network) {
  const std::string name = options_.names.network(network.id);
  const bool masquerades = has_way(network, {Way::Internet, Way::Nat});
  Made made;
  for (int tries = 0; tries < 2; ++tries) {
    TRY(const Answer there, engine_.get("/networks/" + escape(name)));
    if (there.good()) {
      made.masquerades = text_at(there.json, {"Options", kMasquerade}) == "true";
      const base::Value* used = find(there.json, {"Containers"});
      const bool empty = !used || !used->is_object() || used->as_object().empty();
      if (made.masquerades == masquerades || !empty) return made;
      CHECK(good(engine_.remove("/networks/" + escape(name))));
    }
    base::Value config = base::Value::Object{{"Subnet", network.cidr}, {"Gateway", address_in(network.cidr, 1)}};
    const base::Value body = base::Value::Object{
        {"Name", name},
        {"CheckDuplicate", true},
        {"Driver", "bridge"},
        {"IPAM", base::Value::Object{{"Driver", "default"}, {"Config", base::Value::Array{std::move(config)}}}},
        {"Options", base::Value::Object{{"com.docker.network.bridge.name", bridge(network.id)},
                                        {kMasquerade, masquerades ? "true" : "false"}}},
        {"Labels", base::Value::Object{{kInstanceLabel, options_.names.instance()}}}};
    TRY(const Answer created, engine_.post("/networks/create", body));
    if (created.good()) {
      made.masquerades = masquerades;
      return made;
    }
    if (created.status != 409) {
      return error("Docker cannot make it: " + created.message() +
                   (created.message().find("overlaps") != std::string::npos
                        ? " (two VPCs with the same addresses need renkei's own runtime)"
                        : ""));
    }
  }
  return error("Docker has another network named " + name);
}

Result<void> Networks::serve(Made& made, const Network& network) {
  if (geteuid() != 0) return error("their addresses need root");
  TRY(auto links, linux_runtime::Netlink::open());
  if (!links.index_of(bridge(network.id))) return error("this Docker's networks are not on this machine");
  TRY(auto sockets, open_sockets(network));
  CHECK(set_addresses(made, network));
  if (options_.opened) options_.opened(network.id, std::move(sockets));
  made.serves = true;
  return {};
}

Result<void> Networks::set_addresses(Made& made, const Network& network) {
  TRY(auto links, linux_runtime::Netlink::open());
  TRY(const int link, links.index_of(bridge(network.id)));
  const std::set<std::string> wanted = own_addresses(network);
  const std::string gateway = address_in(network.cidr, 1);
  TRY(const auto there, links.addresses());
  for (const auto& one : there) {
    if (one.link != link || one.address == gateway || wanted.contains(one.address)) continue;
    CHECK(links.remove_address(link, one.address, kHost));
  }
  for (const std::string& address : wanted) CHECK(links.add_address(link, address, kHost));
  made.addresses = wanted;
  return {};
}

Result<linux_runtime::NetworkSockets> Networks::open_sockets(const Network& network) const {
  constexpr const char* kEvery = "0.0.0.0";
  const std::string on = bridge(network.id);
  linux_runtime::NetworkSockets made;
  TRY(made.http, open_socket(on, SOCK_STREAM, kEvery, 80));
  TRY(made.https, open_socket(on, SOCK_STREAM, kEvery, 443));
  const std::string resolver = address_in(network.cidr, 2);
  TRY(made.resolver_stream, open_socket(on, SOCK_STREAM, resolver, 53));
  TRY(Fd datagrams, open_socket(on, SOCK_DGRAM, resolver, 53));
  made.resolver_datagrams.push_back(std::move(datagrams));
  return made;
}

}  // namespace docker
