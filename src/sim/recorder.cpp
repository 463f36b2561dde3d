#include "sim/recorder.h"

#include <algorithm>
#include <charconv>

#include "api/autoscaling/operations.h"
#include "api/cloudwatch/operations.h"
#include "api/ecs/operations.h"
#include "api/sqs/operations.h"
#include "wire/json.h"

namespace sim {
namespace {

namespace as = api::autoscaling;
namespace cw = api::cloudwatch;

constexpr std::size_t kDescribedMax = 10;  // services in one DescribeServices
constexpr std::int64_t kPointsMax = 1440;  // in one GetMetricStatistics

std::int64_t whole(const std::map<std::string, std::string>& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  std::int64_t number = 0;
  if (found != attributes.end()) {
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
  }
  return number;
}

std::string short_service(const std::string& resource_id) {
  return resource_id.starts_with("service/") ? resource_id.substr(8) : resource_id;
}

// "worker high" for TargetTracking-service/prod/worker-AlarmHigh-<uuid>.
std::string label_of(const std::string& alarm) {
  for (const auto& [part, word] : {std::pair("-AlarmHigh-", " high"), std::pair("-AlarmLow-", " low")}) {
    const std::size_t at = alarm.find(part);
    if (at != std::string::npos) return last_part(alarm.substr(0, at)) + word;
  }
  return alarm;
}

// The number in "Setting desired count to 3."
std::optional<std::int64_t> desired_in(const std::string& description) {
  constexpr std::string_view kText = "Setting desired count to ";
  if (!description.starts_with(kText)) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(description.data() + kText.size(), description.data() + description.size(), number);
  return number;
}

}  // namespace

Recorder::Recorder(Stage& stage, ModelRuntime& runtime, base::Duration every) : stage_(stage), runtime_(runtime) {
  result_.start = stage.world.now();
  result_.every = every;
  result_.region = stage.world.region();
}

void Recorder::begin(base::TimePoint end) {
  end_ = end;
  sample();
}

void Recorder::sample() {
  find_new();
  for (auto& [url, track] : queues_) sample_queue(track);
  sample_services();
  sample_alarms();
  ++samples_;
  if (stage_.world.now() + result_.every <= end_) stage_.world.after(result_.every, [this] { sample(); });
}

// Stacks make queues and services on the way; what was not there yet was empty.
void Recorder::find_new() {
  for (const std::string& url : stage_.names.all_queues()) {
    QueueTrack& track = queues_[url];
    track.url = url;
    track.result.name = last_part(url);
    for (auto* series : {&track.result.visible, &track.result.in_flight, &track.result.delayed, &track.result.sent,
                         &track.result.handled}) {
      series->resize(samples_, 0);
    }
  }
  for (const std::string& arn : stage_.names.all_services()) {
    ServiceResult& service = services_[arn];
    service.arn = arn;
    service.name = last_part(arn);
    service.cluster = cluster_of(arn);
    for (auto* series : {&service.desired, &service.running, &service.pending}) series->resize(samples_, 0);
    service.billed.resize(samples_, 0);
  }
}

void Recorder::sample_queue(QueueTrack& track) {
  api::sqs::GetQueueAttributesRequest input;
  input.queue_url = track.url;
  input.attribute_names = std::vector<std::string>{
      "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"};
  const auto answer = stage_.world.call<api::sqs::GetQueueAttributes>(std::move(input));
  const std::map<std::string, std::string> attributes =
      answer ? answer->attributes.value_or(std::map<std::string, std::string>()) : std::map<std::string, std::string>();
  QueueResult& result = track.result;
  result.visible.push_back(whole(attributes, "ApproximateNumberOfMessages"));
  result.in_flight.push_back(whole(attributes, "ApproximateNumberOfMessagesNotVisible"));
  result.delayed.push_back(whole(attributes, "ApproximateNumberOfMessagesDelayed"));
  const QueueTotals& totals = stage_.ledger.totals(result.name);
  result.sent.push_back(static_cast<std::int64_t>(totals.sent - track.sent));
  result.handled.push_back(static_cast<std::int64_t>(totals.handled - track.handled));
  track.sent = totals.sent;
  track.handled = totals.handled;
}

void Recorder::sample_services() {
  const auto totals = runtime_.totals();
  std::map<std::string, std::vector<ServiceResult*>> by_cluster;
  for (auto& [arn, service] : services_) {
    by_cluster[service.cluster].push_back(&service);
    const auto total = totals.find(arn);
    service.billed.push_back(total == totals.end() ? 0 : total->second.billed_seconds);
  }
  for (const auto& [cluster, members] : by_cluster) {
    for (std::size_t from = 0; from < members.size(); from += kDescribedMax) {
      const std::size_t to = std::min(from + kDescribedMax, members.size());
      api::ecs::DescribeServicesRequest input;
      input.cluster = cluster;
      for (std::size_t i = from; i < to; ++i) input.services.push_back(members[i]->name);
      const auto answer = stage_.world.call<api::ecs::DescribeServices>(std::move(input));
      std::map<std::string, const api::ecs::Service*> found;
      if (answer && answer->services) {
        for (const auto& one : *answer->services) found[one.service_name.value_or("")] = &one;
      }
      for (std::size_t i = from; i < to; ++i) {
        const auto one = found.find(members[i]->name);
        const bool there = one != found.end();
        members[i]->desired.push_back(there ? one->second->desired_count.value_or(0) : 0);
        members[i]->running.push_back(there ? one->second->running_count.value_or(0) : 0);
        members[i]->pending.push_back(there ? one->second->pending_count.value_or(0) : 0);
      }
    }
  }
}

void Recorder::sample_alarms() {
  cw::DescribeAlarmsInput input;
  input.max_records = 100;
  for (;;) {
    const auto page = stage_.world.call<cw::DescribeAlarms>(input);
    if (!page) return;
    for (const auto& alarm : page->metric_alarms.value_or(std::vector<cw::MetricAlarm>())) {
      AlarmResult& track = alarms_[alarm.alarm_name.value_or("")];
      const base::TimePoint since =
          alarm.state_transitioned_timestamp.value_or(alarm.state_updated_timestamp.value_or(stage_.world.now()));
      const std::string state = alarm.state_value.value_or("");
      if (track.spans.empty()) {
        track.name = alarm.alarm_name.value_or("");
        track.label = label_of(track.name);
        track.metric = alarm.metric_name.value_or("");
        track.threshold = alarm.threshold.value_or(0);
        track.spans.push_back({since, stage_.world.now(), state});
      }
      AlarmSpan& last = track.spans.back();
      if (last.state == state) {
        last.to = stage_.world.now();
      } else {
        last.to = since;
        track.spans.push_back({since, stage_.world.now(), state});
      }
    }
    if (!page->next_token) return;
    input.next_token = page->next_token;
  }
}

void Recorder::describe_queue(QueueTrack& track) {
  api::sqs::GetQueueAttributesRequest input;
  input.queue_url = track.url;
  input.attribute_names = std::vector<std::string>{"All"};
  const auto answer = stage_.world.call<api::sqs::GetQueueAttributes>(std::move(input));
  if (!answer || !answer->attributes) return;
  QueueResult& result = track.result;
  result.visibility_seconds = whole(*answer->attributes, "VisibilityTimeout");
  result.left = whole(*answer->attributes, "ApproximateNumberOfMessages") +
                whole(*answer->attributes, "ApproximateNumberOfMessagesNotVisible") +
                whole(*answer->attributes, "ApproximateNumberOfMessagesDelayed");
  result.totals = stage_.ledger.totals(result.name);
  const auto redrive = answer->attributes->find("RedrivePolicy");
  if (redrive == answer->attributes->end()) return;
  const auto policy = wire::parse_json(redrive->second);
  if (!policy) return;
  if (const auto* max = policy->find("maxReceiveCount")) {
    result.max_receives = max->is_integer() ? max->as_integer() : 0;
    const std::string text = max->to_text();
    if (result.max_receives == 0) std::from_chars(text.data(), text.data() + text.size(), result.max_receives);
  }
  if (const auto* target = policy->find("deadLetterTargetArn"); target != nullptr && target->is_string()) {
    const std::string arn = target->as_string();
    result.dead_letter_queue = arn.substr(arn.rfind(':') + 1);
  }
}

void Recorder::read_ages(QueueTrack& track) {
  cw::GetMetricStatisticsInput input;
  input.namespace_ = "AWS/SQS";
  input.metric_name = "ApproximateAgeOfOldestMessage";
  input.dimensions = std::vector<cw::Dimension>{{"QueueName", track.result.name}};
  input.statistics = std::vector<std::string>{"Maximum"};
  // Older minutes are rolled up, into periods of five minutes and then of an hour.
  const base::Duration span = end_ - result_.start;
  input.period = span < std::chrono::days(15) ? 60 : span < std::chrono::days(63) ? 300 : 3600;
  const base::Duration step = std::chrono::seconds(input.period) * kPointsMax;
  for (base::TimePoint from = result_.start; from < end_; from += step) {
    input.start_time = from;
    input.end_time = std::min(from + step, end_);
    const auto answer = stage_.world.call<cw::GetMetricStatistics>(input);
    if (!answer || !answer->datapoints) continue;
    for (const auto& point : *answer->datapoints) track.result.ages.push_back(point.maximum.value_or(0));
  }
  std::ranges::sort(track.result.ages);
}

void Recorder::read_activities() {
  as::DescribeScalingActivitiesRequest input;
  input.service_namespace = "ecs";
  input.include_not_scaled_activities = true;
  for (;;) {
    const auto page = stage_.world.call<as::DescribeScalingActivities>(input);
    if (!page) break;
    for (const auto& one : page->scaling_activities.value_or(std::vector<as::ScalingActivity>())) {
      ActivityResult& made = result_.activities.emplace_back();
      made.at = one.start_time;
      made.end = one.end_time.value_or(base::kNever);
      made.service = short_service(one.resource_id);
      made.description = one.description;
      made.cause = one.cause;
      made.status = one.status_code;
      made.message = one.status_message.value_or("");
      for (const auto& reason : one.not_scaled_reasons.value_or(std::vector<as::NotScaledReason>())) {
        made.not_scaled.push_back(reason.code);
      }
    }
    if (!page->next_token) break;
    input.next_token = page->next_token;
  }
  std::ranges::stable_sort(result_.activities, {}, &ActivityResult::at);
}

void Recorder::read_targets() {
  as::DescribeScalableTargetsRequest input;
  input.service_namespace = "ecs";
  for (;;) {
    const auto page = stage_.world.call<as::DescribeScalableTargets>(input);
    if (!page) return;
    for (const auto& target : page->scalable_targets.value_or(std::vector<as::ScalableTarget>())) {
      for (auto& [arn, service] : services_) {
        if (service.cluster + "/" + service.name != short_service(target.resource_id)) continue;
        service.scales = true;
        service.min_capacity = target.min_capacity;
        service.max_capacity = target.max_capacity;
      }
    }
    if (!page->next_token) return;
    input.next_token = page->next_token;
  }
}

void Recorder::read_policies() {
  as::DescribeScalingPoliciesRequest input;
  input.service_namespace = "ecs";
  const auto page = stage_.world.call<as::DescribeScalingPolicies>(input);
  if (!page) return;
  for (const auto& one : page->scaling_policies.value_or(std::vector<as::ScalingPolicy>())) {
    PolicyResult& made = result_.policies.emplace_back();
    made.name = one.policy_name;
    made.service = short_service(one.resource_id);
    const auto& tracking = one.target_tracking_scaling_policy_configuration;
    if (!tracking) continue;
    made.tracks = true;
    made.target = tracking->target_value;
    made.out_cooldown = tracking->scale_out_cooldown.value_or(300);
    made.in_cooldown = tracking->scale_in_cooldown.value_or(300);
    if (const auto& predefined = tracking->predefined_metric_specification) {
      made.metric = predefined->predefined_metric_type;
    }
    const auto& custom = tracking->customized_metric_specification;
    if (!custom) continue;
    made.metric_namespace = custom->namespace_.value_or("");
    made.metric = custom->metric_name.value_or("");
    for (const auto& dimension : custom->dimensions.value_or(std::vector<as::MetricDimension>())) {
      made.dimensions[dimension.name] = dimension.value;
    }
    for (const auto& query : custom->metrics.value_or(std::vector<as::TargetTrackingMetricDataQuery>())) {
      if (query.return_data.value_or(true) && query.expression) made.expression = *query.expression;
    }
  }
}

void Recorder::derive_changes(ServiceResult& service) {
  std::int64_t last = 0;
  for (const ActivityResult& activity : result_.activities) {
    const auto desired = desired_in(activity.description);
    if (!desired || activity.service != service.cluster + "/" + service.name || activity.status == "Failed") continue;
    if (service.changes.empty()) {
      const auto before = static_cast<std::size_t>((activity.at - result_.start) / result_.every);
      last = before < service.desired.size() ? service.desired[before] : 0;
    }
    service.changes.push_back({activity.at, last, *desired, activity.cause});
    last = *desired;
  }
  for (std::size_t i = 1; i < service.changes.size(); ++i) {
    const Change& before = service.changes[i - 1];
    const Change& after = service.changes[i];
    const bool turns = (before.to > before.from) != (after.to > after.from) && after.to != after.from;
    if (turns && after.at - before.at <= kFlapWithin) ++service.flaps;
  }
}

// What a dead-letter queue got: what is there, and what was taken from there.
void Recorder::count_dead_letters() {
  for (QueueResult& queue : result_.queues) {
    if (queue.dead_letter_queue.empty()) continue;
    for (QueueResult& dead : result_.queues) {
      if (dead.name != queue.dead_letter_queue) continue;
      dead.dead_letters = true;
      queue.dead_lettered = static_cast<std::uint64_t>(dead.left) + dead.totals.handled;
    }
  }
}

void Recorder::sum_services() {
  const auto totals = runtime_.totals();
  for (auto& [arn, service] : services_) {
    if (const auto at = totals.find(arn); at != totals.end()) {
      const ServiceTotals& sum = at->second;
      service.launched = sum.launched;
      service.crashed = sum.crashed;
      service.killed = sum.killed;
      service.billed_seconds = sum.billed_seconds;
      service.vcpu_seconds = sum.vcpu_seconds;
      service.gib_seconds = sum.gib_seconds;
      service.running_seconds = sum.running_seconds;
      if (sum.worker_seconds > 0) service.busy_share = base::to_seconds(sum.busy) / sum.worker_seconds;
      service.arm = sum.arm;
    }
    for (const std::string& name : stage_.names.names_of_service(arn)) {
      const auto model = stage_.workload.services.find(name);
      if (model == stage_.workload.services.end()) continue;
      service.model = name;
      if (!model->second.consume) continue;
      const auto url = stage_.names.queue_url(model->second.consume->queue);
      service.consumes = url ? last_part(*url) : "";
    }
    derive_changes(service);
    result_.services.push_back(std::move(service));
  }
}

Result Recorder::finish(base::TimePoint deployed) {
  result_.end = end_;
  result_.deployed = deployed;
  result_.steps = stage_.world.steps();
  sample_alarms();
  read_activities();
  read_targets();
  read_policies();
  for (auto& [url, track] : queues_) {
    describe_queue(track);
    read_ages(track);
    result_.queues.push_back(std::move(track.result));
  }
  std::ranges::sort(result_.queues, {}, &QueueResult::name);
  count_dead_letters();
  sum_services();
  for (auto& [name, alarm] : alarms_) {
    if (!alarm.spans.empty()) alarm.spans.back().to = end_;
    result_.alarms.push_back(std::move(alarm));
  }
  std::ranges::stable_sort(result_.alarms, {}, &AlarmResult::label);
  return std::move(result_);
}

}  // namespace sim
