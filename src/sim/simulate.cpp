#include "sim/simulate.h"

#include <algorithm>
#include <list>

#include "api/ecs/operations.h"
#include "base/fault.h"
#include "sim/advice.h"
#include "sim/check.h"
#include "sim/deploy.h"
#include "sim/prices.h"
#include "sim/recorder.h"

namespace sim {
namespace {

constexpr std::int64_t kSamplesWanted = 1440;
constexpr base::Duration kSampleLeast = std::chrono::minutes(1);

base::Duration sample_every(const Scenario& scenario) {
  if (scenario.sample_every > base::Duration::zero()) return scenario.sample_every;
  const base::Duration even = scenario.span / kSamplesWanted;
  return std::max(kSampleLeast, base::Duration(std::chrono::ceil<std::chrono::minutes>(even)));
}

// Redeploys, scales by hand, and stops tasks, as the workload says.
class Hand {
 public:
  explicit Hand(Stage& stage) : stage_(stage) {}

  void plan(const Event& event) {
    stage_.world.agenda().at(stage_.workload.start + event.at, [this, &event] { act(event); });
  }

 private:
  void act(const Event& event) {
    const auto arn = stage_.names.service_arn(event.service);
    if (!arn) return;
    if (event.kind == Event::Kind::Stop) return stop(*arn);
    api::ecs::UpdateServiceRequest input;
    input.cluster = cluster_of(*arn);
    input.service = last_part(*arn);
    if (event.kind == Event::Kind::Deploy) {
      input.force_new_deployment = true;
    } else {
      input.desired_count = event.desired;
    }
    (void)stage_.world.call<api::ecs::UpdateService>(std::move(input));
  }

  void stop(const std::string& arn) {
    api::ecs::ListTasksRequest list;
    list.cluster = cluster_of(arn);
    list.service_name = last_part(arn);
    const auto tasks = stage_.world.call<api::ecs::ListTasks>(std::move(list));
    if (!tasks || !tasks->task_arns || tasks->task_arns->empty()) return;
    api::ecs::StopTaskRequest input;
    input.cluster = cluster_of(arn);
    input.task = tasks->task_arns->front();
    input.reason = "stopped by the workload";
    (void)stage_.world.call<api::ecs::StopTask>(std::move(input));
  }

  Stage& stage_;
};

std::expected<Workload, Failure> workload_of(const Scenario& scenario) {
  auto parsed = parse_workload(scenario.workload_document, scenario.read);
  if (!parsed) return std::unexpected(Failure{parsed.error().in(scenario.workload_file)});
  return std::move(*parsed);
}

}  // namespace

std::expected<Result, Failure> simulate(const Scenario& scenario) {
  TRY(const Workload workload, workload_of(scenario));
  const base::TimePoint end = workload.start + scenario.span;
  ModelRuntime runtime;
  World world({.account = scenario.account,
               .region = scenario.region,
               .seed = scenario.seed,
               .start = workload.start,
               .metric_delay = workload.metric_delay},
              runtime);
  Ledger ledger;
  Names names(world);
  Stage stage{world, ledger, names, workload};
  runtime.enter(stage, scenario.seed);
  Recorder recorder(stage, runtime, sample_every(scenario));
  recorder.begin(end);
  std::list<Producer> outside;
  for (const Production& production : workload.arrivals) {
    outside.emplace_back(stage, production, seed_of(scenario.seed, "arrivals", outside.size())).begin();
  }
  CHECK(deploy(world, scenario, end));
  const base::TimePoint deployed = world.now();
  std::vector<std::string> notes;
  CHECK(check_fit(scenario, stage, runtime, notes));
  Hand hand(stage);
  for (const Event& event : workload.events) hand.plan(event);
  world.run_until(end);
  Result result = recorder.finish(deployed);
  result.notes = std::move(notes);
  result.cost = cost_of(result, built_in_prices());
  result.advice = advise(result, workload);
  return result;
}

}  // namespace sim
