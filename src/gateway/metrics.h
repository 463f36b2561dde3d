#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

namespace gateway {

// Counters of requests, as Prometheus reads them. Thread-safe.
class Metrics {
 public:
  void count(const std::string& service, const std::string& operation, int status, std::chrono::microseconds took);
  // The text exposition format.
  std::string text(std::size_t connections) const;

 private:
  struct Latency {
    std::uint64_t buckets[7] = {};  // upper bounds: kBounds
    std::uint64_t count = 0;
    double seconds = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, std::uint64_t> requests_;
  std::map<std::string, Latency> latencies_;  // by service
};

}  // namespace gateway
