#include "linux/network/try_networks.h"

#include <unistd.h>

#include "linux/network/networks.h"

namespace linux_runtime {

Result<void> try_networks() {
  runtime::Network network{.id = "vpc-try", .cidr = "10.0.0.0/24"};
  network.subnets["subnet-try"] = {.cidr = "10.0.0.0/24"};
  network.groups["sg-try"] = {.egress = {{.peer = "0.0.0.0/0"}}};
  network.interfaces["eni-try"] = {.subnet = "subnet-try", .address = "10.0.0.4", .groups = {"sg-try"}};
  Networks networks({.prefix = "renkei-try" + std::to_string(getpid()) + "-"});
  networks.apply({std::make_shared<const runtime::Network>(network)});
  const auto attached = networks.attach("task", {network.id, "eni-try"});
  networks.detach("task");
  networks.apply({});  // done when the object goes
  if (attached) return {};
  return std::unexpected(attached.error());
}

}  // namespace linux_runtime
