#include "linux/linux_runtime.h"

#include <fcntl.h>
#include <signal.h>

#include <fstream>
#include <iterator>

#include "linux/container_fixture.h"

namespace linux_runtime {
namespace {

using runtime::event::ContainerExited;
using runtime::event::ContainerStarted;
using runtime::event::ContainerStartFailed;
using runtime::event::HealthChecked;
using runtime::event::ImagePullFailed;
using runtime::event::Logs;
using runtime::event::SandboxRemoved;
using Lines = std::vector<std::string>;

class LinuxRuntimeTest : public ContainerTest {};

std::string file_text(const std::string& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

TEST_F(LinuxRuntimeTest, RunsToItsEndAndTellsLinesAndCode) {
  EXPECT_EQ(run(task(1), shell("echo out; echo err >&2; exit 7")).exit_code, 7);
  EXPECT_EQ(lines(task(1)), (Lines{"out", "err"}));
  EXPECT_EQ(wait_for<ContainerStarted>()->runtime_id.substr(0, 33), task(1) + "-");
}

TEST_F(LinuxRuntimeTest, EnvironmentUserDirectoryAndLimitsAreTheSpecifications) {
  auto spec = shell(
      "id; pwd; echo $FROM_IMAGE $BOTH $HOME $HOSTNAME; ulimit -n; cat /etc/hostname; touch /new && echo written");
  spec.user = "app";
  spec.working_directory = "/work/here";
  spec.environment = {{"BOTH", "spec"}};
  spec.ulimits = {{"nofile", 100, 200}};
  EXPECT_EQ(run(task(1), spec).exit_code, 1);
  EXPECT_EQ(lines(task(1)),
            (Lines{"uid=1234(app) gid=567(app) groups=89(extra)", "/work/here", "yes spec /home/app ip-10-0-0-1", "100",
                   "ip-10-0-0-1", "touch: /new: Permission denied"}));
}

TEST_F(LinuxRuntimeTest, ReadOnlyRootRefusesAndVolumesAreShared) {
  auto writer = shell("echo shared > /data/file; (echo x > /file) 2>/dev/null || echo refused");
  writer.read_only_root = true;
  writer.mounts = {{"common", "/data", false}};
  run(task(1), writer);
  EXPECT_EQ(lines(task(1)).back(), "refused");
  auto reader = shell("cat /in/file; (echo x > /in/file) 2>/dev/null || echo refused");
  reader.name = "reader";
  reader.mounts = {{"common", "/in", true}};
  runtime->start_container(task(1), reader);
  ASSERT_TRUE(wait_for<ContainerExited>([](const ContainerExited& one) { return one.container == "reader"; }));
  const Lines seen = lines(task(1), "reader");
  EXPECT_EQ(seen.front(), "shared");
  EXPECT_EQ(seen.back(), "refused");
}

TEST_F(LinuxRuntimeTest, CapabilitiesAndTmpfsAreTheSpecifications) {
  auto spec = shell(
      "cat /proc/self/status | while read name value; do test $name = CapEff: && printf '%s\\n' $value; done; "
      "touch /scratch/a && cat /proc/mounts | while read dev path type options rest; do "
      "test $path = /scratch && printf '%s %s\\n' $type $options; done; exit 0");
  spec.tmpfs.push_back({.target = "/scratch", .bytes = 1 << 20, .options = {"mode=1777", "exec"}});
  spec.drops_all_capabilities = true;
  spec.added_capabilities = {"CAP_SYS_PTRACE"};
  EXPECT_EQ(run(task(1), spec).exit_code, 0);
  const auto said = lines(task(1));
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0], "0000000000080000");  // bit 19
  EXPECT_TRUE(said[1].starts_with("tmpfs ")) << said[1];
  EXPECT_NE(said[1].find("size=1024k"), std::string::npos) << said[1];
  EXPECT_EQ(said[1].find("noexec"), std::string::npos) << said[1];

