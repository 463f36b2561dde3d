#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/value.h"
#include "cli/common.h"

namespace cli {

// What a person wants to know of a running system, read through the public APIs.
struct Snapshot {
  struct Stack {
    std::string name, status, reason;
    bool nested = false;
  };
  struct Service {
    std::string cluster, name;
    std::int64_t desired = 0, running = 0, pending = 0;
    std::string last_event;
  };
  struct Queue {
    std::string name;
    std::int64_t visible = 0, in_flight = 0, delayed = 0;
  };
  struct Alarm {
    std::string name, state, reason;
  };
  struct Activity {
    base::TimePoint at{};
    std::string description, cause, status;
  };

  struct Denial {
    base::TimePoint at{};
    std::string principal, action, resource, reason;
  };

  base::TimePoint time{};  // of the cloud's clock
  double speed = 1;
  std::vector<Stack> stacks;
  std::vector<Service> services;
  std::vector<Queue> queues;
  std::vector<Alarm> alarms;
  std::vector<Activity> activities;  // newest first, the last few
  std::vector<Denial> denials;       // the same: what policies refused

  base::Value to_value() const;
  std::string to_text() const;
};

std::expected<Snapshot, client::Error> take_snapshot(client::Client& client);

}  // namespace cli
