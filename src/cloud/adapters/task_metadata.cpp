#include "cloud/adapters/task_metadata.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/value.h"
#include "ecs/names.h"
#include "wire/json.h"
#include "wire/text.h"

namespace cloud {
namespace {

using base::Value;

// With what the network's plan adds.
struct Shown {
  const api::ecs::Task& task;
  const api::ecs::TaskDefinition& definition;
  const std::string& subnet_cidr;  // "" if it isn't known
};

constexpr std::size_t kTaskIdDigits = 32;
constexpr std::string_view kLabels = "com.amazonaws.ecs.";

void set_if(Value& json, std::string_view name, const std::optional<std::string>& text) {
  if (text) json.set(name, *text);
}
void set_if(Value& json, std::string_view name, const std::optional<base::TimePoint>& at) {
  if (at) json.set(name, wire::format_date_time(*at));
}

std::string last_part(const std::string& arn) {
  return arn.substr(arn.rfind('/') + 1);
}

// "256" -> 256; CPU units and MiB are texts in the API.
std::optional<std::int64_t> number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (!text) return std::nullopt;
  const char* const end = text->data() + text->size();
  const auto [at, failed] = std::from_chars(text->data(), end, value);
  return failed == std::errc{} && at == end ? std::optional(value) : std::nullopt;
}

// "10.0.1.0/24" -> "10.0.1.1/24"
std::string gateway_of(const std::string& cidr) {
  const std::size_t last = cidr.rfind('.') + 1;
  const std::size_t slash = cidr.find('/');
  const auto host = number(cidr.substr(last, slash - last));
  return host ? cidr.substr(0, last) + std::to_string(*host + 1) + cidr.substr(slash) : "";
}

Value networks(const Shown& shown) {
  const auto address = attachment_detail(shown.task, "privateIPv4Address");
  if (!address) return Value::Array{};
  Value network;
  network.set("NetworkMode", "awsvpc");
  network.set("IPv4Addresses", Value::Array{*address});
  network.set("AttachmentIndex", 0);
  set_if(network, "MACAddress", attachment_detail(shown.task, "macAddress"));
  if (!shown.subnet_cidr.empty()) {
    network.set("IPv4SubnetCIDRBlock", shown.subnet_cidr);
    network.set("SubnetGatewayIpv4Address", gateway_of(shown.subnet_cidr));
  }
  set_if(network, "PrivateDNSName", attachment_detail(shown.task, "privateDnsName"));
  return Value::Array{std::move(network)};
}

Value labels(const Shown& shown, const std::string& container) {
  Value json;
  const auto add = [&](std::string_view name, const std::string& value) {
    json.set(std::string(kLabels) + std::string(name), value);
  };
  add("cluster", shown.task.cluster_arn.value_or(""));
  add("container-name", container);
  add("task-arn", shown.task.task_arn.value_or(""));
  add("task-definition-family", shown.definition.family.value_or(""));
  add("task-definition-version", std::to_string(shown.definition.revision.value_or(0)));
  return json;
}

Value container_json(const Shown& shown, const api::ecs::Container& held,
                     const api::ecs::ContainerDefinition& defined) {
  const std::string name = held.name.value_or("");
  Value json;
  json.set("DockerId", held.runtime_id.value_or(ecs::metadata_id(last_part(shown.task.task_arn.value_or("")), name)));
  json.set("Name", name);
  json.set("DockerName", name);
  json.set("Image", held.image.value_or(""));
  json.set("ImageID", held.image_digest.value_or(""));
  json.set("Labels", labels(shown, name));
  json.set("DesiredStatus", shown.task.desired_status.value_or("RUNNING"));
  json.set("KnownStatus", held.last_status.value_or("PENDING"));
  if (held.exit_code) json.set("ExitCode", *held.exit_code);
  Value limits;
  limits.set("CPU", defined.cpu.value_or(0));
  if (defined.memory) limits.set("Memory", *defined.memory);
  json.set("Limits", std::move(limits));
  set_if(json, "CreatedAt", shown.task.created_at);
  set_if(json, "StartedAt", shown.task.started_at);
  json.set("Type", "NORMAL");
  if (defined.log_configuration) {
    json.set("LogDriver", defined.log_configuration->log_driver);
    Value options = Value::Object{};
    if (defined.log_configuration->options) {
      for (const auto& [key, value] : *defined.log_configuration->options) options.set(key, value);
    }
    json.set("LogOptions", std::move(options));
  }
  json.set("ContainerARN", held.container_arn.value_or(""));
  json.set("Networks", networks(shown));
  json.set("Snapshotter", "overlayfs");
  return json;
}

// Both lists have the task definition's order.
Value::Array containers_json(const Shown& shown) {
  Value::Array all;
  if (!shown.task.containers || !shown.definition.container_definitions) return all;
  const std::size_t count = std::min(shown.task.containers->size(), shown.definition.container_definitions->size());
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(container_json(shown, (*shown.task.containers)[i], (*shown.definition.container_definitions)[i]));
  }
  return all;
}

