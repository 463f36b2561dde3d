#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "docker/engine.h"
#include "docker/spec.h"
#include "linux/network/netlink.h"
#include "linux/network/networks.h"
#include "linux/workers.h"
#include "runtime/network.h"

namespace docker {

// VPCs as bridge networks of Docker, as far as those can be VPCs: tasks have their addresses, another VPC's are out of
// reach, and only a VPC with a route to the internet hides its tasks behind this machine's address. What a VPC has
// beside that, the server adds to the bridge itself, which needs root on Docker's machine: the addresses of the
// endpoints, of the resolver and of the task service, with the server's own sockets.
//
// Not expressed: security groups and network ACLs; routes of single subnets; two VPCs with the same addresses at a
// time.
class Networks {
 public:
  struct Options {
    Names names;
    // As linux_runtime::NetworkOptions has them; called on the thread of Networks.
    std::function<void(const std::string& network, linux_runtime::NetworkSockets sockets)> opened;
    std::function<void(const std::shared_ptr<const runtime::Network>& network)> changed;
    std::function<void(const std::string& network)> closing;
    std::function<void(const std::string& message)> warn;
  };

  Networks(const Engine& engine, Options options);

  // Returns at once; attach() sees it done.
  void apply(const runtime::NetworkPlan& plan);
  // Blocks. Where a task is to be put.
  Result<Placement> attach(const runtime::NetworkAttachment& attachment);

 private:
  struct Made {
    std::shared_ptr<const runtime::Network> network;
    bool masquerades = false;
    bool serves = false;  // the server's sockets are on the bridge
    std::set<std::string> addresses;
  };

  void apply_now(const runtime::NetworkPlan& plan);
  Result<void> make(const std::shared_ptr<const runtime::Network>& network);
  Result<Made> create(const runtime::Network& network);
  Result<void> serve(Made& made, const runtime::Network& network);
  Result<void> set_addresses(Made& made, const runtime::Network& network);
  Result<linux_runtime::NetworkSockets> open_sockets(const runtime::Network& network) const;
  void remove(const std::string& name);
  void remove_left(const std::set<std::string>& wanted);
  std::string bridge(const std::string& network) const;
  void warn(const std::string& message) const {
    if (options_.warn) options_.warn(message);
  }

  const Engine& engine_;
  const Options options_;
  std::map<std::string, Made> made_;             // by network id
  std::map<std::string, std::string> failures_;  // of networks that could not be made
  bool swept_ = false;
  linux_runtime::Workers thread_{1};  // last: it ends before what its jobs use
};

}  // namespace docker
