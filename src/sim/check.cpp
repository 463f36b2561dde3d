#include "sim/check.h"

#include <algorithm>
#include <set>

#include "api/cloudwatch/operations.h"
#include "api/ecs/operations.h"
#include "base/fault.h"
#include "sim/deploy.h"

namespace sim {
namespace {

namespace cw = api::cloudwatch;

const std::set<std::string> kQueueMetrics = {"ApproximateAgeOfOldestMessage",
                                             "ApproximateAgeOfOldestMessageInQuietGroups",
                                             "ApproximateNumberOfGroupsWithInflightMessages",
                                             "ApproximateNumberOfMessagesDelayed",
                                             "ApproximateNumberOfMessagesDelayedInQuietGroups",
                                             "ApproximateNumberOfMessagesNotVisible",
                                             "ApproximateNumberOfMessagesNotVisibleInQuietGroups",
                                             "ApproximateNumberOfMessagesVisible",
                                             "ApproximateNumberOfMessagesVisibleInQuietGroups",
                                             "ApproximateNumberOfNoisyGroups",
                                             "NumberOfDeduplicatedSentMessages",
                                             "NumberOfEmptyReceives",
                                             "NumberOfMessagesDeleted",
                                             "NumberOfMessagesReceived",
                                             "NumberOfMessagesSent",
                                             "SentMessageSize"};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + last_part(name);
  return text.empty() ? "none" : text;
}

std::unexpected<Failure> refuse(const Scenario& scenario, std::size_t line, std::string text) {
  return std::unexpected(Failure{Complaint{line, std::move(text)}.in(scenario.workload_file)});
}

std::expected<void, Failure> check_queue(const Scenario& scenario, Stage& stage, const std::string& name,
                                         std::size_t line) {
  if (stage.names.queue_url(name)) return {};
  return refuse(scenario, line,
                "no template makes a queue \"" + name + "\"; there are: " + joined(stage.names.all_queues()));
}

std::expected<void, Failure> check_names(const Scenario& scenario, Stage& stage) {
  const auto check_service = [&](const std::string& name, std::size_t line) -> std::expected<void, Failure> {
    if (stage.names.service_arn(name)) return {};
    return refuse(scenario, line,
                  "no template makes a service \"" + name + "\"; there are: " + joined(stage.names.all_services()));
  };
  for (const auto& [name, model] : stage.workload.services) {
    CHECK(check_service(name, model.line));
    for (const Production& production : model.produce) {
      CHECK(check_queue(scenario, stage, production.queue, production.line));
    }
    if (!model.consume) continue;
    CHECK(check_queue(scenario, stage, model.consume->queue, model.consume->line));
    if (!model.consume->forward.empty()) {
      CHECK(check_queue(scenario, stage, model.consume->forward, model.consume->forward_line));
    }
  }
  for (const Production& production : stage.workload.arrivals) {
    CHECK(check_queue(scenario, stage, production.queue, production.line));
  }
  for (const Event& event : stage.workload.events) CHECK(check_service(event.service, event.line));
  return {};
}

struct Watched {
  std::string name_space, metric;
  std::vector<cw::Dimension> dimensions;
};

std::vector<Watched> watched_by(const cw::MetricAlarm& alarm) {
  std::vector<Watched> all;
  const std::vector<cw::Dimension> none;
  if (alarm.metric_name)
    all.push_back({alarm.namespace_.value_or(""), *alarm.metric_name, alarm.dimensions.value_or(none)});
  for (const auto& query : alarm.metrics.value_or(std::vector<cw::MetricDataQuery>())) {
    if (!query.metric_stat) continue;
    const cw::Metric& metric = query.metric_stat->metric;
    all.push_back({metric.namespace_.value_or(""), metric.metric_name.value_or(""), metric.dimensions.value_or(none)});
  }
  return all;
}

bool has_insights(Stage& stage, const std::string& cluster) {
  api::ecs::DescribeClustersRequest input;
  input.clusters = std::vector<std::string>{cluster};
  input.include = std::vector<std::string>{"SETTINGS"};
  const auto answer = stage.world.call<api::ecs::DescribeClusters>(std::move(input));
  if (!answer || !answer->clusters || answer->clusters->empty()) return false;
  for (const auto& setting : answer->clusters->front().settings.value_or(std::vector<api::ecs::ClusterSetting>())) {
    if (setting.name == "containerInsights") return setting.value == "enabled" || setting.value == "enhanced";
  }
  return false;
}

// Why nobody publishes this metric; "" when somebody does.
std::string unknown(const Watched& watched, Stage& stage) {
  if (watched.name_space == "AWS/SQS") {
    if (!kQueueMetrics.contains(watched.metric)) return "AWS/SQS has no metric " + watched.metric;
    for (const cw::Dimension& dimension : watched.dimensions) {
      if (dimension.name != "QueueName")
        return "metrics of AWS/SQS have the dimension QueueName and no " + dimension.name;
      const auto urls = stage.names.all_queues();
      const bool there = std::ranges::any_of(urls, [&](const auto& url) { return last_part(url) == dimension.value; });
      if (!there) return "there is no queue " + dimension.value;
    }
    return watched.dimensions.empty() ? "metrics of AWS/SQS have the dimension QueueName" : "";
  }
  if (watched.name_space == "AWS/ECS") {
    const bool known = watched.metric == "CPUUtilization" || watched.metric == "MemoryUtilization";
    return known ? "" : "AWS/ECS has no metric " + watched.metric + " here";
  }
  if (watched.name_space == "ECS/ContainerInsights") {
    for (const cw::Dimension& dimension : watched.dimensions) {
      if (dimension.name == "ClusterName" && !has_insights(stage, dimension.value)) {
        return "Container Insights are off in the cluster " + dimension.value;
      }
    }
    return "";
  }
  return "nothing in this simulation publishes " + watched.name_space + " " + watched.metric;
}

bool scales(const cw::MetricAlarm& alarm) {
  const auto actions = alarm.alarm_actions.value_or(std::vector<std::string>());
  return std::ranges::any_of(actions, [](const auto& arn) { return arn.find(":scalingPolicy:") != std::string::npos; });
}

std::expected<void, Failure> check_metrics(const Scenario& scenario, Stage& stage, std::vector<std::string>& notes) {
  cw::DescribeAlarmsInput input;
  input.max_records = 100;
  for (;;) {
    const auto page = stage.world.call<cw::DescribeAlarms>(input);
    if (!page) return {};
    for (const auto& alarm : page->metric_alarms.value_or(std::vector<cw::MetricAlarm>())) {
      for (const Watched& watched : watched_by(alarm)) {
        const std::string why = unknown(watched, stage);
        if (why.empty()) continue;
        const std::string text = "the alarm " + alarm.alarm_name.value_or("") + " never gets data: " + why;
        if (scales(alarm)) {
          return std::unexpected(Failure{place_of(scenario, watched.metric) + ": no scaling would happen: " + text});
        }
        notes.push_back(text);
      }
    }
    if (!page->next_token) return {};
    input.next_token = page->next_token;
  }
}

}  // namespace

std::expected<void, Failure> check_fit(const Scenario& scenario, Stage& stage, const ModelRuntime& runtime,
                                       std::vector<std::string>& notes) {
  CHECK(check_names(scenario, stage));
  CHECK(check_metrics(scenario, stage, notes));
  for (const std::string& arn : runtime.idle_services()) {
    notes.push_back("the workload says nothing of the service " + last_part(arn) + ": its tasks run and do nothing");
  }
  return {};
}

}  // namespace sim