Value task_json(const Shown& shown, bool with_tags) {
  const api::ecs::Task& task = shown.task;
  Value json;
  json.set("Cluster", task.cluster_arn.value_or(""));
  json.set("TaskARN", task.task_arn.value_or(""));
  json.set("Family", shown.definition.family.value_or(""));
  json.set("Revision", std::to_string(shown.definition.revision.value_or(0)));
  json.set("DesiredStatus", task.desired_status.value_or("RUNNING"));
  json.set("KnownStatus", task.last_status.value_or("PENDING"));
  Value limits = Value::Object{};
  if (const auto cpu = number(task.cpu)) limits.set("CPU", static_cast<double>(*cpu) / 1024);
  if (const auto memory = number(task.memory)) limits.set("Memory", *memory);
  json.set("Limits", std::move(limits));
  set_if(json, "PullStartedAt", task.pull_started_at);
  set_if(json, "PullStoppedAt", task.pull_stopped_at);
  set_if(json, "AvailabilityZone", task.availability_zone);
  json.set("LaunchType", task.launch_type.value_or("FARGATE"));
  json.set("Containers", containers_json(shown));
  const std::string group = task.group.value_or("");
  if (group.starts_with("service:")) json.set("ServiceName", group.substr(group.find(':') + 1));
  if (!with_tags) return json;
  Value tags = Value::Object{};
  for (const auto& tag : task.tags.value_or(std::vector<api::ecs::Tag>{})) {
    tags.set(tag.key.value_or(""), tag.value.value_or(""));
  }
  json.set("TaskTags", std::move(tags));
  return json;
}

}  // namespace

std::optional<std::string> attachment_detail(const api::ecs::Task& task, std::string_view name) {
  for (const auto& attachment : task.attachments.value_or(std::vector<api::ecs::Attachment>{})) {
    for (const auto& one : attachment.details.value_or(std::vector<api::ecs::KeyValuePair>{})) {
      if (one.name == name) return one.value;
    }
  }
  return std::nullopt;
}

std::string task_of_metadata(std::string_view path) {
  return path.size() > kTaskIdDigits && path[kTaskIdDigits] == '-' ? std::string(path.substr(0, kTaskIdDigits)) : "";
}

std::optional<std::string> task_metadata_json(const ecs::ShownTask& of, const std::string& subnet_cidr,
                                              std::string_view path) {
  const Shown shown{of.task, of.definition, subnet_cidr};
  const std::string_view id = path.substr(0, path.find('/'));
  const std::string_view page = path.substr(id.size());
  const std::string task_id = last_part(shown.task.task_arn.value_or(""));
  const Value::Array all = containers_json(shown);
  const auto own = std::ranges::find_if(
      all, [&](const Value& one) { return ecs::metadata_id(task_id, one.find("Name")->as_string()) == id; });
  if (own == all.end()) return std::nullopt;
  if (page.empty()) return wire::write_json(*own);
  if (page == "/task") return wire::write_json(task_json(shown, false));
  if (page == "/taskWithTags") return wire::write_json(task_json(shown, true));
  return std::nullopt;
}

}  // namespace cloud
