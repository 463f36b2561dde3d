#include "cloud/adapters/task_stats.h"

#include <algorithm>

#include "base/value.h"
#include "ecs/names.h"
#include "wire/json.h"
#include "wire/text.h"

namespace cloud {
namespace {

using base::Value;
using Stats = runtime::event::Stats;

constexpr const char* kNever = "0001-01-01T00:00:00Z";  // Go's time of nothing, which Docker shows

Value usage(const Stats::Cpu& cpu, int online) {
  Value total;
  total.set("total_usage", cpu.total_nanos);
  if (!cpu.per_cpu_nanos.empty()) {
    Value::Array each;
    for (const std::int64_t nanos : cpu.per_cpu_nanos) each.emplace_back(nanos);
    total.set("percpu_usage", std::move(each));
  }
  total.set("usage_in_kernelmode", cpu.kernel_nanos);
  total.set("usage_in_usermode", cpu.user_nanos);
  Value throttling;
  throttling.set("periods", cpu.periods);
  throttling.set("throttled_periods", cpu.throttled_periods);
  throttling.set("throttled_time", cpu.throttled_nanos);
  Value json;
  json.set("cpu_usage", std::move(total));
  json.set("system_cpu_usage", cpu.system_nanos);
  json.set("online_cpus", online);
  json.set("throttling_data", std::move(throttling));
  return json;
}

Value disk(const std::vector<Stats::Disk>& all) {
  Value::Array json;
  for (const Stats::Disk& one : all) {
    Value entry;
    entry.set("major", one.major);
    entry.set("minor", one.minor);
    entry.set("op", one.operation);
    entry.set("value", one.value);
    json.push_back(std::move(entry));
  }
  return json;
}

Value memory(const Stats::Container& container) {
  Value detail = Value::Object{};
  for (const auto& [name, value] : container.memory) detail.set(name, value);
  Value json;
  json.set("usage", container.memory_bytes);
  json.set("max_usage", container.memory_max_bytes);
  json.set("stats", std::move(detail));
  json.set("limit", container.memory_limit_bytes);
  return json;
}

Value networks(const std::vector<Stats::Interface>& interfaces) {
  Value json = Value::Object{};
  for (const Stats::Interface& one : interfaces) {
    Value entry;
    entry.set("rx_bytes", one.rx_bytes);
    entry.set("rx_packets", one.rx_packets);
    entry.set("rx_errors", one.rx_errors);
    entry.set("rx_dropped", one.rx_dropped);
    entry.set("tx_bytes", one.tx_bytes);
    entry.set("tx_packets", one.tx_packets);
    entry.set("tx_errors", one.tx_errors);
    entry.set("tx_dropped", one.tx_dropped);
    json.set(one.name, std::move(entry));
  }
  return json;
}

Value container_json(const std::string& id, const Stats::Container& container, const Stats& stats) {
  const bool first = container.before_at == base::TimePoint{};
  Value json;
  json.set("read", wire::format_date_time(stats.at));
  json.set("preread", first ? std::string(kNever) : wire::format_date_time(container.before_at));
  Value processes;
  processes.set("current", container.processes);
  json.set("pids_stats", std::move(processes));
  Value blocks;
  blocks.set("io_service_bytes_recursive", disk(container.disk_bytes));
  blocks.set("io_serviced_recursive", disk(container.disk_operations));
  for (const char* none : {"io_queue_recursive", "io_service_time_recursive", "io_wait_time_recursive",
                           "io_merged_recursive", "io_time_recursive", "sectors_recursive"}) {
    blocks.set(none, Value::Array{});
  }
  json.set("blkio_stats", std::move(blocks));
  json.set("num_procs", 0);  // of Windows
  json.set("storage_stats", Value::Object{});
  json.set("cpu_stats", usage(container.cpu, stats.online_cpus));
  json.set("precpu_stats", usage(container.cpu_before, first ? 0 : stats.online_cpus));
  json.set("memory_stats", memory(container));
  json.set("name", container.name);
  json.set("id", id);
  json.set("networks", networks(stats.interfaces));
  return json;
}

std::string task_id(const ecs::ShownTask& shown) {
  return ecs::last_part(shown.task.task_arn.value_or(""));
}

}  // namespace

std::string container_stats_json(const ecs::ShownTask& shown, const std::string& metadata_id, const Stats& stats) {
  for (const Stats::Container& container : stats.containers) {
    const std::string id = ecs::metadata_id(task_id(shown), container.name);
    if (id == metadata_id) return wire::write_json(container_json(id, container, stats));
  }
  return "null";
}

// Every container of the definition is there; what doesn't run is null.
std::string task_stats_json(const ecs::ShownTask& shown, const Stats& stats) {
  Value json = Value::Object{};
  for (const auto& held : shown.task.containers.value_or(std::vector<api::ecs::Container>{})) {
    const std::string name = held.name.value_or("");
    const std::string id = ecs::metadata_id(task_id(shown), name);
    const auto found = std::ranges::find(stats.containers, name, &Stats::Container::name);
    json.set(id, found == stats.containers.end() ? Value() : container_json(id, *found, stats));
  }
  return wire::write_json(json);
}

}  // namespace cloud
