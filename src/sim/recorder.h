#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/model_runtime.h"
#include "sim/names.h"
#include "sim/result.h"

namespace sim {

// Looks at the cloud from outside, at equal times, and at the end once more for what the cloud itself keeps.
class Recorder {
 public:
  Recorder(Stage& stage, ModelRuntime& runtime, base::Duration every);

  // At `start` and from then on by itself until `end`.
  void begin(base::TimePoint end);
  // After the last moment.
  Result finish(base::TimePoint deployed);

 private:
  struct QueueTrack {
    QueueResult result;
    std::string url;
    std::uint64_t sent = 0, handled = 0;  // at the sample before
  };

  void sample();
  void find_new();
  void sample_queue(QueueTrack& track);
  void sample_services();
  void sample_alarms();
  void describe_queue(QueueTrack& track);
  void read_ages(QueueTrack& track);
  void read_activities();
  void read_targets();
  void read_policies();
  void derive_changes(ServiceResult& service);
  void count_dead_letters();
  void sum_services();

  Stage& stage_;
  ModelRuntime& runtime_;
  base::TimePoint end_{};
  std::size_t samples_ = 0;
  Result result_;
  std::map<std::string, QueueTrack> queues_;       // by URL
  std::map<std::string, ServiceResult> services_;  // by ARN
  std::map<std::string, AlarmResult> alarms_;      // by name
};

}  // namespace sim
