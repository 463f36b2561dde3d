#include <algorithm>
#include <set>

#include "docker/tasks.h"

// Health, usage, and what an earlier process has left.
namespace docker {

void Tasks::check_health(const runtime::TaskId& task, const std::string& name, const runtime::HealthCheck& check) {
  const Container* container = find(task, name);
  if (!container || container->phase != Container::Phase::Running) return;
  const std::uint64_t number = ++check_number_;
  checks_[number] = {task, name, nullptr, {}};
  beside(
      workers_, [this, id = container->id, argv = check.argv] { return containers_.create_exec(id, argv); },
      [this, number, check](const Result<std::string>& exec) {
        if (!exec) return end_check(number, false);
        start_check(number, *exec, check);
      });
}

void Tasks::start_check(std::uint64_t number, const std::string& exec, const runtime::HealthCheck& check) {
  const auto at = checks_.find(number);
  if (at == checks_.end()) return;
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(options_.clock.to_real(check.timeout));
  at->second.timeout = loop_.after(timeout, [this, number] { end_check(number, false); });
  at->second.stream = std::make_unique<Stream>(
      loop_, engine_.socket(), engine_.request("POST", "/exec/" + exec + "/start", R"({"Detach":false,"Tty":false})"),
      Stream::Told{.data = [](std::string_view) {},
                   .ended =
                       [this, number, exec](int, const std::string&) {
                         if (!checks_.contains(number)) return;
                         beside(
                             workers_, [this, exec] { return containers_.exec_status(exec); },
                             [this, number](const Result<int>& status) { end_check(number, status && *status == 0); });
                       }});
}

// What takes too long is left to the container: Docker has no way to end a command there.
void Tasks::end_check(std::uint64_t number, bool healthy) {
  const auto node = checks_.extract(number);
  if (node.empty()) return;
  const Check& check = node.mapped();
  loop_.cancel(check.timeout);
  const Container* container = find(check.task, check.container);
  if (!container || container->phase != Container::Phase::Running) return;
  tell(runtime::event::HealthChecked{check.task, check.container, healthy});
}

void Tasks::sample_usage() {
  const auto now = std::chrono::steady_clock::now();
  const auto over = std::chrono::duration_cast<base::Duration>(now - std::exchange(sampled_, now));
  for (const auto& [task, of] : sandboxes_) {
    if (of.removing) continue;
    std::vector<std::pair<std::string, std::string>> running;  // name, id
    for (const auto& [name, container] : of.containers) {
      if (container.phase == Container::Phase::Running) running.emplace_back(name, container.id);
    }
    if (running.empty()) continue;
    using Uses = std::map<std::string, Containers::Use>;
    beside(
        workers_,
        [this, running] {
          Uses out;
          for (const auto& [name, id] : running) {
            if (const auto use = containers_.use(id)) out[name] = *use;
          }
          return out;
        },
        [this, task, over](const Uses& uses) {
          runtime::event::Usage total{task, 0, 0, over};
          for (const auto& [name, use] : uses) {
            Container* container = find(task, name);
            if (!container) return;
            total.cpu_seconds +=
                std::max(0.0, use.cpu_seconds - std::exchange(container->cpu_seconds, use.cpu_seconds));
            total.memory_bytes += use.memory_bytes;
          }
          if (!uses.empty()) tell(total);
        });
  }
}

// Blocks the loop: nothing else may happen before it is known what there is.
void Tasks::adopt(const std::vector<runtime::Adoption>& adoptions) {
  std::map<runtime::TaskId, std::map<std::string, Found>> there;
  if (const auto listed = containers_.list()) {
    for (const Found& one : *listed) there[one.task][one.name] = one;
  } else if (options_.warn) {
    options_.warn("cannot see what containers Docker has: " + listed.error().message);
  }
  for (const std::string& task : containers_.tasks()) there[task];
  std::set<runtime::TaskId> known;
  for (const runtime::Adoption& one : adoptions) {
    known.insert(one.task);
    sandbox(one.task);
    for (const auto& wanted : one.containers) {
      Container& container = sandbox(one.task).containers[wanted.name];
      container.name = wanted.name;
      const auto& found = there[one.task];
      const auto at = found.find(wanted.name);
      if (at == found.end()) {
        container.phase = Container::Phase::Exited;
        container.log_complete = true;
        tell_exit(one.task, container);
        continue;
      }
      container.id = at->second.id;
      container.stop_signal = at->second.stop_signal;
      connect(one.task, container, wanted.log_position);
    }
  }
  for (const auto& [task, containers] : there) {
    if (!known.contains(task)) {
      sandbox(task).silent = true;
      remove_sandbox(task);  // whatever runs goes with it
    }
  }
}

}  // namespace docker
