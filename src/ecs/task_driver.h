#pragma once

#include <optional>
#include <string>

#include "ecs/core.h"
#include "ecs/launch_checks.h"
#include "runtime/runtime.h"
#include "service/context.h"

namespace ecs {

// Carries tasks through their lives: feeds the state machine of task_life with what the runtime reports and with time,
// stores the new state, and passes the commands on when that is durable.
class TaskDriver {
 public:
  explicit TaskDriver(Core& core) : core_(core) {}

  // `task` is new; `key` is task_key() of it.
  void add(const std::string& key, TaskRow task, service::Context& ctx);
  void advance(const std::string& key, const life::Event& event, service::Context& ctx);
  void stop(const std::string& key, const std::string& code, const std::string& reason, service::Context& ctx) {
    advance(key, life::StopAsked{code, reason}, ctx);
  }

  void on_runtime_event(const runtime::Event& event, service::Context& ctx);

  base::TimePoint deadline() const;
  // Health checks, stop timeouts, forgetting stopped tasks, the minute's usage samples.
  void tick(service::Context& ctx);
  // After a restart: lets the runtime find the containers again, and repeats every command that may have been lost.
  void resume(service::Context& ctx);

 private:
  struct Found;  // a task, its definition and its region
  std::optional<Found> find(const std::string& key) const;
  void store(const std::string& key, const TaskRow& before, TaskRow after, service::Context& ctx);
  std::optional<life::Event> carry_out(const Found& found, const life::Command& command, service::Context& ctx);
  bool has_network(const Found& found) const;
  runtime::SandboxSpec sandbox_of(const Found& found) const;
  life::Hindered hindered(std::size_t container, Obstacle obstacle) const;
  std::optional<life::Event> pull(const Found& found, std::size_t container, service::Context& ctx);
  std::optional<life::Event> start(const Found& found, std::size_t container, service::Context& ctx);
  void on_logs(const runtime::event::Logs& logs, service::Context& ctx);
  void on_usage(const runtime::event::Usage& usage, service::Context& ctx);
  void forget(const std::string& key, service::Context& ctx);
  void plan_sampling(base::TimePoint now);

  Core& core_;
  base::TimePoint sample_at_ = base::kNever;  // the next minute of usage samples
};

}  // namespace ecs
