#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "linux/network/netlink.h"
#include "linux/network/task_network.h"
#include "linux/network/uplink.h"
#include "runtime/runtime.h"

// The networks of the plan, on this machine: for each that has tasks a namespace that routes, and for each task that is
// attached a namespace of its own with one link into it. Everything has a name, so that it outlives this process and is
// found by the next one: "renkei-INSTANCE-vpc-…" and "renkei-INSTANCE-TASK".
//
//     task's namespace              network's namespace
//     eth0 10.0.1.5/24  <--link-->  t1f…, route 10.0.1.5 ── forward: rules ── the other links, the way outside
//     default via 10.0.1.1          lo: 10.0.1.1, 10.0.0.2, endpoints' addresses, the services' ── input: rules
//
// No bridge: on a link of its own, everything a task sends is routed, and so filtered; its neighbours in the subnet are
// answered for by proxy ARP.
namespace linux_runtime {

// Sockets in a network's namespace, for every address that is the network's own.
struct NetworkSockets {
  Fd http;   // listening at port 80
  Fd https;  // listening at port 443
  std::vector<Fd> resolver_datagrams;
  Fd resolver_stream;
};

struct NetworkOptions {
  std::string prefix = "renkei-";  // of every name on this machine; one per data directory
  // All are called on the thread of Networks and must not block. A network's sockets come once, before it first
  // changes; they have to be closed when it closes, or its namespace stays.
  std::function<void(const std::string& network, NetworkSockets sockets)> opened;
  std::function<void(const std::shared_ptr<const runtime::Network>& network)> changed;
  std::function<void(const std::string& network)> closing;
  std::function<void(const std::string& message)> warn;
};

// "renkei-1a2b3c4d-", from the data directory.
std::string network_prefix(const std::string& data_directory);

class Networks {
 public:
  explicit Networks(NetworkOptions options);
  // Leaves everything as it is.
  ~Networks();

  // Returns at once. Any thread; later calls see what earlier ones of the same thread asked for.
  void apply(const runtime::NetworkPlan& plan);
  // Removes what belongs to tasks that are not named.
  void keep_tasks(const std::set<runtime::TaskId>& tasks);
  // These block until it is so. Attaching again gives what is there.
  Result<TaskNetwork> attach(const runtime::TaskId& task, const runtime::NetworkAttachment& attachment);
  void detach(const runtime::TaskId& task);

 private:
  using Job = std::move_only_function<void()>;
  // A network that is on the machine.
  struct Made {
    std::shared_ptr<const runtime::Network> network;
    Netlink links;
    std::set<std::string> addresses;  // on its loopback link
    std::string rules;                // that are in force
  };

  void work();
  void post(Job job);
  template <class Action>
  auto wait_for(Action action);

  void apply_now(const runtime::NetworkPlan& plan);
  Result<void> make(const std::shared_ptr<const runtime::Network>& network);
  Result<void> enter(const std::shared_ptr<const runtime::Network>& network, bool is_new);
  Result<void> update(Made& made, const std::shared_ptr<const runtime::Network>& network);
  Result<void> update_addresses(Made& made, const runtime::Network& network);
  Result<void> update_rules(Made& made, const runtime::Network& network);
  void lead_outside(Made& made);
  Result<void> open_sockets(const runtime::Network& network);
  void remove(const std::string& network);
  Result<TaskNetwork> attach_now(const runtime::TaskId& task, const runtime::NetworkAttachment& attachment);
  Result<void> make_task(Made& made, const std::string& interface);
  void warn(const std::string& message) const {
    if (options_.warn) options_.warn(message);
  }

  const NetworkOptions options_;
  Uplinks uplinks_;
  std::map<std::string, Made> made_;             // by network id; of the thread
  std::map<std::string, std::string> failures_;  // of networks that could not be made
  bool swept_ = false;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<runtime::NetworkPlan> plan_;  // the last one that was not looked at
  std::vector<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace linux_runtime
