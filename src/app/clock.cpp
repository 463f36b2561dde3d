#include "app/clock.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace app {

base::TimePoint ServerClock::real_now() {
  return base::TimePoint(
      std::chrono::duration_cast<base::Duration>(std::chrono::system_clock::now().time_since_epoch()));
}

base::TimePoint ServerClock::from_real(base::TimePoint real) const {
  if (anchor_.speed == 1) return real + (anchor_.cloud - anchor_.real);
  const double passed = static_cast<double>((real - anchor_.real).count()) * anchor_.speed;
  return anchor_.cloud + base::Duration(std::llround(passed));
}

std::chrono::nanoseconds ServerClock::real_time_until(base::TimePoint at) const {
  const base::TimePoint started = now();
  if (at <= started) return std::chrono::nanoseconds(0);
  // An hour is long enough to sleep, and keeps "never" from overflowing.
  const base::Duration left = std::min<base::Duration>(at - started, std::chrono::hours(1));
  return std::chrono::nanoseconds(std::llround(static_cast<double>(left.count()) * 1000 / anchor_.speed) + 1000);
}

namespace {

bool read_anchor(const std::filesystem::path& file, ServerClock::Anchor& anchor) {
  std::ifstream in(file);
  std::int64_t real = 0;
  std::int64_t cloud = 0;
  if (!(in >> real >> cloud >> anchor.speed)) return false;
  anchor.real = base::TimePoint(base::Duration(real));
  anchor.cloud = base::TimePoint(base::Duration(cloud));
  return true;
}

bool write_anchor(const std::filesystem::path& file, const ServerClock::Anchor& anchor) {
  const std::filesystem::path fresh = file.string() + ".new";
  {
    std::ofstream out(fresh);
    out.precision(17);
    out << anchor.real.time_since_epoch().count() << ' ' << anchor.cloud.time_since_epoch().count() << ' '
        << anchor.speed << '\n';
    if (!out.flush()) return false;
  }
  std::error_code failed;
  std::filesystem::rename(fresh, file, failed);
  return !failed;
}

}  // namespace

std::expected<ServerClock, std::string> open_clock(const std::string& data_directory, double speed) {
  const std::filesystem::path file = std::filesystem::path(data_directory) / "clock";
  const base::TimePoint real = ServerClock::real_now();
  ServerClock::Anchor anchor{real, real, speed};
  ServerClock::Anchor kept;
  if (read_anchor(file, kept)) {
    if (kept.speed == speed) return ServerClock(kept);
    anchor.cloud = ServerClock(kept).from_real(real);
  } else if (std::filesystem::exists(file)) {
    return std::unexpected("the clock file " + file.string() + " can't be read");
  }
  if (!write_anchor(file, anchor)) return std::unexpected("can't write " + file.string());
  return ServerClock(anchor);
}

}  // namespace app
