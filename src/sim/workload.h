#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/arrivals.h"
#include "sim/distribution.h"
#include "sim/document.h"

// How the tasks of each service behave. docs/simulate.md says what the file looks like, docs/workload.schema.json is
// its schema.
namespace sim {

inline constexpr int kBatchMax = 10;  // messages in one call of SQS

// What sends messages: a task of a service, or the world outside.
struct Production {
  std::string queue;     // its name, or its logical id in a template
  std::size_t line = 0;  // in the workload file, for complaints
  std::optional<Distribution> interval{};
  bool first_at_once = false;
  Tide tide;
  std::optional<Trace> trace{};
  std::vector<Burst> bursts;
  int batch = 1;              // messages in each call
  std::int64_t size = 100;    // bytes of a body
  double poison = 0;          // fraction of messages that nobody can handle
  std::int64_t groups = 100;  // message groups, of FIFO queues
};

enum class OnFailure { Leave, Release, Crash };  // until its time-out; at once; and the container with it
enum class OnSigterm { Finish, Drop, Ignore };   // what is at hand, then end; end at once; wait for SIGKILL

// A task that handles messages.
struct Consumption {
  std::string queue;
  std::size_t line = 0;
  int batch = 1;
  int concurrency = 1;  // workers in one task, each with its own receives
  base::Duration wait = std::chrono::seconds(20);
  base::Duration pause{};                      // after a receive that brought nothing
  bool exact_polls = false;                    // make every receive of a short poll
  std::optional<base::Duration> visibility{};  // unset: the queue's
  Distribution time{std::chrono::seconds(1)};  // of one message
  bool per_batch = false;                      // of one batch instead
  double failure = 0;                          // fraction of handlings
  OnFailure on_failure = OnFailure::Leave;
  bool delete_before = false;
  OnSigterm sigterm = OnSigterm::Finish;
  std::optional<base::Duration> extend{};  // a heartbeat keeps messages in work invisible by this much
  std::string forward;                     // queue that hears of each handled message, or ""
  std::size_t forward_line = 0;
};

// Parts of a task's launch and end. What R5.3 of the scaling facts has for a small image on Fargate.
struct Launch {
  Distribution network{std::chrono::milliseconds(11'400)};  // until the pull begins
  Distribution pull{std::chrono::milliseconds(8'800)};
  Distribution start{std::chrono::milliseconds(450)};
  Distribution exit{std::chrono::milliseconds(1'500)};  // from SIGTERM to the end, of processes that heed it
  Distribution release{std::chrono::seconds(24)};       // from the last container's end to STOPPED
};

struct ServiceModel {
  std::size_t line = 0;
  Launch launch;
  double cpu_busy = 0.1;  // vCPUs while a message is handled
  double cpu_idle = 0.005;
  std::int64_t memory = std::int64_t{64} << 20;
  std::vector<Production> produce;
  std::optional<Consumption> consume{};
};

// Something that is done to the system on the way.
struct Event {
  enum class Kind { Deploy, Desired, Stop } kind = Kind::Deploy;
  base::Duration at{};
  std::string service;
  std::int64_t desired = 0;
  std::size_t line = 0;
};

struct Workload {
  base::TimePoint start = base::from_unix_seconds(1'767'571'200);  // 2026-01-05, a Monday
  base::Duration call = std::chrono::milliseconds(10);             // that one request to SQS takes
  base::Duration metric_delay{};                                   // by which metrics come later than here
  Launch launch;                                                   // of services that say nothing else
  std::map<std::string, ServiceModel> services;
  std::vector<Production> arrivals;
  std::vector<Event> events;
};

// Reads a file that the workload names, relative to it.
using ReadFile = std::function<std::expected<std::string, std::string>(const std::string& path)>;

Parsed<Workload> parse_workload(const Document& document, const ReadFile& read);

}  // namespace sim
