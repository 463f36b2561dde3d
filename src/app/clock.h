#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.h"

namespace app {

// The clock of a running server. At speed 1 it is the machine's clock; at speed N it started from an anchor and runs N
// times faster. The anchor is kept in the data directory, so that a restarted server goes on where its containers are.
//
// It never runs backwards, also not over a restart: rows hold times that were read from it. When the machine's clock is
// set back it goes on at its pace, ahead of the machine's, and when that is set forward again it falls in with it.
// Thread-safe.
class ServerClock : public base::Clock {
 public:
  struct Anchor {
    base::TimePoint real{};
    base::TimePoint cloud{};
    double speed = 1;
  };

  // `seen_file` holds the latest time that an earlier run has seen, or will.
  ServerClock(Anchor anchor, std::string seen_file);

  base::TimePoint now() const override;
  // How long in real time until the cloud's clock shows `at`; never negative.
  std::chrono::nanoseconds real_time_until(base::TimePoint at) const;
  double speed() const { return anchor_.speed; }
  const Anchor& anchor() const { return anchor_; }
  // Writes down what time it is, if that was not done just now; a run that is killed may be behind by as much. Call it
  // when something was written that holds times.
  void keep() const;

  static base::TimePoint real_now();

 private:
  // Steps of the machine's clock up to this are not told from its usual adjustments.
  static constexpr base::Duration kSmallestStep = std::chrono::milliseconds(100);
  static constexpr base::Duration kKeepEvery = std::chrono::seconds(10);
  // Of the machine's clocks, how far the cloud's is ahead, and what it showed last.
  struct Reading {
    base::TimePoint real;
    std::chrono::steady_clock::time_point steady;
    base::Duration lead{};
    base::TimePoint shown;
    std::chrono::steady_clock::time_point kept;
  };

  Anchor anchor_;
  std::string seen_file_;
  mutable std::mutex mutex_;
  mutable Reading last_;
};

// Reads <data>/clock, or makes it; changing the speed goes on from the time that the old anchor gives now.
std::expected<std::unique_ptr<ServerClock>, std::string> open_clock(const std::string& data_directory, double speed);

}  // namespace app
