#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "api/shape.h"

namespace gateway {

// Counters of requests, as Prometheus reads them. Thread-safe.
class Metrics {
 public:
  // Null: nothing that renkei knows.
  void count(const api::Service* service, const api::Operation* operation, int status, std::chrono::microseconds took);
  // The text exposition format.
  std::string text(std::size_t connections, std::uint64_t damaged_messages) const;

 private:
  struct Latency {
    std::uint64_t buckets[7] = {};  // upper bounds: kBounds
    std::uint64_t count = 0;
    double seconds = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::tuple<const api::Service*, const api::Operation*, int>, std::uint64_t> requests_;
  std::map<const api::Service*, Latency> latencies_;
};

}  // namespace gateway
