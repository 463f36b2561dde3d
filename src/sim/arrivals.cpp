#include "sim/arrivals.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sim {
namespace {

constexpr base::Duration kDay = std::chrono::days(1);
constexpr std::size_t kWaveSlots = 96;
// A source whose factor is 0 for so long is silent for good.
constexpr int kSilentSlotsMax = 8 * 24 * 60;

// 1970-01-01 was a Thursday.
std::size_t weekday(base::TimePoint time) {
  const auto days = std::chrono::floor<std::chrono::days>(time.time_since_epoch()).count();
  return static_cast<std::size_t>(((days + 3) % 7 + 7) % 7);
}

base::Duration slot_of(const std::vector<double>& daily) {
  return kDay / static_cast<std::int64_t>(daily.size());
}

}  // namespace

double Tide::at(base::TimePoint time) const {
  double factor = 1;
  if (!daily.empty()) {
    const base::Duration in_day = time - std::chrono::floor<std::chrono::days>(time);
    factor *= daily[std::min(static_cast<std::size_t>(in_day / slot_of(daily)), daily.size() - 1)];
  }
  if (!weekly.empty()) factor *= weekly[weekday(time)];
  return factor;
}

base::TimePoint Tide::slot_end(base::TimePoint time) const {
  const base::TimePoint day = std::chrono::floor<std::chrono::days>(time);
  if (daily.empty()) return day + kDay;
  const base::Duration slot = slot_of(daily);
  const auto index = std::min<std::int64_t>((time - day) / slot + 1, static_cast<std::int64_t>(daily.size()));
  return index == static_cast<std::int64_t>(daily.size()) ? day + kDay : day + slot * index;
}

std::vector<double> wave(double low, double high, base::Duration peak) {
  std::vector<double> slots;
  for (std::size_t i = 0; i < kWaveSlots; ++i) {
    const double hours = (static_cast<double>(i) + 0.5) * 24 / kWaveSlots - base::to_seconds(peak) / 3600;
    slots.push_back(low + (high - low) * (1 + std::cos(hours / 24 * 2 * std::numbers::pi)) / 2);
  }
  return slots;
}

ArrivalStream ArrivalStream::of_intervals(Distribution interval, Tide tide, bool first_at_once, base::TimePoint begin) {
  ArrivalStream made;
  made.interval_ = std::move(interval);
  made.tide_ = std::move(tide);
  made.at_once_ = first_at_once;
  made.now_ = begin;
  return made;
}

ArrivalStream ArrivalStream::of_trace(Trace trace, base::TimePoint origin, base::TimePoint begin) {
  ArrivalStream made;
  made.by_trace_ = true;
  made.trace_ = std::move(trace);
  made.origin_ = origin;
  made.now_ = begin;
  return made;
}

// Each message is a point of its own, so that a burst over a minute comes as a minute's stream.
ArrivalStream ArrivalStream::of_burst(Burst burst, base::TimePoint origin, base::TimePoint begin) {
  Trace trace{.points = {}, .every = burst.every};
  if (burst.over == base::Duration::zero()) {
    trace.points.emplace_back(burst.at, burst.messages);
  } else {
    for (std::int64_t i = 0; i < burst.messages; ++i) {
      trace.points.emplace_back(burst.at + burst.over / burst.messages * i, 1);
    }
  }
  return of_trace(std::move(trace), origin, begin);
}

std::optional<Arrival> ArrivalStream::next(base::Random& random) {
  return by_trace_ ? next_point() : next_interval(random);
}

std::optional<Arrival> ArrivalStream::next_interval(base::Random& random) {
  if (std::exchange(at_once_, false)) return Arrival{now_};
  base::Duration left = interval_.draw(random);
  if (tide_.flat()) {
    now_ += left;
    return Arrival{now_};
  }
  for (int silent = 0; silent < kSilentSlotsMax;) {
    const double factor = tide_.at(now_);
    const base::TimePoint end = tide_.slot_end(now_);
    const auto passes = base::Duration(std::llround(static_cast<double>((end - now_).count()) * factor));
    if (passes > left || (passes == left && factor > 0)) {
      now_ += base::Duration(std::llround(static_cast<double>(left.count()) / factor));
      return Arrival{now_};
    }
    silent = factor > 0 ? 0 : silent + 1;
    left -= passes;
    now_ = end;
  }
  return std::nullopt;
}

std::optional<Arrival> ArrivalStream::next_point() {
  while (!trace_.points.empty()) {
    if (point_ == trace_.points.size()) {
      if (!trace_.every) return std::nullopt;
      origin_ += *trace_.every;
      point_ = 0;
    }
    const auto& [after, messages] = trace_.points[point_++];
    // What was due before this source began is nobody's any more.
    if (origin_ + after >= now_) return Arrival{origin_ + after, messages};
  }
  return std::nullopt;
}

}  // namespace sim
