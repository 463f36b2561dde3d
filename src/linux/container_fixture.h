#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "image/builder.h"
#include "image/layout.h"
#include "linux/linux_runtime.h"

// For tests with real containers: an image with busybox, a runtime on temporary directories, and the events as they
// come. Whatever a test leaves behind is removed at its end.
namespace linux_runtime {

class ContainerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: it starts containers";
    if (access("/bin/busybox", X_OK) != 0) GTEST_SKIP() << "needs /bin/busybox (package busybox-static)";
    scratch.emplace(*image::ScratchDirectory::create());
    options.data_directory = scratch->path() + "/data";
    options.state_directory = scratch->path() + "/run";
    options.deliver = [this](runtime::Event event) { receive(std::move(event)); };
    digest = build_busybox();
    start_runtime();
  }

  void TearDown() override {
    if (!scratch) return;
    if (!runtime) start_runtime();
    runtime->adopt({});  // nobody knows any task any more
    const auto tasks = options.data_directory + "/tasks";
    for (int i = 0; i < 500 && !std::filesystem::is_empty(tasks); ++i) usleep(20'000);
    EXPECT_TRUE(std::filesystem::is_empty(tasks));
    stop_runtime();
  }

  void start_runtime() {
    runtime = std::make_unique<LinuxRuntime>(options);
    live = runtime.get();
  }
  // Events come on the runtime's own thread until its destructor has joined that.
  void stop_runtime() {
    live = nullptr;
    runtime.reset();
  }

  std::string build_busybox() {
    image::BuildSpec spec;
    spec.files = {
        {.target = "/bin/busybox", .source = "/bin/busybox", .mode = 0755},
        {.target = "/etc/passwd", .content = "root:x:0:0::/root:/bin/sh\napp:x:1234:567::/home/app:/bin/sh\n"},
        {.target = "/etc/group", .content = "root:x:0:\napp:x:567:\nextra:x:89:app\n"},
        {.target = "/tmp", .mode = 01777, .directory = true}};
    std::filesystem::create_directories(scratch->path() + "/links");
    for (const char* name : {"sh", "sleep", "cat", "id", "pwd", "env", "seq", "tr", "printf", "test", "touch", "ulimit",
                             "head", "tail", "date", "ip", "nslookup", "nc"}) {
      const std::string link = scratch->path() + "/links/" + name;
      std::filesystem::create_symlink("busybox", link);
      spec.files.push_back({.target = std::string("/bin/") + name, .source = link});
    }
    spec.config.environment = {"FROM_IMAGE=yes", "BOTH=image"};
    return *image::build_image(spec, options.data_directory);
  }

  void receive(runtime::Event event) {
    if (const auto* logs = std::get_if<runtime::event::Logs>(&event); logs && confirm_logs) {
      if (LinuxRuntime* const told = live) told->logs_stored(logs->task, logs->container, logs->position);
    }
    if (const auto* failed = std::get_if<runtime::event::ContainerStartFailed>(&event)) {
      std::fprintf(stderr, "not started: %s\n", failed->reason.c_str());
    }
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
    arrived.notify_all();
  }

  // Waits for an event that `is` accepts, and returns it; nothing after `patience`.
  template <class E>
  std::optional<E> wait_for(
      const std::function<bool(const E&)>& is = [](const E&) { return true; },
      std::chrono::seconds patience = std::chrono::seconds(20)) {
    std::optional<E> found;
    std::unique_lock lock(mutex);
    arrived.wait_for(lock, patience, [&] {
      for (const runtime::Event& event : events) {
        const E* one = std::get_if<E>(&event);
        if (one && is(*one)) found = *one;
        if (found) return true;
      }
      return false;
    });
    return found;
  }
  template <class E>
  std::optional<E> wait_for_task(const runtime::TaskId& task) {
    return wait_for<E>([&](const E& event) { return event.task == task; });
  }

  std::vector<std::string> lines(const runtime::TaskId& task, const std::string& container = "app") {
    std::vector<std::string> out;
    const std::lock_guard lock(mutex);
    for (const runtime::Event& event : events) {
      const auto* logs = std::get_if<runtime::event::Logs>(&event);
      if (!logs || logs->task != task || logs->container != container) continue;
      for (const auto& line : logs->lines) out.push_back(line.text);
    }
    return out;
  }

  static runtime::TaskId task(int number) {
    const std::string text = std::to_string(number);
    return std::string(32 - text.size(), '0') + text;
  }

  runtime::ContainerSpec shell(const std::string& script) const {
    return {.name = "app",
            .image_digest = digest,
            .entry_point = std::vector<std::string>{"/bin/sh", "-c"},
            .command = std::vector<std::string>{script},
            .hostname = "ip-10-0-0-1"};
  }

  // Everything up to the start; the events tell the rest.
  void launch(const runtime::TaskId& id, const runtime::ContainerSpec& spec, const runtime::SandboxSpec& box = {}) {
    runtime->create_sandbox(id, box);
    ASSERT_TRUE(wait_for_task<runtime::event::SandboxReady>(id));
    runtime->pull_image(id, spec.name, {.reference = "busybox", .local_digest = spec.image_digest});
    ASSERT_TRUE(wait_for_task<runtime::event::ImagePulled>(id));
    runtime->start_container(id, spec);
  }
  // Runs to the end; returns the exit.
  runtime::event::ContainerExited run(const runtime::TaskId& id, const runtime::ContainerSpec& spec,
                                      const runtime::SandboxSpec& box = {}) {
    launch(id, spec, box);
    const auto exit = wait_for_task<runtime::event::ContainerExited>(id);
    EXPECT_TRUE(exit);
    return exit.value_or(runtime::event::ContainerExited{.exit_code = -1});
  }

  std::optional<image::ScratchDirectory> scratch;
  Options options;
  std::string digest;
  bool confirm_logs = true;
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<runtime::Event> events;
  std::unique_ptr<LinuxRuntime> runtime;
  std::atomic<LinuxRuntime*> live = nullptr;  // the same, for receive()
};

}  // namespace linux_runtime