  auto some =
      shell("cat /proc/self/status | while read name value; do test $name = CapEff: && printf '%s\\n' $value; done");
  some.dropped_capabilities = {"CAP_NET_RAW", "CAP_MKNOD"};
  run(task(2), some);
  ASSERT_EQ(lines(task(2)).size(), 1u);
  EXPECT_EQ(lines(task(2))[0], "00000000a00405fb");
}

TEST_F(LinuxRuntimeTest, SigtermEndsAProgramThatListensAndSigkillOneThatDoesNot) {
  launch(task(1), shell("trap 'echo bye; exit 0' TERM; echo up; while true; do sleep 0.05; done"));
  ASSERT_TRUE(wait_for<Logs>());
  runtime->signal_container(task(1), "app", 0);
  EXPECT_EQ(wait_for_task<ContainerExited>(task(1))->exit_code, 0);
  EXPECT_EQ(lines(task(1)).back(), "bye");

  auto deaf = shell("");
  deaf.entry_point = {{"sleep", "1000"}};
  deaf.command.reset();
  launch(task(2), deaf);
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(2)));
  runtime->signal_container(task(2), "app", SIGTERM);
  runtime->signal_container(task(2), "app", SIGKILL);
  EXPECT_EQ(wait_for_task<ContainerExited>(task(2))->exit_code, 137);

  deaf.init_process = true;
  launch(task(3), deaf);
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(3)));
  usleep(300'000);  // until then the init may not yet listen, and what it doesn't listen to is lost
  runtime->signal_container(task(3), "app", SIGTERM);
  EXPECT_EQ(wait_for_task<ContainerExited>(task(3))->exit_code, 143);
}

TEST_F(LinuxRuntimeTest, MemoryBeyondTheLimitOfContainerOrTaskIsOutOfMemory) {
  const std::string hungry = "tail /dev/zero";
  auto spec = shell(hungry);
  spec.memory_bytes = 16 << 20;
  const auto one = run(task(1), spec);
  EXPECT_EQ(one.exit_code, 137);
  EXPECT_TRUE(one.out_of_memory);
  const auto other = run(task(2), shell(hungry), {.cpu_units = 256, .memory_bytes = 16 << 20});
  EXPECT_EQ(other.exit_code, 137);
  EXPECT_TRUE(other.out_of_memory);
}

TEST_F(LinuxRuntimeTest, TheCpuLimitIsApplied) {
  launch(task(1), shell("while true; do :; done"), {.cpu_units = 256});
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(1)));
  runtime->sample_usage();
  usleep(1'000'000);
  {
    const std::lock_guard lock(mutex);
    events.clear();
  }
  runtime->sample_usage();
  const auto usage = wait_for<runtime::event::Usage>();
  ASSERT_TRUE(usage);
  EXPECT_LT(usage->cpu_seconds, 0.6 * base::to_seconds(usage->over));
  EXPECT_GT(usage->memory_bytes, 0);
}

TEST_F(LinuxRuntimeTest, HealthIsTheStatusOfACommandInside) {
  launch(task(1), shell("echo up > /tmp/health; sleep 1000"));
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(1)));
  const auto check = [&](const std::string& script) {
    {
      const std::lock_guard lock(mutex);
      events.clear();
    }
    runtime->check_health(task(1), "app", {.argv = {"/bin/sh", "-c", script}, .timeout = std::chrono::seconds(1)});
    const auto checked = wait_for_task<HealthChecked>(task(1));
    return checked ? std::optional(checked->healthy) : std::nullopt;
  };
  EXPECT_EQ(check("sleep 0.2; test \"$(cat /tmp/health)$BOTH\" = upimage"), true);
  EXPECT_EQ(check("exit 3"), false);
  EXPECT_EQ(check("sleep 500"), false);
}

TEST_F(LinuxRuntimeTest, FailuresHaveTheTextsOfAws) {
  auto spec = shell("");
  spec.entry_point = {{"nosuch"}};
  spec.command.reset();
  launch(task(1), spec);
  EXPECT_EQ(
      wait_for_task<ContainerStartFailed>(task(1))->reason,
      "CannotStartContainerError: failed to create new container runtime task: failed to create shim task: OCI "
      "runtime create failed: runc create failed: unable to start container process: exec: \"nosuch\": executable "
      "file not found in $PATH: unknown");
  runtime->pull_image(task(2), "app", {.reference = "img:1", .local_digest = "sha256:" + std::string(64, 'a')});
  EXPECT_EQ(wait_for_task<ImagePullFailed>(task(2))->reason,
            "pull image manifest has been retried 1 time(s): failed to resolve ref img:1: not found");
  runtime->pull_image(task(3), "app", {.reference = "127.0.0.1:1/img:1", .outside = "127.0.0.1:1/img:1"});
  EXPECT_NE(wait_for_task<ImagePullFailed>(task(3))->reason.find("connection refused"), std::string::npos);
}

