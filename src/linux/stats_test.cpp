#include "linux/stats.h"

#include <gtest/gtest.h>

#include "linux/container_fixture.h"

namespace {

using namespace std::chrono_literals;
using runtime::event::Stats;

TEST(Stats, ReadsInterfaces) {
  const auto all = linux_runtime::parse_interfaces(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
      "carrier\n"
      "    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       "
      "0\n"
      "  eth0:1234567      89    1    2    0     0          0         0     4321      21    3    4    0     0       "
      "0\n");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "eth0");
  EXPECT_EQ(all[0].rx_bytes, 1'234'567);
  EXPECT_EQ(all[0].rx_dropped, 2);
  EXPECT_EQ(all[0].tx_packets, 21);
  EXPECT_EQ(all[0].tx_errors, 3);
}

TEST(Stats, ReadsTheDisksOfBothVersions) {
  Stats::Container container;
  linux_runtime::parse_io_stat("8:16 rbytes=4096 wbytes=512 rios=2 wios=1 dbytes=0 dios=0\nnonsense\n", container);
  ASSERT_EQ(container.disk_bytes.size(), 2u);
  EXPECT_EQ(container.disk_bytes[0].minor, 16);
  EXPECT_EQ(container.disk_bytes[0].value, 4096);
  EXPECT_EQ(container.disk_operations[1].operation, "Write");
  EXPECT_EQ(container.disk_operations[1].value, 1);

  const auto old = linux_runtime::parse_blkio("8:0 Read 4096\n8:0 Write 0\nTotal 4096\n");
  ASSERT_EQ(old.size(), 2u);
  EXPECT_EQ(old[0].major, 8);
  EXPECT_EQ(old[0].operation, "Read");
}

class StatsOfATask : public linux_runtime::ContainerTest {};

TEST_F(StatsOfATask, GrowFromQuestionToQuestion) {
  auto spec = shell("while :; do :; done");
  spec.memory_bytes = 64 << 20;
  launch(task(1), spec);
  ASSERT_TRUE(wait_for_task<runtime::event::ContainerStarted>(task(1)));
  const auto ask = [&](base::TimePoint after) {
    EXPECT_TRUE(runtime->read_stats(task(1)));
    return wait_for<Stats>([&](const Stats& stats) { return stats.at > after; });
  };
  const auto first = ask({});
  ASSERT_TRUE(first);
  ASSERT_EQ(first->containers.size(), 1u);
  usleep(300'000);
  const auto second = ask(first->at);
  ASSERT_TRUE(second);
  ASSERT_EQ(second->containers.size(), 1u);
  const Stats::Container& now = second->containers[0];
  EXPECT_EQ(now.name, "app");
  EXPECT_EQ(first->containers[0].before_at, base::TimePoint{});
  EXPECT_EQ(now.before_at, first->at);
  EXPECT_EQ(now.cpu_before.total_nanos, first->containers[0].cpu.total_nanos);
  EXPECT_GT(now.cpu.total_nanos, now.cpu_before.total_nanos + 10'000'000);
  EXPECT_GT(now.cpu.system_nanos, now.cpu_before.system_nanos);
  EXPECT_GT(now.memory_bytes, 0);
  EXPECT_EQ(now.memory_limit_bytes, 64 << 20);
  EXPECT_GE(now.processes, 1);
  EXPECT_GT(second->online_cpus, 0);
  EXPECT_TRUE(second->interfaces.empty());  // it shares the machine's network
}

TEST_F(StatsOfATask, OfNobodyAreEmpty) {
  EXPECT_TRUE(runtime->read_stats(task(9)));
  const auto none = wait_for_task<Stats>(task(9));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->containers.empty());
}

}  // namespace
