#include "sim/workload.h"

#include <gtest/gtest.h>

#include <map>

#include "sim/quantity.h"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::expected<std::string, std::string> read(const std::string& path) {
  static const std::map<std::string, std::string> files = {
      {"times.csv", "time\n2s\n1s\n\n# slow\n30s\n"},
      {"trace.csv", "at,messages\n0,1\n60s,20\n2m,3\n"},
      {"falling.csv", "60,1\n10,1\n"},
  };
  const auto found = files.find(path);
  if (found == files.end()) return std::unexpected("there is no file " + path);
  return found->second;
}

std::string complaint(const std::string& text) {
  const auto document = sim::Document::parse(text);
  if (!document) return document.error().in("w.yaml");
  const auto parsed = sim::parse_workload(*document, read);
  return parsed ? "" : parsed.error().in("w.yaml");
}

sim::Workload good(const std::string& text) {
  const auto document = sim::Document::parse(text);
  if (!document) {
    ADD_FAILURE() << document.error().text;
    return {};
  }
  auto parsed = sim::parse_workload(*document, read);
  if (parsed) return std::move(*parsed);
  ADD_FAILURE() << parsed.error().in("w.yaml");
  return {};
}

TEST(Workload, ReadsEverything) {
  const sim::Workload made = good(R"(
start: 2026-03-02T12:00:00Z
call: 5ms
metrics: {delay: 45s}
launch: {pull: {uniform: [10s, 20s]}}
services:
  producer:
    produce:
      - {queue: jobs, poisson: 120/min, daily: {low: 0.5, high: 2, peak: 15h}, weekly: [1, 1, 1, 1, 1, 0.5, 0.2]}
      - {queue: jobs, trace: {csv: trace.csv, every: 1h}, size: 64KiB, poison: 1%}
  worker:
    launch: {start: 3s}
    cpu: {busy: 0.5}
    memory: 300MiB
    consume:
      queue: jobs
      batch: 10
      concurrency: 4
      time: {lognormal: {median: 2s, p95: 9s}}
      failure: 0.01
      on_failure: release
      sigterm: ignore
      extend: 60s
      forward: done
arrivals:
  queue: jobs
  bursts: [{at: 1h, messages: 500, over: 1m, every: 1d}]
events:
  - {at: 2h, deploy: worker}
  - {at: 3h, scale: worker, desired: 4}
)");
  EXPECT_EQ(sim::time_text(made.start), "2026-03-02T12:00:00Z");
  EXPECT_EQ(made.call, milliseconds(5));
  EXPECT_EQ(made.metric_delay, seconds(45));
  const sim::ServiceModel& producer = made.services.at("producer");
  ASSERT_EQ(producer.produce.size(), 2U);
  EXPECT_EQ(producer.produce[0].interval->mean(), milliseconds(500));
  EXPECT_EQ(producer.produce[0].tide.daily.size(), 96U);
  EXPECT_EQ(producer.produce[1].trace->points.size(), 3U);
  EXPECT_EQ(producer.produce[1].size, 65'536);
  EXPECT_DOUBLE_EQ(producer.produce[1].poison, 0.01);
  EXPECT_EQ(producer.launch.pull.mean(), seconds(15));
  const sim::ServiceModel& worker = made.services.at("worker");
  EXPECT_EQ(worker.launch.start.mean(), seconds(3));
  EXPECT_EQ(worker.launch.pull.mean(), seconds(15)) << "what it does not say is everybody's";
  ASSERT_TRUE(worker.consume);
  EXPECT_EQ(worker.consume->batch, 10);
  EXPECT_EQ(worker.consume->sigterm, sim::OnSigterm::Ignore);
  EXPECT_NEAR(base::to_seconds(worker.consume->time.quantile(0.95)), 9, 0.01);
  EXPECT_EQ(worker.consume->forward, "done");
  ASSERT_EQ(made.events.size(), 2U);
  EXPECT_EQ(made.events[1].desired, 4);
}

TEST(Workload, NamesTheLineOfWhatIsWrong) {
  EXPECT_EQ(complaint("services:\n  a:\n    produce: {queue: q, every: 5 parsecs}\n"),
            "w.yaml:3: every: expected a duration such as 250ms, 60s or 1h30m");
  EXPECT_EQ(complaint("services:\n  a:\n    consume:\n      queue: q\n      time: 1s\n      batch: 11\n"),
            "w.yaml:6: consume: batch: expected a whole number from 1 to 10, not \"11\"");
  EXPECT_EQ(complaint("services:\n  a:\n    consume:\n      queue: q\n"), "w.yaml:4: consume: time is missing");
  EXPECT_EQ(complaint("services:\n  a:\n    consume:\n      queue: q\n      time: 1s\n      sigterm: maybe\n"),
            "w.yaml:6: consume: sigterm: expected one of finish drop ignore, not \"maybe\"");
  EXPECT_TRUE(complaint("services:\n  a:\n    consume: {queue: q, time: 1s}\n    prodcue: {}\n")
                  .starts_with("w.yaml:4: services.a: there is no key \"prodcue\"; known are consume, cpu,"));
  EXPECT_EQ(complaint("arrivals:\n  queue: q\n"),
            "w.yaml:2: arrivals: nothing says when messages come: every, rate, poisson, trace or bursts");
  EXPECT_EQ(complaint("arrivals:\n  queue: q\n  rate: 0/s\n"),
            "w.yaml:3: rate: expected a rate such as 5/s, 300/min or 20/h, above 0 and at most 100000/s");
  EXPECT_EQ(complaint("arrivals:\n  {queue: q, rate: 1/s, poisson: 1/s}\n"),
            "w.yaml:2: only one of every, rate, poisson and trace can be given");
  EXPECT_EQ(complaint("arrivals:\n  queue: q\n  trace: missing.csv\n"), "w.yaml:3: there is no file missing.csv");
  EXPECT_EQ(complaint("arrivals:\n  queue: q\n  trace: falling.csv\n"),
            "w.yaml:3: falling.csv:2: expected times that rise");
  EXPECT_EQ(complaint("services:\n  a: {}\n  a: {}\n"), "w.yaml:3: \"a\" is there twice");
  EXPECT_TRUE(complaint("services:\n  a: [1, 2\n").starts_with("w.yaml:3: not well-formed YAML: "));
  EXPECT_EQ(complaint("start: tomorrow\n"), "w.yaml:1: start: expected a time such as 2026-01-05T00:00:00Z");
  EXPECT_EQ(complaint("call: 10ms\n"), "w.yaml:1: workload: there are neither services nor arrivals");
}

TEST(Quantity, SpansRatesAndSizes) {
  EXPECT_EQ(sim::parse_span("1m30s"), base::Duration(seconds(90)));
  EXPECT_EQ(sim::parse_span("250ms"), base::Duration(milliseconds(250)));
  EXPECT_EQ(sim::parse_span("7d"), base::Duration(std::chrono::days(7)));
  EXPECT_EQ(sim::parse_span("60"), base::Duration(seconds(60)));
  for (const char* bad : {"", "-5s", "5x", "1m30", "s", "nan", "1e300s"}) EXPECT_FALSE(sim::parse_span(bad)) << bad;
  EXPECT_DOUBLE_EQ(*sim::parse_rate("300/min"), 5);
  EXPECT_DOUBLE_EQ(*sim::parse_rate("20/h"), 20.0 / 3600);
  EXPECT_FALSE(sim::parse_rate("5/fortnight"));
  EXPECT_EQ(sim::parse_size("64KiB"), 65'536);
  EXPECT_EQ(sim::span_text(std::chrono::minutes(90)), "1 h 30 min");
  EXPECT_EQ(sim::span_text(milliseconds(250)), "0.25 s");
  EXPECT_FALSE(sim::parse_time("2026-02-30"));
}

TEST(Distribution, DrawsWhatItSays) {
  base::SeededRandom random(3);
  const auto mean_of = [&](const sim::Distribution& shape) {
    double sum = 0;
    for (int i = 0; i < 20'000; ++i) sum += base::to_seconds(shape.draw(random));
    return sum / 20'000;
  };
  EXPECT_NEAR(mean_of(sim::Distribution(sim::Distribution::Uniform{seconds(10), seconds(60)})), 35, 0.5);
  EXPECT_NEAR(mean_of(sim::Distribution(sim::Distribution::Exponential{seconds(5)})), 5, 0.2);
  const sim::Distribution normal(sim::Distribution::LogNormal{seconds(2), seconds(9)});
  EXPECT_NEAR(mean_of(normal), base::to_seconds(normal.mean()), 0.15);
  EXPECT_EQ(normal.quantile(0.5), base::Duration(seconds(2)));
}

TEST(Arrivals, FollowTheTide) {
  sim::Tide tide;
  tide.daily = {0, 2};  // nothing in the morning
  base::SeededRandom random(1);
  const base::TimePoint midnight = base::from_unix_seconds(1'767'571'200);
  auto stream = sim::ArrivalStream::of_intervals(sim::Distribution(seconds(60)), tide, false, midnight);
  EXPECT_EQ(stream.next(random)->at, midnight + std::chrono::hours(12) + seconds(30));
  EXPECT_EQ(stream.next(random)->at, midnight + std::chrono::hours(12) + seconds(60));
  sim::Tide never;
  never.weekly = std::vector<double>(7, 0);
  auto silent = sim::ArrivalStream::of_intervals(sim::Distribution(seconds(60)), never, false, midnight);
  EXPECT_FALSE(silent.next(random));
}

TEST(Arrivals, BurstsComeAgain) {
  base::SeededRandom random(1);
  const base::TimePoint origin = base::from_unix_seconds(0);
  const sim::Burst burst{.at = seconds(10), .messages = 2, .over = seconds(20), .every = seconds(100)};
  auto stream = sim::ArrivalStream::of_burst(burst, origin, origin + seconds(15));
  EXPECT_EQ(stream.next(random)->at, origin + seconds(20)) << "what was due before is nobody's";
  EXPECT_EQ(stream.next(random)->at, origin + seconds(110));
}

TEST(Document, SetsWhatAPathNames) {
  auto document = *sim::Document::parse("services:\n  a.b:\n    consume: {time: 1s}\narrivals: [{rate: 1}]\n");
  EXPECT_TRUE(document.set("services.a.b.consume.time", sim::Document::scalar("9s")));
  EXPECT_EQ(document.find("services")->find("a.b")->find("consume")->find("time")->text(), "9s");
  EXPECT_TRUE(document.set("arrivals.0.rate", sim::Document::scalar("2")));
  EXPECT_FALSE(document.set("arrivals.1.rate", sim::Document::scalar("2")));
  EXPECT_TRUE(document.set("launch.pull", sim::Document::scalar("2s")));
  EXPECT_FALSE(document.set("launch.pull.more", sim::Document::scalar("2s")));
}

}  // namespace
