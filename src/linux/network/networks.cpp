#include "linux/network/networks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "base/fault.h"
#include "linux/network/names.h"
#include "linux/network/namespaces.h"
#include "linux/network/rules.h"

namespace linux_runtime {
namespace {

using runtime::Network;
using runtime::NetworkInterface;

constexpr const char* kTaskLink = "eth0";
constexpr int kLoopback = 1;  // the first link of every namespace
constexpr int kHost = 32;     // prefix of a single address
constexpr int kBacklog = 1024;

// Of an interface's link in the network's namespace: a name has at most 15 characters.
std::string link_name(const std::string& interface) {
  return "t" + digits_of(interface, 14);
}

// Addresses that are the network's own: of its routers, its resolver, and of what the gateway answers for.
std::set<std::string> own_addresses(const Network& network) {
  std::set<std::string> out{runtime::kServicesAddress, runtime::kS3Address, runtime::kTaskServiceAddress};
  for (const auto& [id, subnet] : network.subnets) out.insert(address_in(subnet.cidr, 1));
  if (network.dns) out.insert({address_in(network.cidr, 2), kResolverAddress});
  for (const auto& [id, interface] : network.interfaces) {
    if (interface.kind == NetworkInterface::Kind::Endpoint) out.insert(interface.address);
  }
  return out;
}

bool has_way_out(const Network& network) {
  using Way = runtime::NetworkRoute::Way;
  return std::ranges::any_of(network.subnets, [](const auto& subnet) {
    return std::ranges::any_of(subnet.second.routes,
                               [](const auto& route) { return route.way == Way::Internet || route.way == Way::Nat; });
  });
}

// Without tasks there is nobody for whom a network had to be on the machine.
bool has_tasks(const Network& network) {
  return std::ranges::any_of(network.interfaces,
                             [](const auto& one) { return one.second.kind == NetworkInterface::Kind::Task; });
}

Result<Fd> open_socket(int type, const std::string& address, std::uint16_t port) {
  Fd made(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  if (!made || setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(made.get(), SOL_IP, IP_FREEBIND, &on, sizeof on) != 0 ||
      bind(made.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      (type == SOCK_STREAM && listen(made.get(), kBacklog) != 0)) {
    return system_error("cannot listen on port " + std::to_string(port) + " in a network");
  }
  return made;
}

// Of a namespace that routes between links: every link made in it later takes these over.
Result<void> become_router() {
  CHECK(set_network_option("ipv4/ip_forward", "1"));
  for (const char* which : {"default", "all"}) {
    const std::string at = std::string("ipv4/conf/") + which;
    CHECK(set_network_option(at + "/rp_filter", "1"));  // nobody sends with another's address
    CHECK(set_network_option(at + "/send_redirects", "0"));
    CHECK(set_network_option(at + "/accept_redirects", "0"));
  }
  CHECK(set_network_option("ipv4/conf/default/proxy_arp", "1"));
  (void)set_network_option("ipv6/conf/default/disable_ipv6", "1");  // a kernel may have none
  return {};
}

}  // namespace

std::string network_prefix(const std::string& data_directory) {
  std::error_code failed;
  return "renkei-" + digits_of(std::filesystem::weakly_canonical(data_directory, failed).string(), 8) + "-";
}

Networks::Networks(NetworkOptions options)
    : options_(std::move(options)), uplinks_(options_.prefix, options_.warn), thread_([this] { work(); }) {}

Networks::~Networks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  thread_.join();
}

void Networks::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  ready_.notify_one();
}

template <class Action>
auto Networks::wait_for(Action action) {
  std::promise<decltype(action())> done;
  auto future = done.get_future();
  post([&] { done.set_value(action()); });
  return future.get();
}

// Of several plans that wait only the last one is made: what was asked for after an earlier one holds with it as well.
void Networks::work() {
  for (;;) {
    std::optional<runtime::NetworkPlan> plan;
    std::vector<Job> jobs;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || plan_ || !jobs_.empty(); });
      if (stopping_ && !plan_ && jobs_.empty()) return;
      plan.swap(plan_);
      jobs.swap(jobs_);
    }
    if (plan) apply_now(*plan);
    for (Job& job : jobs) job();
  }
}

