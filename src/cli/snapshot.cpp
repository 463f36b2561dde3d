#include "cli/snapshot.h"

#include "api/autoscaling/operations.h"
#include "api/cloudformation/operations.h"
#include "api/cloudwatch/operations.h"
#include "api/ecs/operations.h"
#include "api/sqs/operations.h"
#include "wire/json.h"

namespace cli {
namespace {

// DescribeServices takes ten at a time.
constexpr std::size_t kServicesAtOnce = 10;
constexpr std::int64_t kActivitiesShown = 5;
constexpr std::size_t kDenialsShown = 5;

using Done = std::expected<void, client::Error>;

Done read_clock(client::Client& client, Snapshot& into) {
  TRY(const std::string page, client.get("/_renkei/health"));
  const auto health = wire::parse_json(page);
  if (!health) return std::unexpected(client::Error{"", "the server is no renkei: /_renkei/health is not JSON"});
  if (const auto* time = health->find("unix_millis")) into.time = base::from_unix_millis(time->as_integer());
  if (const auto* speed = health->find("speed")) into.speed = speed->as_double();
  return {};
}

Done read_stacks(client::Client& client, Snapshot& into) {
  std::optional<std::string> token;
  do {
    TRY(auto page, client.call<api::cloudformation::DescribeStacks>({.next_token = token}));
    for (const auto& stack : page.stacks.value_or(std::vector<api::cloudformation::Stack>{})) {
      into.stacks.push_back(
          {stack.stack_name, stack.stack_status, stack.stack_status_reason.value_or(""), stack.parent_id.has_value()});
    }
    token = page.next_token;
  } while (token);
  return {};
}

Done read_services_of(client::Client& client, const std::string& cluster, Snapshot& into) {
  std::optional<std::string> token;
  do {
    TRY(auto page,
        client.call<api::ecs::ListServices>({.cluster = cluster, .max_results = kServicesAtOnce, .next_token = token}));
    token = page.next_token;
    if (!page.service_arns || page.service_arns->empty()) continue;
    TRY(auto described, client.call<api::ecs::DescribeServices>({.cluster = cluster, .services = *page.service_arns}));
    for (const auto& service : described.services.value_or(std::vector<api::ecs::Service>{})) {
      const auto& events = service.events;
      into.services.push_back({cluster.substr(cluster.rfind('/') + 1), service.service_name.value_or(""),
                               service.desired_count.value_or(0), service.running_count.value_or(0),
                               service.pending_count.value_or(0),
                               events && !events->empty() ? events->front().message.value_or("") : ""});
    }
  } while (token);
  return {};
}

Done read_services(client::Client& client, Snapshot& into) {
  std::optional<std::string> token;
  do {
    TRY(auto page, client.call<api::ecs::ListClusters>({.next_token = token}));
    for (const std::string& cluster : page.cluster_arns.value_or(std::vector<std::string>{})) {
      CHECK(read_services_of(client, cluster, into));
    }
    token = page.next_token;
  } while (token);
  return {};
}

Done read_queues(client::Client& client, Snapshot& into) {
  std::optional<std::string> token;
  do {
    TRY(auto page, client.call<api::sqs::ListQueues>({.max_results = 1000, .next_token = token}));
    for (const std::string& url : page.queue_urls.value_or(std::vector<std::string>{})) {
      auto answer = client.call<api::sqs::GetQueueAttributes>({.attribute_names = {{"All"}}, .queue_url = url});
      if (!answer) continue;  // deleted meanwhile
      const auto count = [&](const char* name) {
        return answer->attributes && answer->attributes->contains(name) ? std::stoll(answer->attributes->at(name)) : 0;
      };
      into.queues.push_back({url.substr(url.rfind('/') + 1), count("ApproximateNumberOfMessages"),
                             count("ApproximateNumberOfMessagesNotVisible"),
                             count("ApproximateNumberOfMessagesDelayed")});
    }
    token = page.next_token;
  } while (token);
  return {};
}

Done read_alarms(client::Client& client, Snapshot& into) {
  std::optional<std::string> token;
  do {
    TRY(auto page, client.call<api::cloudwatch::DescribeAlarms>({.next_token = token}));
    for (const auto& alarm : page.metric_alarms.value_or(std::vector<api::cloudwatch::MetricAlarm>{})) {
      into.alarms.push_back(
          {alarm.alarm_name.value_or(""), alarm.state_value.value_or(""), alarm.state_reason.value_or("")});
    }
    token = page.next_token;
  } while (token);
  return {};
}

Done read_activities(client::Client& client, Snapshot& into) {
  TRY(auto page, client.call<api::autoscaling::DescribeScalingActivities>(
                     {.max_results = kActivitiesShown, .service_namespace = "ecs"}));
  for (const auto& one : page.scaling_activities.value_or(std::vector<api::autoscaling::ScalingActivity>{})) {
    into.activities.push_back({one.start_time, one.description, one.cause, one.status_code});
  }
  return {};
}

Done read_denials(client::Client& client, Snapshot& into) {
  TRY(const std::string page, client.get("/_renkei/denials"));
  const auto json = wire::parse_json(page);
  const base::Value* list = json ? json->find("denials") : nullptr;
  if (list == nullptr || !list->is_array()) return {};
  for (const base::Value& one : list->as_array()) {
    if (into.denials.size() == kDenialsShown) break;
    const auto text = [&](const char* name) {
      const base::Value* value = one.find(name);
      return value == nullptr ? "" : value->to_text();
    };
    const base::Value* at = one.find("unix_millis");
    into.denials.push_back({base::from_unix_millis(at == nullptr ? 0 : at->as_integer()), text("principal"),
                            text("action"), text("resource"), text("reason")});
  }
  return {};
}

Colour colour_of(const std::string& state) {
  if (state == "ALARM" || state.find("FAILED") != std::string::npos || state.find("ROLLBACK") != std::string::npos) {
    return Colour::Red;
  }
  return state == "OK" || state.ends_with("COMPLETE") ? Colour::Green : Colour::Yellow;
}

}  // namespace

std::expected<Snapshot, client::Error> take_snapshot(client::Client& client) {
  Snapshot snapshot;
  CHECK(read_clock(client, snapshot));
  CHECK(read_stacks(client, snapshot));
  CHECK(read_services(client, snapshot));
  CHECK(read_queues(client, snapshot));
  CHECK(read_alarms(client, snapshot));
  CHECK(read_activities(client, snapshot));
  CHECK(read_denials(client, snapshot));
  return snapshot;
}

base::Value Snapshot::to_value() const {
  base::Value::Array stack_list, service_list, queue_list, alarm_list, activity_list, denial_list;
  for (const Stack& stack : stacks) {
    stack_list.push_back(base::Value::Object{
        {"name", stack.name}, {"status", stack.status}, {"reason", stack.reason}, {"nested", stack.nested}});
  }
  for (const Service& service : services) {
    service_list.push_back(base::Value::Object{{"cluster", service.cluster},
                                               {"name", service.name},
                                               {"desired", service.desired},
                                               {"running", service.running},
                                               {"pending", service.pending},
                                               {"last_event", service.last_event}});
  }
  for (const Queue& queue : queues) {
    queue_list.push_back(base::Value::Object{
        {"name", queue.name}, {"visible", queue.visible}, {"in_flight", queue.in_flight}, {"delayed", queue.delayed}});
  }
  for (const Alarm& alarm : alarms) {
    alarm_list.push_back(base::Value::Object{{"name", alarm.name}, {"state", alarm.state}, {"reason", alarm.reason}});
  }
  for (const Activity& one : activities) {
    activity_list.push_back(base::Value::Object{
        {"time", date_time(one.at)}, {"description", one.description}, {"cause", one.cause}, {"status", one.status}});
  }
  for (const Denial& one : denials) {
    denial_list.push_back(base::Value::Object{{"time", date_time(one.at)},
                                              {"principal", one.principal},
                                              {"action", one.action},
                                              {"resource", one.resource},
                                              {"reason", one.reason}});
  }
  return base::Value::Object{
      {"time", date_time(time)},         {"unix_millis", base::unix_millis(time)}, {"speed", speed},
      {"stacks", std::move(stack_list)}, {"services", std::move(service_list)},    {"queues", std::move(queue_list)},
      {"alarms", std::move(alarm_list)}, {"activities", std::move(activity_list)}, {"denials", std::move(denial_list)}};
}

std::string Snapshot::to_text() const {
  std::string text = "time " + date_time(time);
  if (speed != 1) text += "  (time-lapse, " + base::Value(speed).to_text() + " times real time)";
  text += "\n";
  const auto section = [&](const TextTable& table) {
    if (!table.empty()) text += "\n" + table.to_text();
  };
  TextTable stack_table({"stack", "status"});
  for (const Stack& stack : stacks) {
    stack_table.add({(stack.nested ? "  " : "") + stack.name, coloured(stack.status, colour_of(stack.status)) +
                                                                  (stack.reason.empty() ? "" : "  " + stack.reason)});
  }
  section(stack_table);
  TextTable service_table({"service", "desired", "running", "pending", "last event"});
  for (const Service& service : services) {
    service_table.add({service.cluster + "/" + service.name, std::to_string(service.desired),
                       std::to_string(service.running), std::to_string(service.pending), service.last_event});
  }
  section(service_table);
  TextTable queue_table({"queue", "visible", "in flight", "delayed"});
  for (const Queue& queue : queues) {
    queue_table.add(
        {queue.name, std::to_string(queue.visible), std::to_string(queue.in_flight), std::to_string(queue.delayed)});
  }
  section(queue_table);
  TextTable alarm_table({"alarm", "state"});
  for (const Alarm& alarm : alarms) alarm_table.add({alarm.name, coloured(alarm.state, colour_of(alarm.state))});
  section(alarm_table);
  TextTable activity_table({"scaling", "status", "what", "why"});
  for (const Activity& one : activities) {
    activity_table.add({clock_time(one.at), one.status, one.description, one.cause});
  }
  section(activity_table);
  TextTable denial_table({"refused", "who", "what", "on", "why"});
  for (const Denial& one : denials) {
    denial_table.add(
        {clock_time(one.at), one.principal.substr(one.principal.find('/') + 1), one.action, one.resource, one.reason});
  }
  section(denial_table);
  if (stacks.empty() && services.empty() && queues.empty())
    text += "\n  nothing is deployed yet; try: renkei up TEMPLATE\n";
  return text;
}

}  // namespace cli
