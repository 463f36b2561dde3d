#include "sqs/metrics.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.h"
#include "sqs/state.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kPeriod = 1min;
constexpr base::Duration kActiveFor = 6h;
// Queues are spread over a minute by the second, but not over its beginning: by then what was counted in the minute
// before is durable, unless the disk lags by more. Such late counts become a second sample of their minute.
constexpr base::Duration kEarliest = 5s;
constexpr std::uint64_t kMoments = 50;

std::string key_of(queue::QueueId queue, base::TimePoint minute) {
  return padded(queue) + "/" + padded(static_cast<std::uint64_t>(base::unix_seconds(minute)));
}

std::uint64_t number_in(std::string_view digits) {
  std::uint64_t number = 0;
  ENSURE(std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc());
  return number;
}

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
  change.after_durable([this, queue, now, happened] {
    const auto found = states_.find(queue);
    if (found == states_.end()) return;
    found->second.minutes[minute_of(now)].add(happened);
    keep_later(queue, found->second, now);
  });
}

void Meters::keep_later(queue::QueueId queue, State& state, base::TimePoint now) {
  if (!state.kept) return;
  state.kept = false;
  unkept_.push_back(queue);
  if (keep_at_ == base::kNever) keep_at_ = now + kKeptEvery;
}

// Makes rows of what some queues have counted. What is counted while the others of this round wait has the next one.
void Meters::keep(service::Context& ctx) {
  if (keeping_.empty()) keeping_.swap(unkept_);
  std::vector<queue::QueueId> turn;
  for (; turn.size() < kKeptAtOnce && !keeping_.empty(); keeping_.pop_back()) turn.push_back(keeping_.back());
  keep_at_ = !keeping_.empty() ? ctx.now : unkept_.empty() ? base::kNever : ctx.now + kKeptEvery;
  for (const queue::QueueId queue : turn) {
    const auto found = states_.find(queue);
    if (found == states_.end()) continue;
    found->second.kept = true;
    for (const auto& [minute, meter] : found->second.minutes) {
      const std::string key = key_of(queue, minute);
      const Meter* row = rows_.find(key);
      if (meter != (row != nullptr ? *row : Meter())) rows_.put(ctx.change, key, meter);
    }
  }
  ctx.change.on_undo([this, turn = std::move(turn), now = ctx.now] {
    for (const queue::QueueId queue : turn) {
      if (const auto found = states_.find(queue); found != states_.end()) keep_later(queue, found->second, now);
    }
  });
}

void Meters::recovered(service::Change& change) {
  std::vector<std::string> gone;
  for (const auto& [key, meter] : rows_.rows()) {
    const std::size_t slash = key.find('/');
    ENSURE(slash != std::string::npos);
    const auto state = states_.find(number_in(std::string_view(key).substr(0, slash)));
    if (state == states_.end()) {
      gone.push_back(key);
      continue;
    }
    const auto second = static_cast<std::int64_t>(number_in(std::string_view(key).substr(slash + 1)));
    state->second.minutes[base::from_unix_seconds(second)] = meter;
  }
  for (const std::string& key : gone) rows_.erase(change, key);
}

void Meters::touch(queue::QueueId queue, base::TimePoint now) {
  State& state = states_[queue];
  state.accessed_at = now;
  if (state.next != base::kNever) return;
  state.counted_until = minute_of(now);
  state.next = next_sample(queue, now);
  agenda_.insert({state.next, queue});
}

void Meters::forget(service::Change& change, queue::QueueId queue) {
  auto node = states_.extract(queue);
  for (const auto& [minute, meter] : node.mapped().minutes) rows_.erase(change, key_of(queue, minute));
  agenda_.erase({node.mapped().next, queue});
  change.on_undo([this, node = std::move(node)]() mutable {
    agenda_.insert({node.mapped().next, node.key()});
    const auto again = states_.insert(std::move(node)).position;
    // It may have had its turn meanwhile.
    if (!std::exchange(again->second.kept, true)) keep_later(again->first, again->second, again->second.next);
  });
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
    rows_.erase(ctx.change, key_of(row.id, minute));
    // What a disk that stays full keeps from being published does not heap up for ever.
    if (minute + kActiveFor > ctx.now) {
      ctx.change.on_undo([this, queue = row.id, again = *state.minutes.begin()] {
        if (const auto found = states_.find(queue); found != states_.end()) {
          found->second.minutes[again.first].add(again.second);
        }
      });
    }
    state.minutes.erase(state.minutes.begin());
  }
}

void Meters::sample(service::Context& ctx, queue::Engine& engine, const QueueRow& row) {
  State& state = states_.at(row.id);
  const queue::Counts counts = engine.counts(row.id, ctx.now);
  if (counts.visible + counts.in_flight + counts.delayed == 0 && ctx.now >= state.accessed_at + kActiveFor) {
    return forget(ctx.change, row.id);
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