TEST_F(LinuxRuntimeTest, OutsideImagesComeWithSkopeo) {
  stop_runtime();
  options.outside_transport = "oci:";
  start_runtime();
  image::BuildSpec other{.files = {{.target = "/bin/busybox", .source = "/bin/busybox"}}, .reference = "x"};
  other.config.command = {"/bin/busybox", "echo", "from outside"};
  const std::string built = *image::build_image(other, scratch->path() + "/outside");
  runtime->create_sandbox(task(1), {});
  runtime->pull_image(task(1), "app", {.reference = "x", .outside = scratch->path() + "/outside"});
  const auto pulled = wait_for_task<runtime::event::ImagePulled>(task(1));
  ASSERT_TRUE(pulled);
  EXPECT_EQ(pulled->image_digest, built);
  runtime->start_container(task(1), {.name = "app", .image_digest = built});
  EXPECT_EQ(wait_for_task<ContainerExited>(task(1))->exit_code, 0);
  EXPECT_EQ(lines(task(1)), Lines{"from outside"});
}

TEST_F(LinuxRuntimeTest, LinesComeInOrderHoweverLongAndMany) {
  EXPECT_EQ(run(task(1), shell("seq 1 20000; head -c 300000 /dev/zero | tr '\\0' x; echo; printf end")).exit_code, 0);
  runtime->remove_sandbox(task(1));
  ASSERT_TRUE(wait_for_task<SandboxRemoved>(task(1)));
  const Lines seen = lines(task(1));
  ASSERT_GE(seen.size(), 20'003u);
  EXPECT_EQ(seen[19'999], "20000");
  std::size_t long_line = 0;  // comes in parts
  for (std::size_t i = 20'000; i + 1 < seen.size(); ++i) long_line += seen[i].size();
  EXPECT_EQ(long_line, 300'000u);
  EXPECT_EQ(seen.back(), "end");
}

TEST_F(LinuxRuntimeTest, UnconfirmedLogsHoldBackAndComeAgain) {
  confirm_logs = false;
  launch(task(1),
         shell("i=0; while [ $i -lt 100000 ]; do echo line $i of a log that nobody confirms; i=$((i+1)); done"));
  ASSERT_TRUE(wait_for_task<ContainerExited>(task(1)));
  const std::size_t held = lines(task(1)).size();
  EXPECT_LT(held, 90'000u);
  std::uint64_t position = 0;
  {
    const std::lock_guard lock(mutex);
    for (const auto& event : events) {
      if (const auto* logs = std::get_if<Logs>(&event)) position = logs->position;
    }
    events.clear();
  }
  confirm_logs = true;
  runtime->logs_stored(task(1), "app", position);
  runtime->remove_sandbox(task(1));
  ASSERT_TRUE(wait_for_task<SandboxRemoved>(task(1)));
  EXPECT_EQ(held + lines(task(1)).size(), 100'000u);
}

TEST_F(LinuxRuntimeTest, ContainersAndTheirEndsOutliveTheRuntime) {
  launch(task(1), shell("echo one; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo two; exit 5"));
  launch(task(2), shell("sleep 0.3; echo gone; exit 6"));
  launch(task(3), shell("sleep 1000"));
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(wait_for_task<ContainerStarted>(task(i)));
  ASSERT_TRUE(wait_for_task<Logs>(task(1)));
  const auto position = wait_for_task<Logs>(task(1))->position;
  stop_runtime();
  usleep(600'000);  // task 2 ends unseen
  {
    const std::lock_guard lock(mutex);
    events.clear();
  }
  start_runtime();
  runtime->adopt({{.task = task(1), .containers = {{"app", position}}}, {.task = task(2), .containers = {{"app", 0}}}});
  EXPECT_EQ(wait_for_task<ContainerExited>(task(2))->exit_code, 6);
  EXPECT_EQ(lines(task(2)), Lines{"gone"});
  runtime->check_health(task(1), "app", {.argv = {"touch", "/tmp/go"}, .timeout = std::chrono::seconds(5)});
  EXPECT_EQ(wait_for_task<ContainerExited>(task(1))->exit_code, 5);
  EXPECT_EQ(lines(task(1)), Lines{"two"});
  // Nobody names task 3: it goes, with everything.
  for (int i = 0; i < 250 && std::filesystem::exists(options.data_directory + "/tasks/" + task(3)); ++i) usleep(20'000);
  EXPECT_FALSE(std::filesystem::exists(options.data_directory + "/tasks/" + task(3)));
}

TEST_F(LinuxRuntimeTest, ARepeatedStartFindsTheContainerThatRuns) {
  launch(task(1), shell("echo once; sleep 1000"));
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(1)));
  stop_runtime();
  {
    const std::lock_guard lock(mutex);
    events.clear();
  }
  start_runtime();
  runtime->adopt({{.task = task(1)}});
  runtime->start_container(task(1), shell("echo twice"));
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(1)));
  ASSERT_TRUE(wait_for_task<Logs>(task(1)));
  EXPECT_EQ(lines(task(1)), Lines{"once"});
}

TEST_F(LinuxRuntimeTest, WhatOutlivesUsHoldsNoneOfOurFiles) {
  const std::string marker = scratch->path() + "/held";
  const Fd open_across_exec(open(marker.c_str(), O_WRONLY | O_CREAT, 0600));
  launch(task(1), shell("sleep 1000"));
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(1)));
  Networks networks({});
  const Launcher launcher(options, networks);
  const int conmon = launcher.conmon_pid(launcher.place(task(1), "app"));
  ASSERT_GT(conmon, 0);
  for (const auto& fd : std::filesystem::directory_iterator("/proc/" + std::to_string(conmon) + "/fd")) {
    EXPECT_NE(std::filesystem::read_symlink(fd.path()), marker);
  }
}

TEST_F(LinuxRuntimeTest, RemovingLeavesNothing) {
  launch(task(1), shell("sleep 1000"), {.cpu_units = 256, .memory_bytes = 64 << 20});
  ASSERT_TRUE(wait_for_task<ContainerStarted>(task(1)));
  EXPECT_NE(file_text("/proc/self/mountinfo").find(scratch->path()), std::string::npos);
  runtime->remove_sandbox(task(1));
  ASSERT_TRUE(wait_for_task<SandboxRemoved>(task(1)));
  EXPECT_EQ(wait_for_task<ContainerExited>(task(1))->exit_code, 137);
  EXPECT_EQ(file_text("/proc/self/mountinfo").find(scratch->path()), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(options.data_directory + "/tasks/" + task(1)));
  Networks networks({});
  const std::string id = Launcher(options, networks).place(task(1), "app").id;
  EXPECT_FALSE(std::filesystem::exists(options.state_directory + "/crun/" + id));
  EXPECT_FALSE(Cgroups().memory_bytes(Launcher::task_cgroup(task(1))));
  runtime->remove_sandbox(task(9));  // one that never was
  EXPECT_TRUE(wait_for_task<SandboxRemoved>(task(9)));
}

TEST_F(LinuxRuntimeTest, TwentyAtOnce) {
  constexpr int kTasks = 20;
  for (int i = 0; i < kTasks; ++i) runtime->create_sandbox(task(i), {.cpu_units = 256, .memory_bytes = 64 << 20});
  for (int i = 0; i < kTasks; ++i) runtime->pull_image(task(i), "app", {.reference = "x", .local_digest = digest});
  for (int i = 0; i < kTasks; ++i) ASSERT_TRUE(wait_for_task<runtime::event::ImagePulled>(task(i)));
  for (int i = 0; i < kTasks; ++i) runtime->start_container(task(i), shell("echo " + std::to_string(i) + "; exit 9"));
  for (int i = 0; i < kTasks; ++i) EXPECT_EQ(wait_for_task<ContainerExited>(task(i))->exit_code, 9);
  for (int i = 0; i < kTasks; ++i) EXPECT_EQ(lines(task(i)), Lines{std::to_string(i)});
}

}  // namespace
}  // namespace linux_runtime
