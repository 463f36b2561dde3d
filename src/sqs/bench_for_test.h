#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "api/sqs/operations.h"
#include "service/bench_for_test.h"
#include "sqs/service.h"

namespace sqs {

class MetricsForTest : public MetricSink {
 public:
  struct Point {
    std::string queue;
    base::TimePoint minute;
    MetricPoint point;
  };
  void publish(service::Context&, std::string_view queue_name, base::TimePoint minute,
               std::span<const MetricPoint> points) override {
    for (const MetricPoint& point : points) all.push_back({std::string(queue_name), minute, point});
  }
  // Sums of the points of one metric, in order: "3 0 1".
  std::string sums(std::string_view metric) const {
    std::string text;
    for (const Point& one : all) {
      if (one.point.name == metric)
        text += (text.empty() ? "" : " ") + std::to_string(static_cast<long>(one.point.sum));
    }
    return text;
  }
  std::size_t points(std::string_view metric) const {
    std::size_t count = 0;
    for (const Point& one : all) count += one.point.name == metric ? 1 : 0;
    return count;
  }
  std::vector<Point> all;
};

// A queue service in which queue "q" is there.
class SqsForTest : public testing::Test {
 protected:
  SqsForTest() : bench([this] { return make_service(metrics, options); }) {
    bench.call.base_url = "http://localhost:4566";
    url = *bench.ok<api::sqs::CreateQueue>({.queue_name = "q"}).queue_url;
  }

  std::string send(const std::string& body) {
    return *bench.ok<api::sqs::SendMessage>({.message_body = body, .queue_url = url}).message_id;
  }
  std::vector<api::sqs::Message> receive(std::int64_t max = 10, std::int64_t visibility = 30) {
    auto output = bench.ok<api::sqs::ReceiveMessage>(
        {.max_number_of_messages = max, .queue_url = url, .visibility_timeout = visibility});
    return output.messages.value_or(std::vector<api::sqs::Message>());
  }
  using Attributes = std::map<std::string, std::string>;
  Attributes attributes() {
    return *bench.ok<api::sqs::GetQueueAttributes>({.attribute_names = {{"All"}}, .queue_url = url}).attributes;
  }
  void set(Attributes wanted) { bench.ok<api::sqs::SetQueueAttributes>({std::move(wanted), url}); }
  std::string set_fault(Attributes wanted) {
    return bench.fault<api::sqs::SetQueueAttributes>({std::move(wanted), url});
  }
  // ApproximateNumberOfMessages, …NotVisible, …Delayed.
  std::string counts() {
    auto all = attributes();
    return all["ApproximateNumberOfMessages"] + "/" + all["ApproximateNumberOfMessagesNotVisible"] + "/" +
           all["ApproximateNumberOfMessagesDelayed"];
  }

  Options options;
  MetricsForTest metrics;
  service::BenchForTest bench;
  std::string url;
};

}  // namespace sqs
