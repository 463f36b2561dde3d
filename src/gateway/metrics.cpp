#include "gateway/metrics.h"

#include <cstdio>
#include <iterator>

namespace gateway {
namespace {

// Seconds. Long polls end up in the last ones.
constexpr double kBounds[] = {0.0005, 0.001, 0.005, 0.025, 0.1, 1, 20};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string name_of(const api::Service* service) {
  return service == nullptr ? "" : std::string(service->id);
}

}  // namespace

void Metrics::count(const api::Service* service, const api::Operation* operation, int status,
                    std::chrono::microseconds took) {
  const double seconds = static_cast<double>(took.count()) / 1e6;
  const std::lock_guard lock(mutex_);
  ++requests_[{service, operation, status}];
  Latency& latency = latencies_[service];
  for (std::size_t i = 0; i < std::size(kBounds); ++i) latency.buckets[i] += seconds <= kBounds[i] ? 1 : 0;
  ++latency.count;
  latency.seconds += seconds;
}

std::string Metrics::text(std::size_t connections, std::uint64_t damaged_messages) const {
  const std::lock_guard lock(mutex_);
  std::string out =
      "# HELP renkei_connections Open client connections.\n# TYPE renkei_connections gauge\nrenkei_connections " +
      std::to_string(connections) +
      "\n# HELP renkei_damaged_messages_total Messages that can't be read and were set aside.\n# TYPE "
      "renkei_damaged_messages_total counter\nrenkei_damaged_messages_total " +
      std::to_string(damaged_messages) +
      "\n# HELP renkei_requests_total Answered requests.\n# TYPE renkei_requests_total counter\n";
  std::map<std::tuple<std::string, std::string, int>, std::uint64_t> requests;  // in the order of their names
  for (const auto& [labels, count] : requests_) {
    const auto& [service, operation, status] = labels;
    requests[{name_of(service), std::string(operation == nullptr ? "" : operation->name), status}] += count;
  }
  for (const auto& [labels, count] : requests) {
    const auto& [service, operation, status] = labels;
    out += "renkei_requests_total{service=\"" + service + "\",operation=\"" + operation + "\",status=\"" +
           std::to_string(status) + "\"} " + std::to_string(count) + "\n";
  }
  out +=
      "# HELP renkei_request_seconds From the whole request to its answer; long polls wait.\n# TYPE "
      "renkei_request_seconds histogram\n";
  std::map<std::string, const Latency*> latencies;
  for (const auto& [service, latency] : latencies_) latencies[name_of(service)] = &latency;
  for (const auto& [service, held] : latencies) {
    const Latency& latency = *held;
    const std::string label = "{service=\"" + service + "\"";
    for (std::size_t i = 0; i < std::size(kBounds); ++i) {
      out += "renkei_request_seconds_bucket" + label + ",le=\"" + number(kBounds[i]) + "\"} " +
             std::to_string(latency.buckets[i]) + "\n";
    }
    out += "renkei_request_seconds_bucket" + label + ",le=\"+Inf\"} " + std::to_string(latency.count) + "\n";
    out += "renkei_request_seconds_sum" + label + "} " + number(latency.seconds) + "\n";
    out += "renkei_request_seconds_count" + label + "} " + std::to_string(latency.count) + "\n";
  }
  return out;
}

}  // namespace gateway
