#pragma once

// ECS with a scripted runtime, and with registry, logs and subnets that are just maps. For *_test.cpp files.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "api/autoscaling/operations.h"
#include "api/cloudwatch/operations.h"
#include "api/ec2/operations.h"
#include "api/ecr/operations.h"
#include "api/ecs/operations.h"
#include "api/iam/operations.h"
#include "api/logs/operations.h"
#include "api/secretsmanager/operations.h"
#include "api/ssm/operations.h"
#include "ecs/service.h"
#include "runtime/fake/scripted_runtime.h"
#include "service/bench_for_test.h"
#include "service/sessions_for_test.h"

namespace ecs {

struct WorldForTest : MetricSink, TaskNetwork {
  struct Clock : base::Clock {
    base::TimePoint time{};
    base::TimePoint now() const override { return time; }
  };
  // What one container does, by image reference ("" is the sandbox).
  std::map<std::string, runtime::Model> models;
  std::set<std::string> log_groups{"/app"};
  std::map<std::string, std::vector<std::string>> lines;  // by stream
  std::set<std::string> images{"app"};                    // repositories that have one
  std::set<std::string> roles{"exec", "worker"};          // those that ecs-tasks may assume
  std::map<std::string, std::string> parameters;          // values, by name
  std::map<std::string, std::string> secrets;             // values, by ARN
  std::map<std::string, std::string> alarms;              // name to state; they look back three minutes
  std::vector<std::string> deregistered;                  // scalable targets, by resource id
  std::vector<TaskUsage> usage;
  std::vector<ServiceCounts> service_counts;
  std::vector<ClusterCounts> cluster_counts;
  std::map<std::string, NewTaskInterface> interfaces;  // by id
  std::int64_t last_interface = 0;
  std::size_t interfaces_max = 1000;
  std::map<std::string, Access> closed;      // hosts or operations that are not granted
  mutable std::vector<std::string> errands;  // "host operation"
  service::SessionsForTest sessions;

  Clock clock;
  runtime::ScriptedRuntime runtime{clock, [this](const auto&, const auto&, const std::string& reference) {
                                     const auto found = models.find(reference);
                                     return found == models.end() ? runtime::Model{} : found->second;
                                   }};
  service::BenchForTest bench{[this] { return std::make_unique<WithNeighbours>(*this); }};

  void record(const TaskUsage& sample, service::Context&) override { usage.push_back(sample); }
  void record(const ServiceCounts& sample, service::Context&) override { service_counts.push_back(sample); }
  void record(const ClusterCounts& sample, service::Context&) override { cluster_counts.push_back(sample); }

  // TaskNetwork, without a cloud: "subnet-a" is in zone a, and addresses count from 10.0.0.4.
  std::string zone_of(const std::string& subnet, service::Context&) const override {
    return "us-east-1" + subnet.substr(subnet.size() - 1);
  }
  std::expected<TaskInterface, std::string> create(const NewTaskInterface& wanted, service::Context& ctx) override {
    if (interfaces.size() >= interfaces_max) return std::unexpected("InsufficientFreeAddressesInSubnet");
    const std::string number = std::to_string(++last_interface);
    const std::string id = "eni-" + number;
    interfaces[id] = wanted;
    ctx.change.on_undo([this, id] { interfaces.erase(id); });
    return TaskInterface{"vpc-1", id, "10.0.0." + number, "02:00:00:00:00:" + number, "ip-10-0-0-" + number, true};
  }
  void remove(const TaskInterface& interface, service::Context& ctx) override {
    const auto held = interfaces.extract(interface.id);
    ctx.change.on_undo([this, id = interface.id, wanted = held.mapped()] { interfaces[id] = wanted; });
  }
  bool attaches() const override { return false; }
  Access ask(const TaskInterface&, const Errand& errand, service::Context&) const override {
    const std::string operation = errand.operation == nullptr ? "" : std::string(errand.operation->name);
    errands.push_back(errand.host + " " + operation);
    for (const std::string& name : {errand.host, operation}) {
      if (const auto found = closed.find(name); found != closed.end()) return found->second;
    }
    return {};
  }
  void resume(service::Context&) override {}

  EcsService& ecs() { return *static_cast<WithNeighbours&>(*bench.service).ecs; }

