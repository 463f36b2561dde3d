#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/runtime.h"
#include "sim/program.h"

namespace sim {

// What the tasks of one service cost and did, those that are gone and those that run.
struct ServiceTotals {
  std::uint64_t launched = 0;
  std::uint64_t stopped = 0;
  std::uint64_t crashed = 0;   // containers that ended by themselves with another code than 0
  std::uint64_t killed = 0;    // SIGTERM was not enough
  double billed_seconds = 0;   // from the pull on, each task rounded up, a minute at least
  double vcpu_seconds = 0;     // billed
  double gib_seconds = 0;      // billed
  double running_seconds = 0;  // of the containers
  base::Duration busy{};       // worker time
  double worker_seconds = 0;   // running seconds times workers
  bool arm = false;
};

// Containers that are models: a runtime for the cloud, in which programs of the workload run. Images need not exist.
class ModelRuntime : public runtime::Runtime {
 public:
  ModelRuntime();
  ~ModelRuntime() override;
  // Once, before the world lives.
  void enter(Stage& stage, std::uint64_t seed) {
    stage_ = &stage;
    seed_ = seed;
    sampled_ = stage.world.now();
  }

  // By ARN of the service, up to now.
  std::map<std::string, ServiceTotals> totals();
  // Services whose tasks nobody described, and names of the workload that were used.
  const std::set<std::string>& idle_services() const { return idle_; }
  const std::set<std::string>& used_models() const { return used_; }

  void create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec) override;
  void pull_image(const runtime::TaskId& task, const std::string& container,
                  const runtime::ImageSource& source) override;
  void start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) override;
  void signal_container(const runtime::TaskId& task, const std::string& container, int signal) override;
  void check_health(const runtime::TaskId& task, const std::string& container,
                    const runtime::HealthCheck& check) override;
  void logs_stored(const runtime::TaskId&, const std::string&, std::uint64_t) override {}
  void remove_sandbox(const runtime::TaskId& task) override;
  void sample_usage() override;
  void apply_networks(const runtime::NetworkPlan&) override {}
  void adopt(const std::vector<runtime::Adoption>&) override {}  // nothing outlives a simulation

 private:
  struct Container;
  struct Sandbox;

  World& world() const { return stage_->world; }
  void prepare(const runtime::TaskId& task);
  void identify(const runtime::TaskId& task, Sandbox& sandbox);
  void name_main_container(const std::string& definition, Sandbox& sandbox);
  void match(Sandbox& sandbox);
  void begin(const runtime::TaskId& task, const std::string& name);
  void finish(const runtime::TaskId& task, Container& container, int exit_code);
  void settle_account(Sandbox& sandbox, ServiceTotals& totals, bool closing);
  Sandbox* find(const runtime::TaskId& task);
  Container* find(const runtime::TaskId& task, const std::string& name);

  Stage* stage_ = nullptr;
  std::uint64_t seed_ = 0;
  std::map<runtime::TaskId, std::unique_ptr<Sandbox>> sandboxes_;
  std::map<std::string, ServiceTotals> closed_;
  std::map<std::string, std::uint64_t> launched_;
  std::map<std::string, const ServiceModel*> models_;          // by service ARN
  std::map<std::string, std::pair<std::string, bool>> mains_;  // by task definition: main container, ARM
  std::set<std::string> idle_;
  std::set<std::string> used_;
  base::TimePoint sampled_{};
};

}  // namespace sim
