#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "runtime/runtime.h"

// A runtime without containers, for tests and simulation: what a container would do is written down beforehand, and
// happens at exact times of the injected clock. The same script and the same calls give the same events in the same
// order.
namespace runtime {

// What one container does, in times on the cloud's clock.
struct Model {
  struct Line {
    base::Duration after{};  // since the start
    std::string text;
  };

  base::Duration sandbox_delay{};  // of the model that the script gives for container name ""
  base::Duration pull_delay{};
  base::Duration start_delay{};
  std::string pull_failure;   // not empty: ImagePullFailed with this reason
  std::string start_failure;  // not empty: ContainerStartFailed with this reason
  std::string image_digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  std::optional<base::Duration> runs_for;  // unset: until it is signalled
  int exit_code = 0;
  bool out_of_memory = false;
  std::optional<base::Duration> stops_after = base::Duration{};  // from SIGTERM to the end; unset: ignores it
  int stop_exit_code = 143;
  std::vector<Line> lines;
  std::function<bool(int check)> healthy;  // check number, from 0; unset: always healthy
  base::Duration check_delay{};
  double cpu_used = 0;  // vCPUs in use while it runs
  std::int64_t memory_bytes = 0;

  // Called when it really starts and ends, so that a simulated program can act meanwhile.
  std::function<void()> on_start;
  std::function<void()> on_end;
};

class ScriptedRuntime : public Runtime {
 public:
  // Asked once for each container, when it is first named, and once for the task itself, with container name "". The
  // reference is "" when start_container comes first.
  using Script = std::function<Model(const TaskId& task, const std::string& container, const std::string& reference)>;

  explicit ScriptedRuntime(const base::Clock& clock, Script script = {});
  ~ScriptedRuntime() override;

  // When run_due() has something to do; base::kNever when nothing is planned.
  base::TimePoint deadline() const;
  // Lets everything happen that is due at clock.now(), and returns what there is to tell, in order. The caller hands
  // each to Cloud::on_runtime_event; calls made from there that are due at once need another run_due().
  std::vector<Event> run_due();

  // For programs that are simulated outside. Ignored when the container isn't running.
  void write_line(const TaskId& task, const std::string& container, std::string text);
  void end(const TaskId& task, const std::string& container, int exit_code, bool out_of_memory = false);

  std::size_t sandboxes() const { return sandboxes_.size(); }
  std::size_t running() const;
  // The specification with which a container was started, or nullptr.
  const ContainerSpec* find_spec(const TaskId& task, const std::string& container) const;
  // The plan as last said, and what a sandbox was attached to; nullptr: to nothing, or there is no such sandbox.
  const NetworkPlan& networks() const { return networks_; }
  const NetworkAttachment* find_attachment(const TaskId& task) const;
  // Every call so far, as text: "start_container 0123… app". For tests of what the cloud asks for.
  const std::vector<std::string>& calls() const { return calls_; }

  void create_sandbox(const TaskId& task, const SandboxSpec& spec) override;
  void pull_image(const TaskId& task, const std::string& container, const ImageSource& source) override;
  void start_container(const TaskId& task, const ContainerSpec& spec) override;
  void signal_container(const TaskId& task, const std::string& container, int signal) override;
  void check_health(const TaskId& task, const std::string& container, const HealthCheck& check) override;
  void logs_stored(const TaskId& task, const std::string& container, std::uint64_t position) override;
  void remove_sandbox(const TaskId& task) override;
  void sample_usage() override;
  bool read_stats(const TaskId& task) override;
  void apply_networks(const NetworkPlan& plan) override;
  // As after a restart of the server: what was under way and not yet told is forgotten, living containers go on.
  void adopt(const std::vector<Adoption>& tasks) override;

 private:
  struct Container;
  struct Sandbox;
  using Action = std::function<void()>;

  void after(base::Duration delay, Action action);
  void tell(Event event) { told_.push_back(std::move(event)); }
  Container& container(const TaskId& task, const std::string& name, const std::string& reference);
  Container* find(const TaskId& task, const std::string& name) const;
  bool has_interface(const NetworkAttachment& attachment) const;
  void begin(const TaskId& task, const std::string& name);
  void finish(const TaskId& task, Container& container, int exit_code, bool out_of_memory);
  void plan_life(const TaskId& task, const std::string& name);
  void tell_lines(const TaskId& task, Container& container, std::uint64_t from);

  const base::Clock& clock_;
  Script script_;
  std::map<TaskId, std::unique_ptr<Sandbox>> sandboxes_;
  std::multimap<base::TimePoint, Action> agenda_;  // equal times in the order in which they were planned
  std::vector<Event> told_;
  NetworkPlan networks_;
  std::vector<std::string> calls_;
  base::TimePoint sampled_{};
};

}  // namespace runtime
