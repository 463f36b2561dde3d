// Programs that people run in a container, with real ones.

#include "linux/exec.h"

#include <gtest/gtest.h>

#include "linux/container_fixture.h"

namespace {

using namespace std::chrono_literals;

class Listener : public runtime::ExecObserver {
 public:
  void started(std::shared_ptr<runtime::ExecProcess> process) override {
    note([&] {
      process_ = process;
      if (credit > 0) process_->allow(credit);
    });
  }
  void refused(const std::string& reason) override {
    note([&] { refusal = reason; });
  }
  void output(runtime::ExecStream stream, std::string_view bytes) override {
    note([&] { (stream == runtime::ExecStream::Output ? out : errors) += bytes; });
  }
  void taken(std::size_t bytes) override {
    note([&] { taken_bytes += bytes; });
  }
  void ended(int code) override {
    note([&] {
      exit_code = code;
      process_.reset();
    });
  }
  template <class Is>
  bool wait(Is is) {
    std::unique_lock lock(mutex);
    return arrived.wait_for(lock, 20s, is);
  }
  bool wait_for_end() {
    return wait([&] { return exit_code.has_value(); });
  }
  std::shared_ptr<runtime::ExecProcess> process() {
    wait([&] { return process_ != nullptr; });
    const std::lock_guard lock(mutex);
    return process_;
  }

  std::size_t credit = 1 << 20;
  std::mutex mutex;
  std::condition_variable arrived;
  std::string out, errors, refusal;
  std::size_t taken_bytes = 0;
  std::optional<int> exit_code;

 private:
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex);
    change();
    arrived.notify_all();
  }
  std::shared_ptr<runtime::ExecProcess> process_;
};

class ExecInAContainer : public linux_runtime::ContainerTest {
 protected:
  void SetUp() override {
    ContainerTest::SetUp();
    if (!scratch) return;
    auto spec = shell("while :; do sleep 1; done");
    spec.user = "app";
    spec.environment["COLOUR"] = "blue";
    launch(task(1), spec);
    ASSERT_TRUE(wait_for_task<runtime::event::ContainerStarted>(task(1)));
  }
  std::shared_ptr<Listener> exec(const std::string& script, bool terminal = false, std::size_t credit = 1 << 20) {
    auto listener = std::make_shared<Listener>();
    listener->credit = credit;
    EXPECT_TRUE(runtime->exec(task(1), "app", {.argv = {"/bin/sh", "-c", script}, .terminal = terminal}, listener));
    return listener;
  }
};

TEST_F(ExecInAContainer, HasStreamsEnvironmentAndExitCode) {
  const auto all = exec("echo $COLOUR; id -u; echo wrong >&2; exit 7");
  ASSERT_TRUE(all->wait_for_end());
  EXPECT_EQ(all->exit_code, 7);
  EXPECT_EQ(all->out, "blue\n0\n");  // root, whoever the container's user is
  EXPECT_EQ(all->errors, "wrong\n");
}

TEST_F(ExecInAContainer, ReadsItsInputToTheEnd) {
  const auto cat = exec("cat");
  const auto process = cat->process();
  ASSERT_TRUE(process);
  const std::string text(200'000, 'x');
  process->write(text);
  process->write("end");
  process->close_input();
  ASSERT_TRUE(cat->wait_for_end());
  EXPECT_EQ(cat->exit_code, 0);
  EXPECT_EQ(cat->out, text + "end");
  EXPECT_EQ(cat->taken_bytes, text.size() + 3);
}

TEST_F(ExecInAContainer, HasATerminalWithASize) {
  const auto terminal = exec("test -t 0 && echo yes; read line; echo got $line; read size; busybox stty size", true);
  const auto process = terminal->process();
  ASSERT_TRUE(process);
  process->write("hello\n");
  ASSERT_TRUE(terminal->wait([&] { return terminal->out.find("got hello") != std::string::npos; })) << terminal->out;
  process->resize(33, 111);
  process->write("\n");
  ASSERT_TRUE(terminal->wait_for_end());
  EXPECT_NE(terminal->out.find("yes\r\n"), std::string::npos) << terminal->out;
  EXPECT_NE(terminal->out.find("33 111\r\n"), std::string::npos) << terminal->out;
}

TEST_F(ExecInAContainer, SaysNoMoreThanItMay) {
  const auto much = exec("seq 1 100000; echo done", false, 1000);
  ASSERT_TRUE(much->wait([&] { return much->out.size() == 1000; }));
  usleep(200'000);
  EXPECT_EQ(much->out.size(), 1000u);
  much->process()->allow(10 << 20);
  ASSERT_TRUE(much->wait_for_end());
  EXPECT_TRUE(much->out.ends_with("100000\ndone\n"));
}

TEST_F(ExecInAContainer, EndsWhenItIsHungUp) {
  const auto polite = exec("sleep 1000", true);
  polite->process()->end();
  ASSERT_TRUE(polite->wait_for_end());
  const auto stubborn = exec("trap '' HUP; while :; do sleep 1; done");
  usleep(300'000);
  stubborn->process()->end();
  ASSERT_TRUE(stubborn->wait_for_end());
  EXPECT_EQ(stubborn->exit_code, 137);
}

TEST_F(ExecInAContainer, EndsWithTheContainer) {
  const auto held = exec("echo in; while :; do sleep 1; done");
  ASSERT_TRUE(held->wait([&] { return held->out == "in\n"; }));
  runtime->signal_container(task(1), "app", 9);
  ASSERT_TRUE(held->wait_for_end());
  EXPECT_EQ(held->exit_code, 137);
}

TEST_F(ExecInAContainer, SaysWhyThereIsNone) {
  auto listener = std::make_shared<Listener>();
  runtime->exec(task(2), "app", {.argv = {"ls"}}, listener);
  ASSERT_TRUE(listener->wait([&] { return !listener->refusal.empty(); }));
  for (const bool terminal : {false, true}) {
    auto missing = std::make_shared<Listener>();
    runtime->exec(task(1), "app", {.argv = {"/no/such/program"}, .terminal = terminal}, missing);
    ASSERT_TRUE(missing->wait([&] { return missing->exit_code || !missing->refusal.empty(); }));
    EXPECT_NE((missing->errors + missing->out + missing->refusal).find("/no/such/program"), std::string::npos)
        << missing->errors << missing->refusal;
  }
}

TEST_F(ExecInAContainer, EndsWithTheServer) {
  const auto left = exec("while :; do sleep 1; done");
  ASSERT_TRUE(left->process());
  const auto process = left->process();
  stop_runtime();
  process->write("nobody hears");  // and nothing breaks
}

}  // namespace
