#include "docker/docker_runtime.h"

#include "docker/tasks.h"
#include "linux/network/networks.h"

namespace docker {

class DockerRuntime::Impl {
 public:
  Impl(Engine found, linux_runtime::Options options)
      : engine(std::move(found)), tasks(engine, options, Names{linux_runtime::network_prefix(options.data_directory)}) {
    tasks.loop().start();
  }
  ~Impl() { tasks.loop().stop(); }

  // Does something with the state, on its thread.
  template <class Action>
  void post(Action action) {
    tasks.loop().post([this, action = std::move(action)]() mutable { action(tasks); });
  }

  const Engine engine;
  Tasks tasks;
};

DockerRuntime::DockerRuntime(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DockerRuntime::~DockerRuntime() = default;

std::expected<std::unique_ptr<DockerRuntime>, std::string> DockerRuntime::open(const std::string& socket,
                                                                               linux_runtime::Options options) {
  Engine engine(socket);
  if (const auto opened = engine.open(); !opened) return std::unexpected(opened.error().message);
  auto impl = std::make_unique<Impl>(std::move(engine), std::move(options));
  return std::unique_ptr<DockerRuntime>(new DockerRuntime(std::move(impl)));
}

std::string DockerRuntime::engine() const {
  return "Docker " + impl_->engine.name();
}

void DockerRuntime::create_sandbox(const runtime::TaskId& task, const runtime::SandboxSpec& spec) {
  impl_->post([=](Tasks& tasks) { tasks.create_sandbox(task, spec); });
}
void DockerRuntime::pull_image(const runtime::TaskId& task, const std::string& container,
                               const runtime::ImageSource& source) {
  impl_->post([=](Tasks& tasks) { tasks.pull_image(task, container, source); });
}
void DockerRuntime::start_container(const runtime::TaskId& task, const runtime::ContainerSpec& spec) {
  impl_->post([=](Tasks& tasks) { tasks.start_container(task, spec); });
}
void DockerRuntime::signal_container(const runtime::TaskId& task, const std::string& container, int signal) {
  impl_->post([=](Tasks& tasks) { tasks.signal_container(task, container, signal); });
}
void DockerRuntime::check_health(const runtime::TaskId& task, const std::string& container,
                                 const runtime::HealthCheck& check) {
  impl_->post([=](Tasks& tasks) { tasks.check_health(task, container, check); });
}
void DockerRuntime::logs_stored(const runtime::TaskId& task, const std::string& container, std::uint64_t position) {
  impl_->post([=](Tasks& tasks) { tasks.logs_stored(task, container, position); });
}
void DockerRuntime::remove_sandbox(const runtime::TaskId& task) {
  impl_->post([=](Tasks& tasks) { tasks.remove_sandbox(task); });
}
void DockerRuntime::sample_usage() {
  impl_->post([](Tasks& tasks) { tasks.sample_usage(); });
}
void DockerRuntime::apply_networks(const runtime::NetworkPlan& plan) {
  impl_->tasks.networks().apply(plan);  // has a thread of its own
}
void DockerRuntime::adopt(const std::vector<runtime::Adoption>& adoptions) {
  impl_->post([=](Tasks& tasks) { tasks.adopt(adoptions); });
}

}  // namespace docker