  // Lets everything happen for that long, in the order of its time.
  void run(base::Duration span) {
    const base::TimePoint end = bench.now + span;
    for (;;) {
      clock.time = bench.now;
      bench.tick();
      const auto events = runtime.run_due();
      for (const auto& event : events) {
        bench.turn([&](service::Context& ctx) { ecs().on_runtime_event(event, ctx); });
      }
      const base::TimePoint next = std::min(bench.service->deadline(), runtime.deadline());
      if (!events.empty() || next <= bench.now) continue;
      if (next > end) break;
      bench.now = next;
    }
    bench.now = end;
    clock.time = end;
  }

  // One container "app" from our registry with a log, as FARGATE task definition "app".
  static api::ecs::RegisterTaskDefinitionRequest definition() {
    api::ecs::RegisterTaskDefinitionRequest request;
    request.family = "app";
    request.cpu = "256";
    request.memory = "512";
    request.network_mode = "awsvpc";
    request.requires_compatibilities = std::vector<std::string>{"FARGATE"};
    request.execution_role_arn = "arn:aws:iam::000000000000:role/exec";
    request.container_definitions.push_back(container("app"));
    return request;
  }
  static api::ecs::ContainerDefinition container(const std::string& name) {
    api::ecs::ContainerDefinition container;
    container.name = name;
    container.image = kImage;
    container.log_configuration.emplace();
    container.log_configuration->log_driver = "awslogs";
    container.log_configuration->options = std::map<std::string, std::string>{
        {"awslogs-group", "/app"}, {"awslogs-region", "us-east-1"}, {"awslogs-stream-prefix", "p"}};
    return container;
  }
  static api::ecs::NetworkConfiguration network() {
    api::ecs::NetworkConfiguration network;
    network.awsvpc_configuration.emplace().subnets = {"subnet-a", "subnet-b"};
    return network;
  }
  static api::ecs::CreateServiceRequest service(std::int64_t desired) {
    api::ecs::CreateServiceRequest request;
    request.service_name = "web";
    request.task_definition = "app";
    request.desired_count = desired;
    request.launch_type = "FARGATE";
    request.network_configuration = network();
    return request;
  }
  // Cluster "default", the definition, and service "web".
  void up(std::int64_t desired, const api::ecs::RegisterTaskDefinitionRequest& of = definition()) {
    bench.ok<api::ecs::CreateCluster>({});
    bench.ok<api::ecs::RegisterTaskDefinition>(of);
    bench.ok<api::ecs::CreateService>(service(desired));
  }
  void scale(std::int64_t desired) {
    api::ecs::UpdateServiceRequest request;
    request.service = "web";
    request.desired_count = desired;
    bench.ok<api::ecs::UpdateService>(request);
  }
  api::ecs::Service web() {
    api::ecs::DescribeServicesRequest request;
    request.services = {"web"};
    return bench.ok<api::ecs::DescribeServices>(request).services->at(0);
  }
  // Oldest first; with task ids and deployment ids as "#1", "#2" in the order in which they turn up.
  std::vector<std::string> events() {
    std::vector<std::string> texts;
    const auto service = web();
    for (const auto& event : *service.events) texts.insert(texts.begin(), *event.message);
    return texts;
  }
  std::vector<api::ecs::Task> tasks(const std::string& desired_status = "RUNNING") {
    api::ecs::ListTasksRequest list;
    list.desired_status = desired_status;
    const auto arns = *bench.ok<api::ecs::ListTasks>(list).task_arns;
    if (arns.empty()) return {};
    api::ecs::DescribeTasksRequest request;
    request.tasks = arns;
    return *bench.ok<api::ecs::DescribeTasks>(request).tasks;
  }
  static std::string id_of(const api::ecs::Task& task) { return task.task_arn->substr(task.task_arn->rfind('/') + 1); }

  static constexpr const char* kImage = "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1";

 private:
  static constexpr base::FaultShape kMissing{"ResourceNotFoundException", "ResourceNotFoundException", 400, true, ""};

  struct WithNeighbours : service::Service {
    explicit WithNeighbours(WorldForTest& owner)
        : world(owner),
          ecs(make_service(owner.runtime, owner, owner.sessions, owner, {.endpoint = "http://127.0.0.1:4566"})) {}

