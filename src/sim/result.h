#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/ledger.h"

// What a run, simulated or recorded, came to. Pictures, tables, costs and advice are made from this alone.
namespace sim {

struct QueueResult {
  std::string name;
  bool dead_letters = false;  // another queue's redrive policy names it
  std::int64_t visibility_seconds = 30;
  std::int64_t max_receives = 0;  // of its redrive policy; 0: none
  std::string dead_letter_queue;
  QueueTotals totals;
  std::uint64_t dead_lettered = 0;  // messages that left for the dead-letter queue
  std::int64_t left = 0;            // at the end, in whatever state
  // At each sample.
  std::vector<std::int64_t> visible, in_flight, delayed;
  std::vector<std::int64_t> sent, handled;  // since the sample before
  // ApproximateAgeOfOldestMessage of each minute, in seconds.
  std::vector<double> ages;
};

struct Change {
  base::TimePoint at{};
  std::int64_t from = 0, to = 0;
  std::string cause;
};

struct ServiceResult {
  std::string arn, cluster, name;
  std::string model;     // its key in the workload, "" of a service that idles
  std::string consumes;  // name of the queue, or ""
  bool scales = false;
  std::int64_t min_capacity = 0, max_capacity = 0;
  std::uint64_t launched = 0, crashed = 0, killed = 0;
  double billed_seconds = 0, vcpu_seconds = 0, gib_seconds = 0;
  double running_seconds = 0;
  double busy_share = 0;  // of its workers' time, 0 to 1
  bool arm = false;
  std::vector<std::int64_t> desired, running, pending;  // at each sample
  std::vector<double> billed;                           // task seconds so far, at each sample
  std::vector<Change> changes;                          // of the desired count
  std::uint64_t flaps = 0;
};

struct AlarmSpan {
  base::TimePoint from{}, to{};
  std::string state;
};

struct AlarmResult {
  std::string name;
  std::string label;  // short: "worker high"
  std::string metric;
  double threshold = 0;
  std::vector<AlarmSpan> spans;
};

struct ActivityResult {
  base::TimePoint at{}, end{};  // end: kNever while it goes on
  std::string service;          // "cluster/name"
  std::string description, cause, status, message;
  std::vector<std::string> not_scaled;  // codes; empty for what was done
};

struct PolicyResult {
  std::string name;
  std::string service;  // "cluster/name"
  bool tracks = false;
  double target = 0;
  std::int64_t out_cooldown = 300, in_cooldown = 300;
  std::string metric_namespace, metric;
  std::map<std::string, std::string> dimensions;
  std::string expression;  // of a metric-math policy
  // A metric that counts a queue's messages, not divided by tasks.
  bool raw_queue_depth() const {
    return tracks && expression.empty() && metric_namespace == "AWS/SQS" && metric.starts_with("ApproximateNumber");
  }
};

struct Cost {
  double fargate = 0, requests = 0;
  std::map<std::string, double> by_service;
  double total() const { return fargate + requests; }
};

struct Advice {
  std::string headline;
  std::string evidence;
  std::string remedy;
};

struct Result {
  base::TimePoint start{}, end{};
  base::TimePoint deployed{};  // when the last stack was complete
  base::Duration every{};      // between samples; the first is at `start`
  std::string region;
  std::vector<QueueResult> queues;      // by name
  std::vector<ServiceResult> services;  // by cluster and name
  std::vector<AlarmResult> alarms;
  std::vector<ActivityResult> activities;  // oldest first
  std::vector<PolicyResult> policies;
  std::vector<std::string> notes;  // what a reader should know, such as services without a model
  std::uint64_t steps = 0;
  Cost cost;
  std::vector<Advice> advice;

  std::size_t samples() const {
    return queues.empty() ? services.empty() ? 0 : services[0].desired.size() : queues[0].visible.size();
  }
  const QueueResult* find_queue(const std::string& name) const {
    for (const QueueResult& queue : queues) {
      if (queue.name == name) return &queue;
    }
    return nullptr;
  }
  base::TimePoint time_of(std::size_t sample) const { return start + every * static_cast<std::int64_t>(sample); }
};

// A change that takes back the one before within this time is a flap.
inline constexpr base::Duration kFlapWithin = std::chrono::minutes(20);

}  // namespace sim
