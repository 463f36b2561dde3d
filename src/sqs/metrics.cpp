#include "sqs/metrics.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace sqs {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kPeriod = 1min;
constexpr base::Duration kActiveFor = 6h;
// Queues are spread over a minute by the second, but not over its beginning: by then what was counted in the minute
// before is durable, unless the disk lags by more. Such late counts become a second sample of their minute.
constexpr base::Duration kEarliest = 5s;
constexpr std::uint64_t kMoments = 50;

// The next moment of a queue's own after `now`.
base::TimePoint next_sample(queue::QueueId queue, base::TimePoint now) {
  const base::Duration phase = kEarliest + std::chrono::seconds((queue * 37 + 45) % kMoments);
  const base::TimePoint at = std::chrono::floor<std::chrono::minutes>(now) + phase;
  return at > now ? at : at + kPeriod;
}

MetricPoint gauge(std::string_view name, std::string_view unit, double value) {
  return {name, unit, 1, value, value, value};
}
MetricPoint gauge(std::string_view name, std::uint64_t count) {
  return gauge(name, "Count", static_cast<double>(count));
}

std::vector<MetricPoint> counters(const Meter& meter, bool fifo) {
  std::vector<MetricPoint> points = {
      gauge("NumberOfMessagesSent", meter.sent),
      gauge("NumberOfMessagesReceived", meter.received),
      gauge("NumberOfMessagesDeleted", meter.deleted),
      gauge("NumberOfEmptyReceives", meter.empty_receives),
  };
  if (fifo) points.push_back(gauge("NumberOfDeduplicatedSentMessages", meter.deduplicated));
  if (meter.sent > 0) {  // a distribution: absent when nothing was sent
    points.push_back({"SentMessageSize", "Bytes", meter.sent, static_cast<double>(meter.sent_bytes),
                      static_cast<double>(meter.smallest), static_cast<double>(meter.largest)});
  }
  return points;
}

MetricPoint age(std::string_view name, std::optional<base::Duration> oldest) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(oldest.value_or(0s));
  return gauge(name, "Seconds", static_cast<double>(seconds.count()));
}

// Fair queues: how the messages of tenants fare that do not crowd others out (developer guide, "Amazon SQS fair
// queues"). Only of queues whose messages have groups.
void add_fairness(std::vector<MetricPoint>& points, const queue::Counts& counts, std::optional<base::Duration> oldest) {
  points.push_back(gauge("ApproximateNumberOfNoisyGroups", counts.noisy_groups));
  points.push_back(gauge("ApproximateNumberOfMessagesVisibleInQuietGroups", counts.quiet_visible));
  points.push_back(gauge("ApproximateNumberOfMessagesNotVisibleInQuietGroups", counts.quiet_in_flight));
  points.push_back(gauge("ApproximateNumberOfMessagesDelayedInQuietGroups", counts.quiet_delayed));
  points.push_back(age("ApproximateAgeOfOldestMessageInQuietGroups", oldest));
}

std::vector<MetricPoint> gauges(queue::Engine& engine, const QueueRow& row, const queue::Counts& counts, bool fair,
                                base::TimePoint now) {
  std::vector<MetricPoint> points = {
      gauge("ApproximateNumberOfMessagesVisible", counts.visible),
      gauge("ApproximateNumberOfMessagesNotVisible", counts.in_flight),
      gauge("ApproximateNumberOfMessagesDelayed", counts.delayed),
      age("ApproximateAgeOfOldestMessage", engine.oldest_age(row.id, now)),
  };
  if (row.fifo) points.push_back(gauge("ApproximateNumberOfGroupsWithInflightMessages", counts.groups_in_flight));
  if (fair) add_fairness(points, counts, engine.quiet_oldest_age(row.id, now));
  return points;
}

}  // namespace

void Meter::count_sent(std::uint64_t bytes) {
  smallest = sent == 0 ? bytes : std::min(smallest, bytes);
  largest = std::max(largest, bytes);
  sent_bytes += bytes;
  ++sent;
}

void Meter::add(const Meter& other) {
  if (other.sent > 0) {
    smallest = sent == 0 ? other.smallest : std::min(smallest, other.smallest);
    largest = std::max(largest, other.largest);
  }
  sent += other.sent;
  sent_bytes += other.sent_bytes;
  deduplicated += other.deduplicated;
  received += other.received;
  deleted += other.deleted;
  empty_receives += other.empty_receives;
  grouped = grouped || other.grouped;
}

void Meters::count(service::Change& change, queue::QueueId queue, base::TimePoint now, const Meter& happened) {
  change.after_durable([this, queue, minute = minute_of(now), happened] {
    const auto found = states_.find(queue);
    if (found != states_.end()) found->second.minutes[minute].add(happened);
  });
}

void Meters::touch(queue::QueueId queue, base::TimePoint now) {
  State& state = states_[queue];
  state.accessed_at = now;
  if (state.next != base::kNever) return;
  state.counted_until = minute_of(now);
  state.next = next_sample(queue, now);
  agenda_.insert({state.next, queue});
}

void Meters::forget(queue::QueueId queue) {
  const auto found = states_.find(queue);
  agenda_.erase({found->second.next, queue});
  states_.erase(found);
}

// All minutes that are over, also those in which nothing happened: an active queue shows zeros.
void Meters::publish_counters(service::Context& ctx, const QueueRow& row, State& state) {
  const base::TimePoint current = minute_of(ctx.now);
  // Of a long sleep of the machine only as much as a queue stays active for.
  state.counted_until = std::max(state.counted_until, current - kActiveFor);
  for (; state.counted_until < current; state.counted_until += kPeriod) state.minutes.try_emplace(state.counted_until);
  while (!state.minutes.empty() && state.minutes.begin()->first < current) {
    const auto& [minute, meter] = *state.minutes.begin();
    sink_.publish(ctx, row.name, minute, counters(meter, row.fifo));
    state.fair = state.fair || meter.grouped;
    state.minutes.erase(state.minutes.begin());
  }
}

void Meters::sample(service::Context& ctx, queue::Engine& engine, const QueueRow& row) {
  State& state = states_.at(row.id);
  const queue::Counts counts = engine.counts(row.id, ctx.now);
  if (counts.visible + counts.in_flight + counts.delayed == 0 && ctx.now >= state.accessed_at + kActiveFor) {
    return forget(row.id);
  }
  service::Call call = ctx.call;
  call.account = row.account;
  call.region = row.region;
  service::Context there = ctx.as(call);
  publish_counters(there, row, state);
  sink_.publish(there, row.name, minute_of(ctx.now), gauges(engine, row, counts, state.fair, ctx.now));
  agenda_.erase({state.next, row.id});
  state.next = next_sample(row.id, ctx.now);
  agenda_.insert({state.next, row.id});
}

}  // namespace sqs
