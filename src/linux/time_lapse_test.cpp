#include <cstdlib>

#include "linux/container_fixture.h"
#include "linux/time_library.h"

namespace linux_runtime {
namespace {

using runtime::event::ContainerExited;

// Containers on a cloud that runs 30 times faster and began at a date of its own.
class TimeLapseTest : public ContainerTest {
 protected:
  void SetUp() override {
    using std::chrono::system_clock;
    options.clock.real_origin =
        base::TimePoint(std::chrono::duration_cast<base::Duration>(system_clock::now().time_since_epoch()));
    options.clock.cloud_origin = base::from_unix_seconds(2'000'000'000);
    options.clock.speed = 30;
    ContainerTest::SetUp();
  }

  // An image with one program of this machine and its libraries.
  std::string build_program(const std::string& program) {
    const auto files = image::program_files(program, "/program");
    EXPECT_TRUE(files) << files.error().message;
    return *image::build_image({.files = *files}, options.data_directory);
  }
  runtime::ContainerSpec spec(const std::string& image, std::vector<std::string> argv) const {
    return {.name = "app", .image_digest = image, .entry_point = std::move(argv)};
  }
};

TEST_F(TimeLapseTest, SleepingEndsSoonerAndDatesAreTheClouds) {
  if (IsSkipped()) return;
  const std::string sleeper = build_program("/bin/sleep");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(task(1), spec(sleeper, {"/program", "60"})).exit_code, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took.count(), 1.9);
  EXPECT_LT(took.count(), 15);

  EXPECT_EQ(run(task(2), spec(build_program("/bin/date"), {"/program", "+%s"})).exit_code, 0);
  const auto logs = wait_for_task<runtime::event::Logs>(task(2));
  ASSERT_TRUE(logs);
  const long long date = std::atoll(logs->lines.at(0).text.c_str());
  EXPECT_GT(date, 2'000'000'050);
  EXPECT_LT(date, 2'000'003'000);
  // What a container reads and what the log says are one clock.
  EXPECT_NEAR(static_cast<double>(base::unix_seconds(logs->lines.at(0).at)), static_cast<double>(date), 30);
}

TEST_F(TimeLapseTest, AStaticProgramIsToldOf) {
  if (IsSkipped()) return;
  EXPECT_EQ(run(task(1), spec(digest, {"/bin/busybox", "echo", "hello"})).exit_code, 0);
  EXPECT_EQ(lines(task(1)),
            (std::vector<std::string>{"renkei: time-lapse does not reach /bin/busybox: it is statically "
                                      "linked, so it keeps the machine's time",
                                      "hello"}));
}

TEST(TimeLibrary, IsASharedObjectAndPartOfThis) {
  EXPECT_EQ(time_library().substr(0, 4), "\177ELF");
  EXPECT_TRUE(is_static_program("/bin/busybox"));
  EXPECT_FALSE(is_static_program("/proc/self/exe"));
  EXPECT_FALSE(is_static_program("/etc/passwd"));
}

}  // namespace
}  // namespace linux_runtime
