#include "ecs/deployment_alarms.h"

#include <algorithm>

#include "api/cloudwatch/operations.h"

namespace ecs {
namespace {

constexpr std::size_t kNamesMax = 100;  // of DescribeAlarms

base::Duration looks_back(const api::cloudwatch::MetricAlarm& alarm) {
  return std::chrono::seconds(alarm.period.value_or(60) * alarm.evaluation_periods.value_or(1));
}

}  // namespace

AlarmsSeen look_at_alarms(const std::vector<std::string>& names, service::Context& ctx) {
  AlarmsSeen seen;
  for (std::size_t from = 0; from < names.size(); from += kNamesMax) {
    api::cloudwatch::DescribeAlarmsInput wanted;
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(from);
    wanted.alarm_names.emplace(first, first + static_cast<std::ptrdiff_t>(std::min(kNamesMax, names.size() - from)));
    wanted.max_records = static_cast<std::int64_t>(kNamesMax);
    const auto answer = service::call<api::cloudwatch::DescribeAlarms>(std::move(wanted), ctx);
    if (!answer || !answer->metric_alarms) continue;
    for (const auto& alarm : *answer->metric_alarms) {
      seen.in_alarm = seen.in_alarm || alarm.state_value == "ALARM";
      seen.bake = std::max(seen.bake, looks_back(alarm));
    }
  }
  return seen;
}

}  // namespace ecs
