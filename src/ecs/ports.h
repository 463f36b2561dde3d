#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "api/shape.h"
#include "base/time.h"
#include "service/context.h"

// What ECS needs of the rest of the cloud beyond public operations. Implemented in cloud/.
namespace ecs {

// What one running task of a service used in a minute, in percent of its size: a sample of AWS/ECS CPUUtilization and
// MemoryUtilization with dimensions ClusterName and ServiceName. A service's samples of a minute add up, so their
// SampleCount is its number of running tasks.
struct TaskUsage {
  std::string cluster;
  std::string service;
  base::TimePoint minute{};  // its start
  double cpu_percent = 0;
  double memory_percent = 0;
  // The same in units, for Container Insights.
  std::string family;     // of the task's definition
  bool insights = false;  // the cluster has them
  double cpu_units = 0;   // of 1024 a vCPU
  double cpu_reserved = 0;
  double memory_mib = 0;
  double memory_reserved = 0;
};

// What Container Insights says of a service once a minute, also of one without tasks.
struct ServiceCounts {
  std::string cluster;
  std::string service;
  base::TimePoint minute{};
  std::int64_t desired = 0;
  std::int64_t running = 0;
  std::int64_t pending = 0;
  std::int64_t deployments = 0;
};
// And of a cluster.
struct ClusterCounts {
  std::string cluster;
  base::TimePoint minute{};
  std::int64_t services = 0;
  std::int64_t tasks = 0;  // running
};

class MetricSink {
 public:
  virtual ~MetricSink() = default;
  // In the account and region of the context.
  virtual void record(const TaskUsage& usage, service::Context& ctx) = 0;
  virtual void record(const ServiceCounts& counts, service::Context& ctx) = 0;
  virtual void record(const ClusterCounts& counts, service::Context& ctx) = 0;
};

// A task's elastic network interface, as it was made; durable with the task.
struct TaskInterface {
  std::string vpc;  // "" of tasks that have none
  std::string id;   // "eni-…"
  std::string address;
  std::string mac;
  std::string dns_name;  // "ip-10-0-1-5.eu-west-1.compute.internal"
  bool named = false;    // the VPC gives it that name

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.vpc);
    field(2, row.id);
    field(3, row.address);
    field(4, row.mac);
    field(5, row.dns_name);
    field(6, row.named);
  }
  friend bool operator==(const TaskInterface&, const TaskInterface&) = default;
};

struct NewTaskInterface {
  std::string subnet;
  std::vector<std::string> groups;  // none: the VPC's default group
  bool public_address = false;
  std::string attachment_arn;
};

// One call that Fargate makes over a task's interface before its containers run.
struct Errand {
  std::string host;      // over TCP port 443
  std::string role_arn;  // the execution role, whose session bears the task's id; "": nobody that policies know
  std::string task_id;
  const api::Operation* operation = nullptr;  // nullptr: not of AWS, so there is nobody to permit it
  api::Object input{};
};

struct Access {
  enum class Answer : std::uint8_t { Granted, Unreachable, Denied };
  Answer answer = Answer::Granted;
  std::string why{};  // "dial tcp 10.0.1.5:443: i/o timeout"; "User: … is not authorized to perform: …"
};

// The network that tasks are in.
class TaskNetwork {
 public:
  virtual ~TaskNetwork() = default;
  // The region's first zone when nobody knows the subnet.
  virtual std::string zone_of(const std::string& subnet, service::Context& ctx) const = 0;
  // The error is a code of EC2: "InsufficientFreeAddressesInSubnet".
  virtual std::expected<TaskInterface, std::string> create(const NewTaskInterface& wanted, service::Context& ctx) = 0;
  virtual void remove(const TaskInterface& interface, service::Context& ctx) = 0;
  // Whether a sandbox gets its interface. Otherwise it shares the machine's network, and what a task may reach is only
  // decided for its launch.
  virtual bool attaches() const = 0;
  virtual Access ask(const TaskInterface& interface, const Errand& errand, service::Context& ctx) const = 0;
  // After a restart, when the runtime has adopted the tasks and knows no network.
  virtual void resume(service::Context& ctx) = 0;
};

}  // namespace ecs
