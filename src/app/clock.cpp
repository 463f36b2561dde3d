#include "app/clock.h"

#include <spdlog/spdlog.h>

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

namespace {

base::TimePoint to_cloud(const ServerClock::Anchor& anchor, base::TimePoint real) {
  if (anchor.speed == 1) return real + (anchor.cloud - anchor.real);
  const double passed = static_cast<double>((real - anchor.real).count()) * anchor.speed;
  return anchor.cloud + base::Duration(std::llround(passed));
}

// What an earlier run wrote down; the beginning of time when that can't be read.
base::TimePoint read_seen(const std::string& file) {
  std::ifstream in(file);
  std::int64_t seen = 0;
  return in >> seen ? base::TimePoint(base::Duration(seen)) : base::TimePoint::min();
}

}  // namespace

ServerClock::ServerClock(Anchor anchor, std::string seen_file) : anchor_(anchor), seen_file_(std::move(seen_file)) {
  last_ = {real_now(), std::chrono::steady_clock::now(), {}, to_cloud(anchor_, real_now()), {}};
  const base::TimePoint seen = read_seen(seen_file_);
  if (seen <= last_.shown) return;
  last_.lead = base::Duration(std::llround(static_cast<double>((seen - last_.shown).count()) / anchor_.speed));
  last_.shown = seen;
  spdlog::warn("the machine's clock was set back by {:.1f} s since the last run; the cloud's goes on from where it was",
               base::to_seconds(last_.lead));
}

base::TimePoint ServerClock::now() const {
  const std::lock_guard lock(mutex_);
  const base::TimePoint real = real_now();
  const auto steady = std::chrono::steady_clock::now();
  const auto passed = std::chrono::duration_cast<base::Duration>(steady - last_.steady);
  const base::Duration step = real - last_.real - passed;
  if (step < -kSmallestStep) {
    last_.lead -= step;
    spdlog::warn("the machine's clock was set back by {:.1f} s; the cloud's goes on as before",
                 -base::to_seconds(step));
  } else if (step > kSmallestStep) {
    last_.lead = std::max(base::Duration(), last_.lead - step);
  }
  last_.real = real;
  last_.steady = steady;
  last_.shown = std::max(last_.shown, to_cloud(anchor_, real + last_.lead));
  return last_.shown;
}

void ServerClock::keep() const {
  const base::TimePoint shown = now();
  {
    const std::lock_guard lock(mutex_);
    if (last_.kept.time_since_epoch().count() != 0 && last_.steady - last_.kept < kKeepEvery) return;
    last_.kept = last_.steady;
  }
  const std::string fresh = seen_file_ + ".new";
  std::ofstream out(fresh);
  out << shown.time_since_epoch().count() << '\n';
  out.close();
  std::error_code ignored;  // a full disk, say: the next time will do
  if (out) std::filesystem::rename(fresh, seen_file_, ignored);
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

std::expected<std::unique_ptr<ServerClock>, std::string> open_clock(const std::string& data_directory, double speed) {
  const std::filesystem::path file = std::filesystem::path(data_directory) / "clock";
  const std::string seen_file = file.string() + ".seen";
  const base::TimePoint real = ServerClock::real_now();
  ServerClock::Anchor anchor{real, real, speed};
  ServerClock::Anchor kept;
  if (read_anchor(file, kept)) {
    if (kept.speed == speed) return std::make_unique<ServerClock>(kept, seen_file);
    anchor.cloud = to_cloud(kept, real);
  } else if (std::filesystem::exists(file)) {
    return std::unexpected("the clock file " + file.string() + " can't be read");
  }
  if (!write_anchor(file, anchor)) return std::unexpected("can't write " + file.string());
  return std::make_unique<ServerClock>(anchor, seen_file);
}

}  // namespace app
