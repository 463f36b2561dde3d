#include "docker/spec.h"

#include <algorithm>

namespace docker {
namespace {

using base::Value;

constexpr std::int64_t kPidsMax = 4096;  // a fork bomb must not take the machine
constexpr std::int64_t kNanosPerUnit = 1'000'000'000 / 1024;
constexpr const char* kHostMode = "host";

Value texts(const std::vector<std::string>& items) {
  Value::Array out;
  for (const std::string& item : items) out.emplace_back(item);
  return Value(std::move(out));
}

Value labels(const Names& names, const runtime::TaskId& task) {
  return Value::Object{{kInstanceLabel, names.instance()}, {kTaskLabel, task}};
}

Value ulimits(const std::vector<runtime::Ulimit>& given) {
  Value::Array out;
  for (const auto& one : given) {
    out.push_back(Value::Object{{"Name", one.name},
                                {"Soft", static_cast<std::int64_t>(one.soft)},
                                {"Hard", static_cast<std::int64_t>(one.hard)}});
  }
  return Value(std::move(out));
}

Value mounts(const ContainerPlan& plan) {
  Value::Array out;
  for (const runtime::Mount& mount : plan.spec.mounts) {
    Value options = Value::Object{{"Labels", labels(plan.names, plan.task)}};
    out.push_back(Value::Object{{"Type", "volume"},
                                {"Source", plan.names.volume(plan.task, mount.source)},
                                {"Target", mount.target},
                                {"ReadOnly", mount.read_only},
                                {"VolumeOptions", std::move(options)}});
  }
  return Value(std::move(out));
}

Value tmpfs(const std::vector<runtime::Tmpfs>& given) {
  Value out = Value::Object{};
  for (const auto& one : given) {
    std::string options = "nosuid,noexec,nodev";
    for (const std::string& option : one.options) options += "," + option;
    if (one.bytes > 0) options += ",size=" + std::to_string(one.bytes);
    out.set(one.target, options);
  }
  return out;
}

// A container has at most what the task has; what several have together, Docker does not limit.
Value host_config(const ContainerPlan& plan) {
  const std::int64_t own = plan.spec.memory_bytes, all = plan.sandbox.memory_bytes;
  const std::int64_t memory = own > 0 && all > 0 ? std::min(own, all) : std::max(own, all);
  Value out = Value::Object{
      {"NetworkMode", plan.shares_machine ? std::string(kHostMode) : "container:" + plan.names.sandbox(plan.task)},
      {"ReadonlyRootfs", plan.spec.read_only_root},
      {"Init", plan.spec.init_process},
      {"Ulimits", ulimits(plan.spec.ulimits)},
      {"Mounts", mounts(plan)},
      {"Tmpfs", tmpfs(plan.spec.tmpfs)},
      {"CapAdd", texts(plan.spec.added_capabilities)},
      {"CapDrop",
       texts(plan.spec.drops_all_capabilities ? std::vector<std::string>{"ALL"} : plan.spec.dropped_capabilities)},
      {"PidsLimit", kPidsMax},
      {"LogConfig", Value::Object{{"Type", "json-file"}, {"Config", Value::Object{}}}},
      {"RestartPolicy", Value::Object{{"Name", "no"}}}};
  if (memory > 0) {
    out.set("Memory", memory);
    out.set("MemorySwap", memory);  // with memory: no swap beside it
  }
  if (plan.sandbox.cpu_units > 0) out.set("NanoCpus", plan.sandbox.cpu_units * kNanosPerUnit);
  if (plan.spec.cpu_units > 0) out.set("CpuShares", std::max<std::int64_t>(plan.spec.cpu_units, 2));
  return out;
}

}  // namespace

Value sandbox_body(const Names& names, const runtime::TaskId& task, const runtime::SandboxSpec& spec,
                   const Placement& placement, const std::string& image, bool mac_of_endpoint) {
  Value host = Value::Object{{"NetworkMode", placement.network}, {"RestartPolicy", Value::Object{{"Name", "no"}}}};
  if (!placement.resolver.empty()) {
    host.set("Dns", texts({placement.resolver}));
    if (!placement.domain.empty()) host.set("DnsSearch", texts({placement.domain}));
  }
  Value endpoint = Value::Object{{"IPAMConfig", Value::Object{{"IPv4Address", placement.address}}}};
  if (mac_of_endpoint && !placement.mac.empty()) endpoint.set("MacAddress", placement.mac);
  Value out =
      Value::Object{{"Image", image},
                    {"Hostname", spec.hostname},
                    {"Labels", labels(names, task)},
                    {"HostConfig", std::move(host)},
                    {"NetworkingConfig",
                     Value::Object{{"EndpointsConfig", Value::Object{{placement.network, std::move(endpoint)}}}}}};
  if (!mac_of_endpoint && !placement.mac.empty()) out.set("MacAddress", placement.mac);
  return out;
}

Value container_body(const ContainerPlan& plan) {
  std::map<std::string, std::string> all = plan.environment;
  for (const auto& [name, value] : plan.spec.environment) all[name] = value;
  std::vector<std::string> environment;
  for (const auto& [name, value] : all) environment.push_back(name + "=" + value);
  Value marks = labels(plan.names, plan.task);
  marks.set(kContainerLabel, plan.spec.name);
  marks.set(kStopSignalLabel, plan.stop_signal);
  Value out = Value::Object{{"Image", plan.image},
                            {"Env", texts(environment)},
                            {"Labels", std::move(marks)},
                            {"Healthcheck", Value::Object{{"Test", texts({"NONE"})}}},  // ECS ignores the image's
                            {"HostConfig", host_config(plan)}};
  if (plan.spec.entry_point) out.set("Entrypoint", texts(*plan.spec.entry_point));
  if (plan.spec.command) out.set("Cmd", texts(*plan.spec.command));
  if (!plan.spec.working_directory.empty()) out.set("WorkingDir", plan.spec.working_directory);
  if (!plan.spec.user.empty()) out.set("User", plan.spec.user);
  return out;
}

std::string start_failure(const std::string& message) {
  std::string what = message.substr(0, message.find('\n'));
  const std::size_t shim = what.find("failed to create shim");
  if (shim != std::string::npos) what.erase(0, shim);
  return "CannotStartContainerError: failed to create new container runtime task: " + what;
}

}  // namespace docker
