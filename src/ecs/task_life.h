#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"

// The life of one task as a pure state machine: what it is made of, where it stands, what happened -> where it stands
// then and what the runtime shall do. It knows no AWS request, no clock and no runtime; see scheduler for the shell.
//
//   PROVISIONING -> PENDING -> RUNNING -> DEACTIVATING* -> STOPPING -> DEPROVISIONING -> STOPPED
//
// (* only with load balancers, so never here.) A command that the state implies may have been lost in a crash:
// owed_commands() derives all of them again, and the runtime takes repeats.
namespace ecs::life {

enum class Condition : std::uint8_t { Start, Complete, Success, Healthy };

struct Dependency {
  std::string container;
  Condition condition = Condition::Start;
};

struct HealthSpec {
  base::Duration interval{};
  base::Duration timeout{};
  base::Duration start_period{};
  int retries = 0;
};

struct ContainerSpec {
  std::string name;
  bool essential = true;
  std::vector<Dependency> depends_on;
  base::Duration start_timeout{};  // others wait so long for this container to reach their condition
  base::Duration stop_timeout{};   // from SIGTERM to SIGKILL
  std::optional<HealthSpec> health;
};

// Containers by the order of the task definition; names are unique and dependencies have no cycle.
using Spec = std::vector<ContainerSpec>;

enum class Phase : std::uint8_t { Provisioning, Pending, Running, Stopping, Deprovisioning, Stopped };
enum class Status : std::uint8_t { Waiting, Pulling, Pulled, Starting, Running, Stopped };
enum class Health : std::uint8_t { Unknown, Healthy, Unhealthy };

struct Container {
  Status status = Status::Waiting;
  Health health = Health::Unknown;
  std::optional<int> exit_code;
  std::string reason;
  std::string image_digest;
  std::string runtime_id;
  base::TimePoint started_at{};
  base::TimePoint ask_at = base::kNever;   // SIGTERM was sent; kNever before
  base::TimePoint kill_at = base::kNever;  // SIGKILL is due (then: when we stop waiting for the exit)
  bool killed = false;
  int failed_checks = 0;                    // in a row
  base::TimePoint check_at = base::kNever;  // the next health check, or when the one under way is given up
  bool checking = false;
  int hindered_step = -1;                   // the last step of the launch that could not be done at once
  base::TimePoint retry_at = base::kNever;  // when it is tried again

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.status);
    field(2, row.health);
    field(3, row.exit_code);
    field(4, row.reason);
    field(5, row.image_digest);
    field(6, row.runtime_id);
    field(7, row.started_at);
    field(8, row.ask_at);
    field(9, row.kill_at);
    field(10, row.killed);
    field(11, row.failed_checks);
    field(12, row.check_at);
    field(13, row.checking);
    field(14, row.hindered_step);
    field(15, row.retry_at);
  }
  friend bool operator==(const Container&, const Container&) = default;
};

// Durable with the task. `containers` runs parallel to the Spec. Times are kNever until they happen.
struct State {
  Phase phase = Phase::Provisioning;
  bool stop_wanted = false;  // desiredStatus STOPPED
  std::string stop_code;     // AWS's TaskStopCode, "" while running
  std::string stopped_reason;
  std::vector<Container> containers;
  base::TimePoint connected_at = base::kNever;
  base::TimePoint pull_started_at = base::kNever;
  base::TimePoint pull_stopped_at = base::kNever;
  base::TimePoint started_at = base::kNever;
  base::TimePoint stopping_at = base::kNever;
  base::TimePoint execution_stopped_at = base::kNever;
  base::TimePoint stopped_at = base::kNever;
  std::int64_t version = 1;  // grows with every change that a caller can see

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.phase);
    field(2, row.stop_wanted);
    field(3, row.stop_code);
    field(4, row.stopped_reason);
    field(5, row.containers);
    field(6, row.connected_at);
    field(7, row.pull_started_at);
    field(8, row.pull_stopped_at);
    field(9, row.started_at);
    field(10, row.stopping_at);
    field(11, row.execution_stopped_at);
    field(12, row.stopped_at);
    field(13, row.version);
  }
  friend bool operator==(const State&, const State&) = default;
};

// Things that happened. Container is an index into the Spec.
struct SandboxReady {};
struct SandboxFailed {
  std::string reason;
};
struct ImagePulled {
  std::size_t container;
  std::string digest;
};
struct ImagePullFailed {
  std::size_t container;
  std::string reason;  // without "CannotPullContainerError: "
};
struct Started {
  std::size_t container;
  std::string runtime_id;
};
struct StartFailed {
  std::size_t container;
  std::string reason;  // with its error name
};
// Something that pulling or starting needs can't be had. After `wait` it is tried once more; if the same step fails
// again, or at once with no wait, the container is given up.
struct Hindered {
  std::size_t container;
  int step = 0;
  std::string reason;  // with its error name
  base::Duration wait{};
};
struct Exited {
  std::size_t container;
  int exit_code = 0;
  bool out_of_memory = false;
};
struct Checked {
  std::size_t container;
  bool healthy = false;
};
struct SandboxRemoved {};
struct StopAsked {
  std::string code;
  std::string reason;
};
// Time has passed.
struct Elapsed {};
using Event = std::variant<Elapsed, SandboxReady, SandboxFailed, ImagePulled, ImagePullFailed, Started, StartFailed,
                           Hindered, Exited, Checked, SandboxRemoved, StopAsked>;

// What the runtime shall do.
enum class Verb : std::uint8_t {
  CreateSandbox,
  PullImage,
  StartContainer,
  AskToStop,
  Kill,
  CheckHealth,
  RemoveSandbox
};
struct Command {
  Verb verb;
  std::size_t container = 0;
  friend bool operator==(const Command&, const Command&) = default;
};

// The first state and its commands.
State first_state(const Spec& spec);
// Moves the state on. Events that come late or twice change nothing.
std::vector<Command> advance(const Spec& spec, State& state, const Event& event, base::TimePoint now);
// When advance(Elapsed) has work.
base::TimePoint deadline(const Spec& spec, const State& state);
// Every command whose effect the state still waits for: what to send again after a crash.
std::vector<Command> owed_commands(const State& state);

// HEALTHY if every essential container with a check is, UNHEALTHY if one is not, else UNKNOWN.
Health task_health(const Spec& spec, const State& state);

}  // namespace ecs::life
