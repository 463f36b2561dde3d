#include "sqs/metrics.h"

#include <algorithm>
#include <vector>

namespace sqs {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kPeriod = 1min;
constexpr base::Duration kActiveFor = 6h;

// The next moment of a queue's own phase after `now`. Queues are spread over the minute by the second.
base::TimePoint next_sample(queue::QueueId queue, base::TimePoint now) {
  const base::Duration phase = std::chrono::seconds(queue * 37 % 60);
  const auto minute = std::chrono::floor<std::chrono::minutes>(now);
  const base::TimePoint at = minute + phase;
  return at > now ? at : at + kPeriod;
}

MetricPoint gauge(std::string_view name, std::string_view unit, double value) {
  return {name, unit, 1, value, value, value};
}

}  // namespace

void Meter::count_sent(std::uint64_t bytes) {
  smallest = sent == 0 ? bytes : std::min(smallest, bytes);
  largest = std::max(largest, bytes);
  sent_bytes += bytes;
  ++sent;
}

void Meters::touch(queue::QueueId queue, base::TimePoint now) {
  State& state = states_[queue];
  state.accessed_at = now;
  if (state.next != base::kNever) return;
  state.next = next_sample(queue, now);
  agenda_.insert({state.next, queue});
}

void Meters::forget(queue::QueueId queue) {
  const auto found = states_.find(queue);
  agenda_.erase({found->second.next, queue});
  states_.erase(found);
}

void Meters::sample(service::Context& ctx, queue::Engine& engine, const QueueRow& row) {
  State& state = states_.at(row.id);
  const queue::Counts counts = engine.counts(row.id, ctx.now);
  if (counts.visible + counts.in_flight + counts.delayed == 0 && ctx.now >= state.accessed_at + kActiveFor) {
    return forget(row.id);
  }
  const Meter& meter = state.meter;
  const base::Duration age = engine.oldest_age(row.id, ctx.now).value_or(0s);
  std::vector<MetricPoint> points = {
      gauge("ApproximateNumberOfMessagesVisible", "Count", static_cast<double>(counts.visible)),
      gauge("ApproximateNumberOfMessagesNotVisible", "Count", static_cast<double>(counts.in_flight)),
      gauge("ApproximateNumberOfMessagesDelayed", "Count", static_cast<double>(counts.delayed)),
      gauge("ApproximateAgeOfOldestMessage", "Seconds",
            static_cast<double>(std::chrono::floor<std::chrono::seconds>(age).count())),
      gauge("NumberOfMessagesSent", "Count", static_cast<double>(meter.sent)),
      gauge("NumberOfMessagesReceived", "Count", static_cast<double>(meter.received)),
      gauge("NumberOfMessagesDeleted", "Count", static_cast<double>(meter.deleted)),
      gauge("NumberOfEmptyReceives", "Count", static_cast<double>(meter.empty_receives)),
  };
  if (meter.sent > 0) {  // a distribution: absent when nothing was sent
    points.push_back({"SentMessageSize", "Bytes", meter.sent, static_cast<double>(meter.sent_bytes),
                      static_cast<double>(meter.smallest), static_cast<double>(meter.largest)});
  }
  service::Call call = ctx.call;
  call.account = row.account;
  call.region = row.region;
  service::Context there = ctx.as(call);
  sink_.publish(there, row.name, std::chrono::floor<std::chrono::minutes>(ctx.now), points);
  state.meter = {};
  agenda_.erase({state.next, row.id});
  state.next = next_sample(row.id, ctx.now);
  agenda_.insert({state.next, row.id});
}

}  // namespace sqs
