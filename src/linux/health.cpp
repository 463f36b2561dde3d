#include <signal.h>

#include <fstream>

#include "linux/tasks.h"

namespace linux_runtime {

Tasks::~Tasks() {
  door_->close();
  loop_.stop();
  for (auto& [number, exec] : execs_) exec->kill();
  for (auto& [fd, check] : checks_) {
    signal_pidfd(check->process, SIGKILL);
    wait_for(check->pid);
  }
}

void Tasks::check_health(const runtime::TaskId& task, const std::string& name, const runtime::HealthCheck& check) {
  const Container* container = find(task, name);
  if (!container || container->phase != Container::Phase::Running) return;
  auto one = std::make_unique<Check>();
  one->task = task;
  one->container = name;
  one->pid_file = container->place.directory + "/check.pid";
  const auto pid = spawn({.argv = launcher_.exec_command(container->place, one->pid_file, check.argv)});
  if (!pid) {
    tell(runtime::event::HealthChecked{task, name, false});
    return;
  }
  one->pid = *pid;
  one->process = open_pidfd(*pid);
  const int fd = one->process.get();
  loop_.watch(fd, [this, fd] { end_check(fd, wait_for(checks_.at(fd)->pid)); });
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(options_.clock.to_real(check.timeout));
  one->timeout = loop_.after(timeout, [this, fd] { end_check(fd, std::nullopt); });
  checks_[fd] = std::move(one);
}

// Without a status it took too long: both crun and what it started inside are killed.
void Tasks::end_check(int fd, std::optional<int> status) {
  const auto node = checks_.extract(fd);
  const Check& check = *node.mapped();
  loop_.unwatch(fd);
  loop_.cancel(check.timeout);
  if (!status) {
    int inside = 0;
    if (std::ifstream(check.pid_file) >> inside && inside > 0) signal_pidfd(open_pidfd(inside), SIGKILL);
    signal_pidfd(check.process, SIGKILL);
    wait_for(check.pid);
  }
  const Container* container = find(check.task, check.container);
  if (!container || container->phase != Container::Phase::Running) return;
  tell(runtime::event::HealthChecked{check.task, check.container, status == 0});
}

void Tasks::exec(const runtime::TaskId& task, const std::string& name, const runtime::ExecSpec& spec,
                 std::shared_ptr<runtime::ExecObserver> observer) {
  const Container* container = find(task, name);
  if (!container || container->phase != Container::Phase::Running) {
    return observer->refused("The container does not run any more.");
  }
  const std::uint64_t number = ++execs_ever_;
  const ExecPlan plan = launcher_.exec_plan(container->place, number, spec);
  workers_.run([this, plan, number, observer = std::move(observer)] {
    auto started = start_exec(plan);
    loop_.post([this, plan, number, observer, started = std::move(started)]() mutable {
      if (!started) return observer->refused(started.error().message);
      const auto exec = std::make_shared<Exec>(loop_, door_, plan, std::move(*started), observer);
      execs_[number] = exec;
      exec->run([this, number] { execs_.erase(number); });
    });
  });
}

}  // namespace linux_runtime
