#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/value.h"
#include "runtime/runtime.h"

// What is asked of Docker for a task: one container that holds the network, as Amazon's agent does it on EC2, and one
// for each of the task's own, which share it. Pure.
namespace docker {

inline constexpr const char* kInstanceLabel = "renkei.instance";    // of everything: whose it is
inline constexpr const char* kTaskLabel = "renkei.task";            // of containers
inline constexpr const char* kContainerLabel = "renkei.container";  // of a task's own containers: their name
inline constexpr const char* kStopSignalLabel = "renkei.stop-signal";

// Names that follow from a task's and a container's, so that what is asked for twice is there once.
struct Names {
  std::string prefix;  // "renkei-1a2b3c4d-"; one per data directory

  std::string instance() const { return prefix.substr(0, prefix.size() - 1); }
  std::string sandbox(const runtime::TaskId& task) const { return prefix + task; }
  std::string container(const runtime::TaskId& task, const std::string& name) const {
    return prefix + task + "-" + name;
  }
  std::string volume(const runtime::TaskId& task, const std::string& name) const {
    return prefix + task + "-volume-" + name;
  }
  std::string network(const std::string& id) const { return prefix + id; }
};

// Where a task is in a network of Docker.
struct Placement {
  std::string network;  // Docker's name
  std::string address;
  std::string mac;
  std::string resolver;  // "": Docker's own
  std::string domain;
};

base::Value sandbox_body(const Names& names, const runtime::TaskId& task, const runtime::SandboxSpec& spec,
                         const Placement& placement, const std::string& image, bool mac_of_endpoint);

struct ContainerPlan {
  const Names& names;
  const runtime::TaskId& task;
  const runtime::SandboxSpec& sandbox;  // the task's limits
  const runtime::ContainerSpec& spec;
  std::string image;                               // as Docker knows it
  std::string stop_signal;                         // the image's; ""
  std::map<std::string, std::string> environment;  // weaker than the specification's
  bool shares_machine = false;                     // it has the machine's network
};
base::Value container_body(const ContainerPlan& plan);

// Docker's words in those of Fargate's runtime.
std::string start_failure(const std::string& message);

}  // namespace docker
