#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "linux/network/namespaces.h"
#include "linux/network/networks.h"

// For tests with real networks and no containers: tasks are namespaces, programs are sockets made in them. Everything
// is removed at a test's end, also of one that failed.
namespace linux_runtime {

class NetworkTest : public testing::Test {
 protected:
  static constexpr int kPatienceMs = 300;  // within which a packet of this machine arrives

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: it makes network namespaces";
    if (access("/usr/sbin/nft", X_OK) != 0) GTEST_SKIP() << "needs nft (package nftables)";
    options.prefix = "renkei-test" + std::to_string(getpid()) + "-";
    options.opened = [this](const std::string& network, NetworkSockets made) {
      const std::lock_guard lock(mutex);
      sockets[network] = std::move(made);
    };
    options.closing = [this](const std::string& network) {
      const std::lock_guard lock(mutex);
      sockets.erase(network);
    };
    std::ifstream(kForwarding) >> forwarded;
    options.warn = [](const std::string& message) {
      if (!message.starts_with("turned on IPv4 forwarding")) ADD_FAILURE() << message;
    };
    networks = std::make_unique<Networks>(options);
  }

  void TearDown() override {
    sockets.clear();
    networks.reset();
    for (const std::string& name : namespaces("renkei-test" + std::to_string(getpid()))) remove_namespace(name);
    if (forwarded >= 0) std::ofstream(kForwarding) << forwarded;
  }

  // Two subnets, two groups: "sg-web" is open to everybody on 8080, "sg-app" to members of "sg-web" on 9090.
  static runtime::Network example(const std::string& id = "vpc-1") {
    runtime::Network out{.id = id, .cidr = "10.0.0.0/16", .domain = "eu-west-1.compute.internal"};
    out.subnets["subnet-a"] = {.cidr = "10.0.1.0/24"};
    out.subnets["subnet-b"] = {.cidr = "10.0.2.0/24"};
    const runtime::GroupRule all{.peer = "0.0.0.0/0"};
    out.groups["sg-web"] = {.ingress = {{.protocol = 6, .from_port = 8080, .to_port = 8080, .peer = "0.0.0.0/0"}},
                            .egress = {all}};
    out.groups["sg-app"] = {.ingress = {{.protocol = 6, .from_port = 9090, .to_port = 9090, .peer = "sg-web"}},
                            .egress = {all}};
    out.interfaces["eni-web"] = {.subnet = "subnet-a", .address = "10.0.1.4", .mac = mac(4), .groups = {"sg-web"}};
    out.interfaces["eni-app"] = {.subnet = "subnet-b", .address = "10.0.2.4", .mac = mac(5), .groups = {"sg-app"}};
    out.interfaces["eni-near"] = {.subnet = "subnet-a", .address = "10.0.1.5", .mac = mac(6), .groups = {"sg-app"}};
    return out;
  }
  static std::string mac(int number) { return "02:00:00:00:00:0" + std::to_string(number); }

  void apply(const std::vector<runtime::Network>& all) {
    runtime::NetworkPlan plan;
    for (const auto& one : all) plan.push_back(std::make_shared<const runtime::Network>(one));
    networks->apply(plan);
    networks->detach("nobody");  // waits until it is done
  }

  // The interface of example() as a task named like it.
  void attach(const std::string& interface, const std::string& network = "vpc-1", const std::string& suffix = "") {
    const auto done = networks->attach(interface + suffix, {network, interface});
    ASSERT_TRUE(done) << done.error().message;
  }
  std::string space(const std::string& task) const { return options.prefix + task; }

  Result<void> inside(const std::string& task, const std::function<Result<void>()>& act) const {
    return run_in_namespace(space(task), act);
  }

  static sockaddr_in name_of(const std::string& address, int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, address.c_str(), &out.sin_addr);
    return out;
  }

  // A program that listens; connections are made by the kernel without its help.
  Fd listen_in(const std::string& task, int port) const {
    Fd out;
    const auto done = inside(task, [&]() -> Result<void> {
      out = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in every = name_of("0.0.0.0", port);
      if (bind(out.get(), reinterpret_cast<const sockaddr*>(&every), sizeof every) != 0 || listen(out.get(), 16) != 0) {
        return system_error("cannot listen");
      }
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return out;
  }

  // 0: connected; else errno, ETIMEDOUT when nothing answers.
  int connect_from(const std::string& task, const std::string& address, int port, Fd* connection = nullptr) const {
    int outcome = 0;
    const auto done = inside(task, [&]() -> Result<void> {
      Fd made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      const sockaddr_in to = name_of(address, port);
      if (connect(made.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) outcome = errno;
      if (outcome == EINPROGRESS) {
        pollfd wait{.fd = made.get(), .events = POLLOUT};
        socklen_t size = sizeof outcome;
        if (poll(&wait, 1, kPatienceMs) == 0) {
          outcome = ETIMEDOUT;
        } else {
          getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &outcome, &size);
        }
      }
      if (connection) *connection = std::move(made);
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return outcome;
  }

  static constexpr const char* kForwarding = "/proc/sys/net/ipv4/ip_forward";
  int forwarded = -1;  // what it was
  NetworkOptions options;
  std::unique_ptr<Networks> networks;
  std::mutex mutex;
  std::map<std::string, NetworkSockets> sockets;  // as the server would have them
};

}  // namespace linux_runtime
