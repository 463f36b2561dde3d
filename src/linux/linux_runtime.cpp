#include "linux/linux_runtime.h"

#include "linux/tasks.h"

namespace linux_runtime {

class LinuxRuntime::Impl {
 public:
  explicit Impl(Options options) : tasks(std::move(options)) { tasks.loop().start(); }
  ~Impl() { tasks.loop().stop(); }

  // Does something with the state, on its thread.
  template <class Action>
  void post(Action action) {
    tasks.loop().post([this, action = std::move(action)]() mutable { action(tasks); });
  }

  Tasks tasks;
};

LinuxRuntime::LinuxRuntime(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
LinuxRuntime::~LinuxRuntime() = default;

void LinuxRuntime::create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec) {
  impl_->post([=](Tasks& tasks) { tasks.create_sandbox(task, spec); });
}
void LinuxRuntime::pull_image(const runtime::TaskId& task, const std::string& container,
                              const runtime::ImageSource& source) {
  impl_->post([=](Tasks& tasks) { tasks.pull_image(task, container, source); });
}
void LinuxRuntime::start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) {
  impl_->post([=](Tasks& tasks) { tasks.start_container(task, spec); });
}
void LinuxRuntime::signal_container(const runtime::TaskId& task, const std::string& container, int signal) {
  impl_->post([=](Tasks& tasks) { tasks.signal_container(task, container, signal); });
}
void LinuxRuntime::check_health(const runtime::TaskId& task, const std::string& container,
                                const runtime::HealthCheck& check) {
  impl_->post([=](Tasks& tasks) { tasks.check_health(task, container, check); });
}
void LinuxRuntime::logs_stored(const runtime::TaskId& task, const std::string& container, std::uint64_t position) {
  impl_->post([=](Tasks& tasks) { tasks.logs_stored(task, container, position); });
}
void LinuxRuntime::remove_sandbox(const runtime::TaskId& task) {
  impl_->post([=](Tasks& tasks) { tasks.remove_sandbox(task); });
}
void LinuxRuntime::sample_usage() {
  impl_->post([](Tasks& tasks) { tasks.sample_usage(); });
}
bool LinuxRuntime::read_stats(const runtime::TaskId& task) {
  impl_->post([=](Tasks& tasks) { tasks.read_stats(task); });
  return true;
}
bool LinuxRuntime::exec(const runtime::TaskId& task, const std::string& container, const runtime::ExecSpec& spec,
                        std::shared_ptr<runtime::ExecObserver> observer) {
  impl_->post([=, observer = std::move(observer)](Tasks& tasks) { tasks.exec(task, container, spec, observer); });
  return true;
}
void LinuxRuntime::apply_networks(const runtime::NetworkPlan& plan) {
  impl_->tasks.networks().apply(plan);  // has a thread of its own
}
void LinuxRuntime::adopt(const std::vector<runtime::Adoption>& adoptions) {
  impl_->post([=](Tasks& tasks) { tasks.adopt(adoptions); });
}

}  // namespace linux_runtime
