#pragma once

// When a scheduled action runs: at(…), rate(…), cron(…) ("Scheduled scaling", PutScheduledAction).

#include <bitset>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "autoscaling/schedule/time_zone.h"
#include "base/time.h"

namespace autoscaling {

// cron(Minutes Hours Day-of-month Month Day-of-week Year). One of the two days is "?".
struct Cron {
  static constexpr int kFirstYear = 1970;
  static constexpr int kLastYear = 2199;

  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<13> months;  // from 1
  std::bitset<kLastYear - kFirstYear + 1> years;

  std::bitset<32> days;     // of the month, from 1
  std::bitset<7> weekdays;  // from Sunday
  bool any_day = false;     // "?" or "*"
  bool any_weekday = false;
  std::optional<int> before_last;  // L, L-3: so many days before the last of the month
  std::optional<int> workday;      // 15W: the weekday nearest to it; 0: LW, the last of the month
  struct Nth {
    int weekday;
    int week;  // 1 to 5; 0: 6L, the last of the month
  };
  std::optional<Nth> nth;

  bool has_day(std::chrono::sys_days day) const;
};

struct Once {
  WallSeconds at;
};
struct Rate {
  base::Duration every;
};
using Schedule = std::variant<Once, Rate, Cron>;

// The error is why it is none.
std::expected<Schedule, std::string> parse_schedule(std::string_view text);

// The limits that PutScheduledAction gives a recurring action, in UTC.
struct ScheduleSpan {
  base::TimePoint made{};                // rates without a start count from here
  std::optional<base::TimePoint> start;  // it runs then too
  std::optional<base::TimePoint> end;    // and never after this
};
// kNever when it does not run any more.
base::TimePoint next_run(const Schedule& schedule, const ScheduleSpan& span, const TimeZone& zone,
                         base::TimePoint after);

}  // namespace autoscaling
