#include "autoscaling/schedule/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <span>
#include <vector>

#include "base/fault.h"

namespace autoscaling {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::string_view kMonths[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                        "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::string_view kWeekdays[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  auto parts = split(text, ' ');
  std::erase_if(parts, [](std::string_view part) { return part.empty(); });
  return parts;
}

// What the values of a field are: from `low` to `high`, with names from `low` on.
struct Field {
  int low;
  int high;
  std::span<const std::string_view> names{};

  std::optional<int> value(std::string_view text) const {
    const auto named = std::ranges::find(names, text);
    const auto found =
        named != names.end() ? std::optional(low + static_cast<int>(named - names.begin())) : number(text);
    return found && *found >= low && *found <= high ? found : std::nullopt;
  }
};
constexpr Field kMinute{0, 59};
constexpr Field kHour{0, 23};
constexpr Field kDay{1, 31};
constexpr Field kMonth{1, 12, kMonths};
constexpr Field kWeekday{1, 7, kWeekdays};
constexpr Field kYear{Cron::kFirstYear, Cron::kLastYear};

// One item of a list: *, 5, 5-10, 0/15, 5-40/10. False when it is none.
bool set_item(std::string_view item, const Field& field, const std::function<void(int)>& set) {
  const auto slash = item.find('/');
  std::optional<int> step = 1;
  if (slash != std::string_view::npos) step = number(item.substr(slash + 1));
  if (!step || *step == 0) return false;
  const std::string_view range = item.substr(0, slash);
  const auto dash = range.find('-');
  std::optional<int> from = field.low;
  std::optional<int> to = field.high;
  if (range != "*") {
    from = field.value(range.substr(0, dash));
    if (dash != std::string_view::npos) {
      to = field.value(range.substr(dash + 1));
    } else if (slash == std::string_view::npos) {
      to = from;
    }
  }
  if (!from || !to) return false;
  if (*from > *to) {  // FRI-MON, 22-2: over the end
    for (int value = *from; value <= field.high; value += *step) set(value);
    from = field.low;
  }
  for (int value = *from; value <= *to; value += *step) set(value);
  return true;
}

template <std::size_t Size>
bool set_list(std::string_view text, const Field& field, int base, std::bitset<Size>& bits) {
  return std::ranges::all_of(split(text, ','), [&](std::string_view item) {
    return set_item(item, field, [&](int value) { bits.set(static_cast<std::size_t>(value - base)); });
  });
}

bool read_days(std::string_view text, Cron& cron) {
  cron.any_day = text == "?" || text == "*";
  if (cron.any_day) return true;
  if (text == "LW") {
    cron.workday = 0;
    return true;
  }
  if (text.starts_with('L')) {
    cron.before_last = text == "L" ? 0 : text.starts_with("L-") ? number(text.substr(2)) : std::nullopt;
    return cron.before_last && *cron.before_last < 31;
  }
  if (text.ends_with('W')) {
    cron.workday = kDay.value(text.substr(0, text.size() - 1));
    return cron.workday.has_value();
  }
  return set_list(text, kDay, 0, cron.days);
}

bool read_weekdays(std::string_view text, Cron& cron) {
  cron.any_weekday = text == "?" || text == "*";
  if (cron.any_weekday) return true;
  if (text == "L") text = "SAT";
  const auto hash = text.find('#');
  if (hash != std::string_view::npos || (text.ends_with('L') && text.size() > 1)) {
    const bool last = hash == std::string_view::npos;
    const auto weekday = kWeekday.value(last ? text.substr(0, text.size() - 1) : text.substr(0, hash));
    const auto week = last ? std::optional(0) : number(text.substr(hash + 1));
    if (!weekday || !week || *week > 5 || (!last && *week == 0)) return false;
    cron.nth = Cron::Nth{*weekday - 1, *week};
    return true;
  }
  return set_list(text, kWeekday, 1, cron.weekdays);
}

// A seventh field in front is the second. It is read and not kept: "the exact second is not guaranteed".
std::expected<Schedule, std::string> read_cron(std::string_view text) {
  auto fields = words(text);
  if (fields.size() == 7) {
    std::bitset<60> seconds;
    if (!set_list(fields[0], kMinute, 0, seconds)) return std::unexpected("its seconds are invalid");
    fields.erase(fields.begin());
  }
  if (fields.size() != 6) return std::unexpected("a cron expression has six fields");
  Cron cron;
  if (!set_list(fields[0], kMinute, 0, cron.minutes)) return std::unexpected("its minutes are invalid");
  if (!set_list(fields[1], kHour, 0, cron.hours)) return std::unexpected("its hours are invalid");
  if (!read_days(fields[2], cron)) return std::unexpected("its day of the month is invalid");
  if (!set_list(fields[3], kMonth, 0, cron.months)) return std::unexpected("its month is invalid");
  if (!read_weekdays(fields[4], cron)) return std::unexpected("its day of the week is invalid");
  if (!set_list(fields[5], kYear, Cron::kFirstYear, cron.years)) return std::unexpected("its year is invalid");
  if ((fields[2] == "?") == (fields[4] == "?")) {
    return std::unexpected("one of its day of the month and its day of the week must be '?'");
  }
  return cron;
}

std::expected<Schedule, std::string> read_rate(std::string_view text) {
  const auto parts = words(text);
  const auto count = parts.size() == 2 ? number(parts[0]) : std::nullopt;
  if (!count || *count == 0) return std::unexpected("a rate is a positive number and a unit");
  struct Unit {
    std::string_view one, many;
    std::chrono::minutes length;
  };
  static constexpr Unit kUnits[] = {{"minute", "minutes", std::chrono::minutes(1)},
                                    {"hour", "hours", std::chrono::hours(1)},
                                    {"day", "days", std::chrono::days(1)}};
  for (const Unit& unit : kUnits) {
    if (parts[1] == unit.one || parts[1] == unit.many) return Rate{*count * unit.length};
  }
  return std::unexpected("the unit of a rate is minute, minutes, hour, hours, day or days");
}

// "2027-01-15T08:00:00", and nothing else.
std::expected<Schedule, std::string> read_once(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  const bool fits = text.size() == kForm.size() && std::ranges::equal(text, kForm, [](char c, char form) {
                      return form == 'd' ? c >= '0' && c <= '9' : c == form;
                    });
  if (!fits) return std::unexpected("a time has the form yyyy-mm-ddThh:mm:ss");
  const auto part = [&](std::size_t at, std::size_t size) { return *number(text.substr(at, size)); };
  const year_month_day date(std::chrono::year(part(0, 4)), std::chrono::month(static_cast<unsigned>(part(5, 2))),
                            std::chrono::day(static_cast<unsigned>(part(8, 2))));
  if (!date.ok() || part(11, 2) > 23 || part(14, 2) > 59 || part(17, 2) > 59) {
    return std::unexpected("there is no such time");
  }
  return Once{sys_days(date).time_since_epoch().count() * kDaySeconds + part(11, 2) * 3600 + part(14, 2) * 60 +
              part(17, 2)};
}

unsigned last_day(year_month_day date) {
  return static_cast<unsigned>(std::chrono::year_month_day_last(date.year() / date.month() / std::chrono::last).day());
}

// The weekday (Monday to Friday) nearest to a day of the month, within the month.
unsigned nearest_workday(year_month_day date, int wanted) {
  const unsigned last = last_day(date);
  const unsigned day = wanted == 0 ? last : std::min(static_cast<unsigned>(wanted), last);
  const std::chrono::weekday weekday(sys_days(date.year() / date.month() / std::chrono::day(day)));
  if (weekday == std::chrono::Saturday) return day > 1 ? day - 1 : day + 2;
  if (weekday == std::chrono::Sunday) return day < last ? day + 1 : day - 2;
  return day;
}

// Midnight to midnight: the first time of the day on the wall from `from` on.
std::optional<std::int64_t> time_of_day(const Cron& cron, std::int64_t from) {
  for (std::int64_t minute = (from + 59) / 60; minute < kDaySeconds / 60; ++minute) {
    if (!cron.hours.test(static_cast<std::size_t>(minute / 60))) {
      minute = (minute / 60 + 1) * 60 - 1;
    } else if (cron.minutes.test(static_cast<std::size_t>(minute % 60))) {
      return minute * 60;
    }
  }
  return std::nullopt;
}

base::TimePoint next_cron(const Cron& cron, const TimeZone& zone, base::TimePoint after) {
  const WallSeconds wall = zone.wall_at(after);
  sys_days day(std::chrono::floor<std::chrono::days>(std::chrono::seconds(wall)));
  const sys_days end(std::chrono::year(Cron::kLastYear + 1) / std::chrono::January / 1);
  for (; day < end; day += std::chrono::days(1)) {
    const year_month_day date(day);
    if (!cron.months.test(static_cast<unsigned>(date.month()))) continue;
    if (!cron.has_day(day)) continue;
    const WallSeconds midnight = day.time_since_epoch().count() * kDaySeconds;
    for (auto time = time_of_day(cron, 0); time; time = time_of_day(cron, *time + 60)) {
      const base::TimePoint at = zone.instant_of(midnight + *time);
      if (at > after) return at;
    }
  }
  return base::kNever;
}

base::TimePoint next_of(const Schedule& schedule, const ScheduleSpan& span, const TimeZone& zone,
                        base::TimePoint after) {
  if (const auto* once = std::get_if<Once>(&schedule)) {
    const base::TimePoint at = zone.instant_of(once->at);
    return at > after ? at : base::kNever;
  }
  if (const auto* rate = std::get_if<Rate>(&schedule)) {
    const base::TimePoint from = span.start.value_or(span.made);
    const std::int64_t passed = after < from ? 0 : (after - from) / rate->every + 1;
    return passed == 0 ? from + rate->every : from + passed * rate->every;
  }
  return next_cron(std::get<Cron>(schedule), zone, after);
}

}  // namespace

