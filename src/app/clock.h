#pragma once

#include <expected>
#include <string>

#include "base/time.h"

namespace app {

// The clock of a running server. At speed 1 it is the machine's clock; at speed N it started from an anchor and runs N
// times faster. The anchor is kept in the data directory, so that a restarted server goes on where its containers are.
class ServerClock : public base::Clock {
 public:
  struct Anchor {
    base::TimePoint real{};
    base::TimePoint cloud{};
    double speed = 1;
  };

  explicit ServerClock(Anchor anchor) : anchor_(anchor) {}

  base::TimePoint now() const override { return from_real(real_now()); }
  base::TimePoint from_real(base::TimePoint real) const;
  // How long in real time until the cloud's clock shows `at`; never negative.
  std::chrono::nanoseconds real_time_until(base::TimePoint at) const;
  double speed() const { return anchor_.speed; }
  const Anchor& anchor() const { return anchor_; }

  static base::TimePoint real_now();

 private:
  Anchor anchor_;
};

// Reads <data>/clock, or makes it; changing the speed goes on from the time that the old anchor gives now.
std::expected<ServerClock, std::string> open_clock(const std::string& data_directory, double speed);

}  // namespace app