void Networks::apply(const runtime::NetworkPlan& plan) {
  {
    const std::lock_guard lock(mutex_);
    plan_ = plan;
  }
  ready_.notify_one();
}

void Networks::keep_tasks(const std::set<runtime::TaskId>& tasks) {
  post([this, tasks] {
    for (const std::string& name : namespaces(options_.prefix)) {
      const std::string of = name.substr(options_.prefix.size());
      if (!of.starts_with("vpc-") && !tasks.contains(of)) remove_namespace(name);
    }
  });
}

Result<TaskNetwork> Networks::attach(const runtime::TaskId& task, const runtime::NetworkAttachment& attachment) {
  return wait_for([&] { return attach_now(task, attachment); });
}

void Networks::detach(const runtime::TaskId& task) {
  // Its link goes too, soon: the kernel takes many away at once far faster than one by one.
  wait_for([&] {
    remove_namespace(options_.prefix + task);
    return true;
  });
}

void Networks::apply_now(const runtime::NetworkPlan& plan) {
  std::set<std::string> wanted;
  for (const auto& network : plan) {
    if (has_tasks(*network)) wanted.insert(network->id);
  }
  bool found = false;
  if (!std::exchange(swept_, true)) {
    for (const std::string& name : namespaces(options_.prefix + "vpc-")) {
      found = true;
      const std::string id = name.substr(options_.prefix.size());
      if (wanted.contains(id)) continue;
      uplinks_.forget(id);
      remove_namespace(name);
    }
  }
  std::vector<std::string> gone;
  for (const auto& [id, made] : made_) {
    if (!wanted.contains(id)) gone.push_back(id);
  }
  for (const std::string& id : gone) remove(id);
  failures_.clear();
  for (const auto& network : plan) {
    if (!wanted.contains(network->id)) continue;
    if (const auto done = make(network); !done) {
      failures_[network->id] = done.error().message;
      warn("the network " + network->id + " is not as it should be: " + done.error().message);
      continue;
    }
    lead_outside(made_.at(network->id));
  }
  if (const auto done = uplinks_.set_rules(found); !done) warn(done.error().message);
}

// Without a way through this machine the network is as one without a route: a time-out.
void Networks::lead_outside(Made& made) {
  const std::string& id = made.network->id;
  const bool wanted = has_way_out(*made.network);
  if (wanted == uplinks_.has(id)) return;
  if (!wanted) return uplinks_.close(id, made.links);
  if (const auto done = uplinks_.open(id, options_.prefix + id, made.links); !done)
    warn("tasks in " + id + " cannot reach the internet through this machine: " + done.error().message);
}

Result<void> Networks::make(const std::shared_ptr<const Network>& network) {
  const auto at = made_.find(network->id);
  if (at == made_.end()) {
    const std::string name = options_.prefix + network->id;
    if (has_namespace(name)) return run_in_namespace(name, [&] { return enter(network, false); });
    return make_namespace(name, [&] { return enter(network, true); });
  }
  if (at->second.network == network || *at->second.network == *network) return {};
  return run_in_namespace(options_.prefix + network->id, [&] { return update(at->second, network); });
}

Result<void> Networks::enter(const std::shared_ptr<const Network>& network, bool is_new) {
  TRY(auto links, Netlink::open());
  Made made{.links = std::move(links)};
  if (is_new) {
    CHECK(become_router());
    CHECK(made.links.set_up(kLoopback));
    CHECK(made.links.add_blackhole("0.0.0.0", 0));  // a time-out, as on AWS, and not an answer
  } else {
    TRY(const auto addresses, made.links.addresses());
    for (const auto& one : addresses) {
      if (one.link == kLoopback && one.address != "127.0.0.1") made.addresses.insert(one.address);
    }
  }
  CHECK(open_sockets(*network));
  if (auto done = update(made, network); !done) {
    if (options_.closing) options_.closing(network->id);
    return done;
  }
  made_.emplace(network->id, std::move(made));
  return {};
}

Result<void> Networks::update(Made& made, const std::shared_ptr<const Network>& network) {
  CHECK(update_rules(made, *network));
  CHECK(update_addresses(made, *network));
  made.network = network;
  if (options_.changed) options_.changed(network);
  return {};
}