bool Cron::has_day(sys_days day) const {
  const year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year < kFirstYear || year > kLastYear || !years.test(static_cast<std::size_t>(year - kFirstYear))) return false;
  const unsigned number_in_month = static_cast<unsigned>(date.day());
  const auto weekday = static_cast<int>(std::chrono::weekday(day).c_encoding());
  if (before_last && number_in_month + static_cast<unsigned>(*before_last) != last_day(date)) return false;
  if (workday && number_in_month != nearest_workday(date, *workday)) return false;
  if (!any_day && !before_last && !workday && !days.test(number_in_month)) return false;
  if (any_weekday) return true;
  if (!nth) return weekdays.test(static_cast<std::size_t>(weekday));
  if (nth->weekday != weekday) return false;
  if (nth->week == 0) return number_in_month + 7 > last_day(date);
  return static_cast<int>((number_in_month - 1) / 7 + 1) == nth->week;
}

std::expected<Schedule, std::string> parse_schedule(std::string_view text) {
  const auto open = text.find('(');
  if (open != std::string_view::npos && text.ends_with(')')) {
    const std::string_view kind = text.substr(0, open);
    const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
    if (kind == "at") return read_once(inside);
    if (kind == "rate") return read_rate(inside);
    if (kind == "cron") return read_cron(inside);
  }
  return std::unexpected("it must have the form at(…), rate(…) or cron(…)");
}

base::TimePoint next_run(const Schedule& schedule, const ScheduleSpan& span, const TimeZone& zone,
                         base::TimePoint after) {
  const bool recurring = !std::holds_alternative<Once>(schedule);
  base::TimePoint at = base::kNever;
  if (recurring && span.start && *span.start > after) {
    at = *span.start;
  } else {
    at = next_of(schedule, span, zone, after);
  }
  return span.end && at > *span.end ? base::kNever : at;
}

}  // namespace autoscaling
