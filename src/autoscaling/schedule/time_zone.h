#pragma once

// Time zones as the system's tzdata has them (RFC 8536), read from bytes that somebody else fetched.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace autoscaling {

// A point on some clock on the wall: seconds since 1970-01-01T00:00:00 as that clock shows it.
using WallSeconds = std::int64_t;

// "EST5EDT,M3.2.0,M11.1.0": what holds after the last transition that is listed.
struct ZoneRule {
  struct Change {
    enum class Form : std::uint8_t { Weekday, Julian, ZeroBased };  // Mm.w.d, Jn, n
    Form form = Form::Weekday;
    int month = 0, week = 0, day = 0;
    std::int64_t seconds = 7200;  // of the local day; may be negative or beyond it
  };
  std::int64_t standard = 0;  // offsets from UTC, seconds, positive to the east
  std::int64_t summer = 0;
  std::optional<Change> begins{};  // of summer time; none: always standard
  std::optional<Change> ends{};
};

class TimeZone {
 public:
  static TimeZone utc() { return {}; }
  // Nothing when the bytes are no TZif data.
  static std::optional<TimeZone> parse(std::string_view tzif);

  std::int64_t offset_at(base::TimePoint at) const;
  WallSeconds wall_at(base::TimePoint at) const { return base::unix_seconds(at) + offset_at(at); }
  // When the wall clock shows this. Application Auto Scaling does not document the two doubtful cases: a time that is
  // left out when summer time begins is taken as much later as the clock jumps, one that occurs twice when it ends is
  // the first of the two.
  base::TimePoint instant_of(WallSeconds wall) const;

 private:
  struct Transition {
    std::int64_t at;  // Unix seconds
    std::int64_t offset;
  };
  std::int64_t first_offset_ = 0;
  std::vector<Transition> transitions_;
  std::optional<ZoneRule> rule_;
};

std::optional<ZoneRule> parse_zone_rule(std::string_view text);

}  // namespace autoscaling