Result<void> Networks::update_rules(Made& made, const Network& network) {
  std::string rules = rules_of(network);
  if (rules == made.rules) return {};
  CHECK(run_rules(rules));
  made.rules = std::move(rules);
  return {};
}

Result<void> Networks::update_addresses(Made& made, const Network& network) {
  const std::set<std::string> wanted = own_addresses(network);
  for (const std::string& address : wanted) {
    if (made.addresses.contains(address)) continue;
    CHECK(made.links.add_address(kLoopback, address, kHost));
    made.addresses.insert(address);
  }
  std::vector<std::string> gone;
  std::ranges::set_difference(made.addresses, wanted, std::back_inserter(gone));
  for (const std::string& address : gone) {
    CHECK(made.links.remove_address(kLoopback, address, kHost));
    made.addresses.erase(address);
  }
  return {};
}

Result<void> Networks::open_sockets(const Network& network) {
  if (!options_.opened) return {};
  constexpr const char* kEvery = "0.0.0.0";
  NetworkSockets made;
  TRY(made.http, open_socket(SOCK_STREAM, kEvery, 80));
  TRY(made.https, open_socket(SOCK_STREAM, kEvery, 443));
  TRY(made.resolver_stream, open_socket(SOCK_STREAM, kEvery, 53));
  // Answers by datagram come from the address that was asked, so each has a socket.
  for (const std::string& address : {address_in(network.cidr, 2), std::string(kResolverAddress)}) {
    TRY(Fd one, open_socket(SOCK_DGRAM, address, 53));
    made.resolver_datagrams.push_back(std::move(one));
  }
  options_.opened(network.id, std::move(made));
  return {};
}

void Networks::remove(const std::string& network) {
  if (options_.closing) options_.closing(network);
  made_.erase(network);
  uplinks_.forget(network);
  remove_namespace(options_.prefix + network);
}

Result<TaskNetwork> Networks::attach_now(const runtime::TaskId& task, const runtime::NetworkAttachment& attachment) {
  const auto at = made_.find(attachment.network);
  if (at == made_.end()) {
    const auto why = failures_.find(attachment.network);
    return error("there is no network " + attachment.network + (why == failures_.end() ? "" : ": " + why->second));
  }
  const Network& network = *at->second.network;
  const auto interface = network.interfaces.find(attachment.interface);
  if (interface == network.interfaces.end() || !network.subnets.contains(interface->second.subnet)) {
    return error("the network " + network.id + " has no interface " + attachment.interface);
  }
  const std::string name = options_.prefix + task;
  if (!has_namespace(name)) {
    CHECK(make_namespace(name, [&] { return make_task(at->second, attachment.interface); }));
  }
  return TaskNetwork{.path = namespace_path(name),
                     .address = interface->second.address,
                     .resolver = address_in(network.cidr, 2),
                     .domain = network.domain};
}

Result<void> Networks::make_task(Made& made, const std::string& id) {
  const NetworkInterface& interface = made.network->interfaces.at(id);
  const std::string& subnet = made.network->subnets.at(interface.subnet).cidr;
  TRY(Netlink inside, Netlink::open());
  const Fd own(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!own) return system_error("cannot find a network namespace");
  (void)set_network_option("ipv6/conf/default/disable_ipv6", "1");  // its loopback link keeps it
  CHECK(inside.set_up(kLoopback));
  const std::string link = link_name(id);
  CHECK(made.links.remove_link(link));  // of an attempt that was not finished
  TRY(const int outer, made.links.add_veth({link, kTaskLink, interface.mac, own.get()}));
  TRY(const int inner, inside.index_of(kTaskLink));
  CHECK(inside.add_address(inner, interface.address, prefix_of(subnet)));
  CHECK(inside.set_up(inner));
  CHECK(inside.add_default_route(address_in(subnet, 1)));
  CHECK(made.links.answer_at_once(outer));
  CHECK(made.links.add_link_route(interface.address, kHost, outer));
  return made.links.wait_until_ready(outer);
}

}  // namespace linux_runtime