    void register_operations(service::Registry& registry) override {
      ecs->register_operations(registry);
      registry.on<api::ecr::BatchGetImage>([this](const api::ecr::BatchGetImageRequest& in,
                                                  service::Context&) -> base::Outcome<api::ecr::BatchGetImageResponse> {
        api::ecr::BatchGetImageResponse out;
        out.images.emplace();
        if (!world.images.contains(in.repository_name)) return out;
        out.images->emplace_back().image_id.emplace().image_digest = "sha256:abc";
        return out;
      });
      registry.on<api::logs::CreateLogGroup>(
          [this](const auto& in, service::Context&) -> base::Outcome<api::logs::CreateLogGroup::Output> {
            world.log_groups.insert(in.log_group_name);
            return api::logs::CreateLogGroup::Output{};
          });
      registry.on<api::logs::CreateLogStream>(
          [this](const auto& in, service::Context&) -> base::Outcome<api::logs::CreateLogStream::Output> {
            if (!world.log_groups.contains(in.log_group_name)) {
              return base::fault(kMissing, "The specified log group does not exist.");
            }
            return api::logs::CreateLogStream::Output{};
          });
      registry.on<api::logs::PutLogEvents>(
          [this](const auto& in, service::Context&) -> base::Outcome<api::logs::PutLogEventsResponse> {
            for (const auto& event : in.log_events) world.lines[in.log_stream_name].push_back(event.message);
            return api::logs::PutLogEventsResponse{};
          });
      registry.on<api::autoscaling::DeregisterScalableTarget>(
          [this](const auto& in,
                 service::Context&) -> base::Outcome<api::autoscaling::DeregisterScalableTarget::Output> {
            world.deregistered.push_back(in.resource_id);
            return api::autoscaling::DeregisterScalableTarget::Output{};
          });
      registry.on<api::cloudwatch::DescribeAlarms>(
          [this](const auto& in, service::Context&) -> base::Outcome<api::cloudwatch::DescribeAlarms::Output> {
            api::cloudwatch::DescribeAlarms::Output out;
            out.metric_alarms.emplace();
            for (const std::string& name : *in.alarm_names) {
              if (!world.alarms.contains(name)) continue;
              auto& alarm = out.metric_alarms->emplace_back();
              alarm.alarm_name = name;
              alarm.state_value = world.alarms.at(name);
              alarm.period = 60;
              alarm.evaluation_periods = 3;
            }
            return out;
          });
      registry.on<api::iam::GetRole>(
          [this](const auto& in, service::Context&) -> base::Outcome<api::iam::GetRoleResponse> {
            if (!world.roles.contains(in.role_name)) return base::fault(kMissing, "no such role");
            api::iam::GetRoleResponse out;
            out.role.arn = "arn:aws:iam::000000000000:role/" + in.role_name;
            out.role.assume_role_policy_document = "%22ecs-tasks.amazonaws.com%22";
            return out;
          });
      registry.on<api::ssm::GetParameters>(
          [this](const auto& in, service::Context& ctx) -> base::Outcome<api::ssm::GetParameters::Output> {
            api::ssm::GetParameters::Output out;
            out.parameters.emplace();
            out.invalid_parameters.emplace();
            for (const std::string& given : in.names) {
              const std::string name = given.substr(given.rfind(':') + 1);
              const auto found = world.parameters.find(given.starts_with("arn:") ? name.substr(9) : name);
              if (found == world.parameters.end()) {
                out.invalid_parameters->push_back(given);
                continue;
              }
              auto& one = out.parameters->emplace_back();
              one.name = found->first;
              one.arn = ctx.arn("ssm", "parameter" + found->first);
              one.value = found->second;
            }
            return out;
          });
      registry.on<api::secretsmanager::GetSecretValue>(
          [this](const auto& in, service::Context&) -> base::Outcome<api::secretsmanager::GetSecretValue::Output> {
            const auto found = world.secrets.find(in.secret_id + in.version_stage.value_or(""));
            if (found == world.secrets.end())
              return base::fault(kMissing, "Secrets Manager can't find the specified secret.");
            api::secretsmanager::GetSecretValue::Output out;
            out.secret_string = found->second;
            return out;
          });
      registry.on<api::ec2::DescribeSubnets>(
          [](const auto& in, service::Context&) -> base::Outcome<api::ec2::DescribeSubnets::Output> {
            api::ec2::DescribeSubnets::Output out;
            out.subnets.emplace();
            for (const auto& id : *in.subnet_ids) {
              out.subnets->emplace_back().availability_zone = "us-east-1" + id.substr(id.size() - 1);
            }
            return out;
          });
    }
    std::vector<service::TableBase*> tables() override { return ecs->tables(); }
    void recovered(service::Context& ctx) override { ecs->recovered(ctx); }
    base::TimePoint deadline() const override { return ecs->deadline(); }
    void tick(service::Context& ctx) override { ecs->tick(ctx); }

    WorldForTest& world;
    std::unique_ptr<EcsService> ecs;
  };
};

}  // namespace ecs
