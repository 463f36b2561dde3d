#include "sim/advice.h"

#include <algorithm>
#include <cmath>

#include "sim/quantity.h"

namespace sim {
namespace {

constexpr double kHalf = 0.5;

std::string number(std::uint64_t count) {
  return std::to_string(count);
}

std::string percent(double share) {
  return number_text(share * 100, 1) + " %";
}

// One service that works on a queue, with all that is known of both.
struct Pair {
  const Result& result;
  const Workload& workload;
  const ServiceResult& service;
  const QueueResult& queue;
  const Consumption& consume;

  // Messages a second that one task can handle.
  double task_rate() const {
    const double calls = base::to_seconds(workload.call) * (1 + 1.0 / consume.batch);
    double each = base::to_seconds(consume.time.mean());
    if (consume.per_batch) each /= consume.batch;
    return consume.concurrency / std::max(each + calls, 1e-6);
  }
  const PolicyResult* raw_policy() const {
    for (const PolicyResult& policy : result.policies) {
      if (policy.service == service.cluster + "/" + service.name && policy.raw_queue_depth()) return &policy;
    }
    return nullptr;
  }
};

// Samples in which the service had all its tasks and the queue still grew or stood.
void max_capacity(const Pair& pair, std::vector<Advice>& all) {
  const ServiceResult& service = pair.service;
  if (!service.scales || service.max_capacity == 0) return;
  std::size_t at_max = 0, counted = 0;
  double arrivals = 0, peak = 0;
  const std::size_t hour =
      std::max<std::size_t>(1, static_cast<std::size_t>(std::chrono::hours(1) / pair.result.every));
  double window = 0;
  for (std::size_t i = 0; i < service.running.size(); ++i) {
    window += static_cast<double>(pair.queue.sent[i]);
    if (i >= hour) window -= static_cast<double>(pair.queue.sent[i - hour]);
    if (i + 1 >= hour)
      peak = std::max(peak, window / (static_cast<double>(hour) * base::to_seconds(pair.result.every)));
    arrivals += static_cast<double>(pair.queue.sent[i]);
    ++counted;
    if (service.running[i] >= service.max_capacity && pair.queue.visible[i] > 0) ++at_max;
  }
  const double mean = arrivals / std::max(base::to_seconds(pair.result.end - pair.result.start), 1.0);
  const double most = pair.task_rate() * static_cast<double>(service.max_capacity);
  if (peak <= most && mean <= most) return;
  const auto needed = static_cast<std::int64_t>(std::ceil(peak / pair.task_rate()));
  all.push_back(
      {"The target can't be met at MaxCapacity " + std::to_string(service.max_capacity) + " of " + service.name,
       "In its busiest hour " + number_text(peak * 60) + " messages a minute come, and " +
           std::to_string(service.max_capacity) + " tasks handle " + number_text(most * 60) +
           " a minute at best; all of them ran while messages waited in " + number(at_max) + " of " + number(counted) +
           " samples, and at the end " + std::to_string(pair.queue.left) + " were left.",
       "MaxCapacity of " + std::to_string(needed) + " or more, or less time for each message."});
}

void visibility(const Pair& pair, std::vector<Advice>& all) {
  const QueueTotals& totals = pair.queue.totals;
  const base::Duration held = pair.consume.visibility.value_or(std::chrono::seconds(pair.queue.visibility_seconds));
  if (totals.again_while_in_work == 0) return;
  base::Duration longest = pair.consume.time.quantile(0.99);
  if (!pair.consume.per_batch) longest *= pair.consume.batch;
  all.push_back(
      {"The visibility time-out of " + pair.queue.name + " is shorter than the work",
       number(totals.again_while_in_work) + " of " + number(totals.received) +
           " receives brought a message that another worker had in work; " + number(totals.handled_twice) +
           " messages were handled more than once. The time-out is " + span_text(held) + ", and what is " +
           "received at once takes up to " + span_text(longest) + " (99 %).",
       "VisibilityTimeout of " + span_text(longest * 6 / 5) + " or more, or a consumer that extends it (extend:)."});
}

void cut_off(const Pair& pair, std::vector<Advice>& all) {
  const QueueTotals& totals = pair.queue.totals;
  if (totals.cut_off == 0) return;
  std::string how = "its consumers leave their work when SIGTERM comes";
  if (pair.consume.sigterm == OnSigterm::Ignore)
    how = "its consumers don't heed SIGTERM and are killed after stopTimeout";
  if (pair.consume.sigterm == OnSigterm::Finish) how = "some work takes longer than stopTimeout, and SIGKILL ends it";
  all.push_back({"Stopping tasks of " + pair.service.name + " kills work in flight",
                 number(totals.cut_off) +
                     " messages were in work when their task was stopped (scale-in, deployment or crash): " + how +
                     ". They came back after the visibility time-out, " + number(totals.again_after_stop) +
                     " receives in all" + (totals.lost > 0 ? ", but " + number(totals.lost) + " were lost" : "") + ".",
                 "Handle SIGTERM by finishing what is at hand, a stopTimeout that covers it (120 s at most on "
                 "Fargate), task scale-in protection, or a metric that counts messages in flight too."});
}

void lost(const Pair& pair, std::vector<Advice>& all) {
  const QueueTotals& totals = pair.queue.totals;
  if (totals.lost == 0) return;
  all.push_back(
      {"Messages of " + pair.queue.name + " are lost",
       number(totals.lost) + " messages were deleted before they were handled, and then failed or were cut off.",
       "Delete messages after the work (delete: after)."});
}

void flapping(const Pair& pair, std::vector<Advice>& all) {
  if (pair.service.flaps == 0) return;
  std::string cooldowns;
  for (const PolicyResult& policy : pair.result.policies) {
    if (policy.service != pair.service.cluster + "/" + pair.service.name || !policy.tracks) continue;
    cooldowns = "ScaleInCooldown is " + std::to_string(policy.in_cooldown) + " s and ScaleOutCooldown " +
                std::to_string(policy.out_cooldown) + " s. ";
  }
  all.push_back({"The cooldowns let " + pair.service.name + " flap",
                 number(pair.service.flaps) + " of " + number(pair.service.changes.size()) +
                     " changes of the desired count took back the one before within " + span_text(kFlapWithin) + ". " +
                     cooldowns,
                 "A longer ScaleInCooldown (300 s is the default), or a metric that does not fall to nothing as soon "
                 "as messages are received, such as visible plus in flight per task."});
}

// Samples in which nothing waited, more than the least number of tasks ran, and fewer would have been enough for what
// was in work. A worker that took a whole batch has half of it left on average.
void raw_depth(const Pair& pair, std::vector<Advice>& all) {
  const PolicyResult* policy = pair.raw_policy();
  if (policy == nullptr || pair.service.max_capacity <= 1) return;
  const double each = pair.consume.concurrency * (pair.consume.batch + 1) / 2.0;
  std::size_t over = 0, scaled = 0;
  double busy_need = 0;
  for (std::size_t i = 0; i < pair.service.running.size(); ++i) {
    if (pair.service.running[i] <= pair.service.min_capacity) continue;
    ++scaled;
    const double need =
        std::min(static_cast<double>(pair.queue.in_flight[i]) / each, static_cast<double>(pair.service.running[i]));
    busy_need += need;
    if (pair.queue.visible[i] == 0 && static_cast<double>(pair.service.running[i]) >= need + 1) ++over;
  }
  if (scaled == 0 || static_cast<double>(over) < kHalf * static_cast<double>(scaled)) return;
  all.push_back(
      {"Target tracking on the raw depth of " + pair.queue.name + " over-scales " + pair.service.name,
       "While more than its MinCapacity of " + std::to_string(pair.service.min_capacity) +
           " ran, at least one task had nothing to do in " + number(over) + " of " + number(scaled) +
           " samples; on average " + number_text(busy_need / static_cast<double>(scaled)) +
           " tasks' worth of messages were in work. AWS multiplies: new = running x depth / " +
           number_text(policy->target) + ", so every further task makes the same depth ask for more.",
       "Backlog per task: metric math m1/m2 of ApproximateNumberOfMessagesVisible and RunningTaskCount, with the "
       "acceptable wait divided by the time per message as its target."});
}

void zero_trap(const Pair& pair, std::vector<Advice>& all) {
  if (pair.service.min_capacity != 0 || !pair.service.scales) return;
  std::size_t stuck = 0, longest = 0, run = 0;
  for (std::size_t i = 0; i < pair.service.desired.size(); ++i) {
    run = pair.service.desired[i] == 0 && pair.queue.visible[i] > 0 ? run + 1 : 0;
    longest = std::max(longest, run);
    if (run > 0) ++stuck;
  }
  const base::Duration waited = pair.result.every * static_cast<std::int64_t>(longest);
  if (waited < std::chrono::minutes(15)) return;
  std::string why = "The metric of its policy gives no data or no more than 0 there.";
  for (const PolicyResult& policy : pair.result.policies) {
    if (policy.expression.find('/') == std::string::npos) continue;
    why = "Its policy divides (" + policy.expression +
          "): with no task the divisor is 0 or missing, the point is "
          "dropped, and the alarm is INSUFFICIENT_DATA.";
  }
  all.push_back({pair.service.name + " stays at 0 tasks although messages wait",
                 "For up to " + span_text(waited) + " at a time no task was wanted while messages were visible in " +
                     pair.queue.name + ", " + number(stuck) + " samples in all. " + why,
                 "IF(m2 > 0, m1 / m2, m1) as the expression, a step policy for the way from 0 to 1, or a MinCapacity "
                 "of 1."});
}

void poison(const Pair& pair, std::vector<Advice>& all) {
  const QueueTotals& totals = pair.queue.totals;
  if (pair.queue.max_receives > 0 || totals.again_after_failure == 0) return;
  if (totals.failed < totals.handled / 100 && totals.again_after_failure < 10) return;
  all.push_back({pair.queue.name + " has no dead-letter queue, and messages fail again and again",
                 number(totals.failed) + " handlings failed; " + number(totals.again_after_failure) +
                     " receives brought such a message once more.",
                 "A RedrivePolicy with a maxReceiveCount of 3 to 5."});
}

void empty_receives(const Pair& pair, std::vector<Advice>& all) {
  const QueueTotals& totals = pair.queue.totals;
  if (pair.consume.wait > base::Duration::zero() || totals.empty_receives < 100'000) return;
  all.push_back(
      {"Short polls of " + pair.queue.name + " cost requests",
       number(totals.empty_receives) + " of " + number(totals.receive_requests) + " receives brought nothing.",
       "WaitTimeSeconds of 20."});
}

void idle(const Pair& pair, std::vector<Advice>& all) {
  if (pair.service.running_seconds < 3600 || pair.service.busy_share > 0.25) return;
  if (pair.service.scales && pair.service.min_capacity == 0) return;
  const std::int64_t floor = pair.service.scales ? pair.service.min_capacity : 1;
  all.push_back({pair.service.name + " is mostly idle",
                 "Its workers had something to do " + percent(pair.service.busy_share) + " of their time, in " +
                     number_text(pair.service.running_seconds / 3600, 1) + " task hours; at least " +
                     std::to_string(floor) + " task is always there.",
                 "A smaller MinCapacity or task size, or a lower MaxCapacity; compare with --what-if."});
}

}  // namespace

std::vector<Advice> advise(const Result& result, const Workload& workload) {
  std::vector<Advice> all;
  for (const auto rule :
       {max_capacity, lost, visibility, cut_off, zero_trap, poison, flapping, raw_depth, empty_receives, idle}) {
    for (const ServiceResult& service : result.services) {
      const auto model = workload.services.find(service.model);
      const QueueResult* queue = result.find_queue(service.consumes);
      if (model == workload.services.end() || !model->second.consume || queue == nullptr) continue;
      rule(Pair{result, workload, service, *queue, *model->second.consume}, all);
    }
  }
  return all;
}

}  // namespace sim
