#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/registry.h"
#include "sqs/ports.h"

namespace cloud {

// Lets the metrics of queues come later, as they do on AWS on a bad day. With no delay they pass through. What waits is
// in memory alone: only simulations delay.
class DelayedMetrics : public sqs::MetricSink, public service::Service {
 public:
  DelayedMetrics(sqs::MetricSink& sink, base::Duration delay) : sink_(sink), delay_(delay) {}

  void publish(service::Context& ctx, std::string_view queue_name, base::TimePoint minute,
               std::span<const sqs::MetricPoint> points) override {
    if (delay_ == base::Duration::zero()) return sink_.publish(ctx, queue_name, minute, points);
    waiting_.push_back({ctx.now + delay_, ctx.call, std::string(queue_name), minute, {points.begin(), points.end()}});
  }

  void register_operations(service::Registry&) override {}
  std::vector<service::TableBase*> tables() override { return {}; }
  base::TimePoint deadline() const override { return waiting_.empty() ? base::kNever : waiting_.front().due; }
  void tick(service::Context& ctx) override {
    while (deadline() <= ctx.now) {
      const Waiting next = std::move(waiting_.front());
      waiting_.pop_front();
      service::Context there = ctx.as(next.call);
      sink_.publish(there, next.queue, next.minute, next.points);
    }
  }

 private:
  struct Waiting {
    base::TimePoint due;
    service::Call call;
    std::string queue;
    base::TimePoint minute;
    std::vector<sqs::MetricPoint> points;  // names and units are literals
  };

  sqs::MetricSink& sink_;
  base::Duration delay_;
  std::deque<Waiting> waiting_;
};

}  // namespace cloud
