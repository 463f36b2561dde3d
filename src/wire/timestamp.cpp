#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "wire/text.h"

namespace wire {
namespace {

using std::chrono::days;
using std::chrono::seconds;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// Years outside AWS's own range are refused, so that no sum below can overflow.
constexpr int kYearMin = 1;
constexpr int kYearMax = 9999;

struct Civil {
  int year, hour, minute, second;
  unsigned month, day;
  std::int64_t days_since_epoch;
};

Civil civil(base::TimePoint at) {
  const std::int64_t total = base::unix_seconds(at);
  const std::int64_t day = total >= 0 ? total / 86400 : (total - 86399) / 86400;
  const auto left = static_cast<int>(total - day * 86400);
  const std::chrono::year_month_day date{std::chrono::sys_days{days{day}}};
  return {
      static_cast<int>(date.year()),     left / 3600, left / 60 % 60, left % 60, static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), day};
}

// Reads fields of a fixed-form date from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool word(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }
  std::optional<int> number(std::size_t digits) {
    if (text_.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(digits);
    return value;
  }
  // Digits after the point, as microseconds; finer digits are dropped.
  std::int64_t fraction() {
    std::int64_t micros = 0;
    int digits = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      if (digits++ < 6) micros = micros * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    for (; digits < 6; ++digits) micros *= 10;
    return micros;
  }
  template <std::size_t N>
  std::optional<int> one_of(const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
      if (word(names[i])) return static_cast<int>(i);
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
};

std::optional<base::TimePoint> assemble(int year, int month, int day, int hour, int minute, int second) {
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || year < kYearMin || year > kYearMax || hour > 24 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t day_count = std::chrono::sys_days{date}.time_since_epoch().count();
  return base::from_unix_seconds(day_count * 86400 + hour * 3600 + minute * 60 + second);
}

// "Z", "+09:00", "-0530" or nothing at all, which AWS reads as UTC.
std::optional<seconds> offset(Scanner& scan) {
  if (scan.done() || scan.literal('Z') || scan.literal('z')) return seconds(0);
  const bool east = scan.literal('+');
  if (!east && !scan.literal('-')) return std::nullopt;
  const auto hours = scan.number(2);
  scan.literal(':');
  const auto minutes = scan.number(2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const seconds span(*hours * 3600 + *minutes * 60);
  return east ? span : -span;
}

}  // namespace

std::string format_date_time(base::TimePoint at, Millis millis) {
  const Civil c = civil(at);
  const auto ms = static_cast<int>(base::unix_millis(at) - base::unix_seconds(at) * 1000);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
                c.second);
  std::string text = buffer;
  if (ms != 0 || millis == Millis::Always) {
    std::snprintf(buffer, sizeof buffer, ".%03d", ms);
    text += buffer;
  }
  return text + 'Z';
}

std::string format_http_date(base::TimePoint at) {
  const Civil c = civil(at);
  const auto weekday = static_cast<std::size_t>(((c.days_since_epoch % 7) + 11) % 7);  // day 0 was a Thursday
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%s, %02u %s %04d %02d:%02d:%02d GMT", kWeekdays[weekday].data(), c.day,
                kMonths[c.month - 1].data(), c.year, c.hour, c.minute, c.second);
  return buffer;
}

std::string format_epoch(base::TimePoint at) {
  const std::int64_t millis = base::unix_millis(at);
  const std::int64_t whole = millis / 1000;
  const std::int64_t rest = millis % 1000;
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%s%lld", millis < 0 && whole == 0 ? "-" : "", static_cast<long long>(whole));
  std::string text = buffer;
  if (rest == 0) return text;
  std::snprintf(buffer, sizeof buffer, ".%03d", static_cast<int>(std::abs(rest)));
  text += buffer;
  while (text.back() == '0') text.pop_back();
  return text;
}

std::optional<base::TimePoint> parse_date_time(std::string_view text) {
  Scanner scan(text);
  const auto year = scan.number(4);
  if (!year || !scan.literal('-')) return std::nullopt;
  const auto month = scan.number(2);
  if (!month || !scan.literal('-')) return std::nullopt;
  const auto day = scan.number(2);
  if (!day) return std::nullopt;
  if (scan.done()) return assemble(*year, *month, *day, 0, 0, 0);
  if (!scan.literal('T') && !scan.literal('t') && !scan.literal(' ')) return std::nullopt;
  const auto hour = scan.number(2);
  if (!hour || !scan.literal(':')) return std::nullopt;
  const auto minute = scan.number(2);
  if (!minute) return std::nullopt;
  int second = 0;
  std::int64_t micros = 0;
  if (scan.literal(':')) {
    const auto read = scan.number(2);
    if (!read) return std::nullopt;
    second = *read;
    if (scan.literal('.')) micros = scan.fraction();
  }
  const auto zone = offset(scan);
  if (!zone || !scan.done()) return std::nullopt;
  const auto local = assemble(*year, *month, *day, *hour, *minute, second);
  if (!local) return std::nullopt;
  return *local - *zone + base::Duration(micros);
}

std::optional<base::TimePoint> parse_http_date(std::string_view text) {
  Scanner scan(text);
  if (!scan.one_of(kWeekdays) || !scan.word(", ")) return std::nullopt;
  const auto day = scan.number(2);
  if (!day || !scan.literal(' ')) return std::nullopt;
  const auto month = scan.one_of(kMonths);
  if (!month || !scan.literal(' ')) return std::nullopt;
  const auto year = scan.number(4);
  if (!year || !scan.literal(' ')) return std::nullopt;
  const auto hour = scan.number(2);
  if (!hour || !scan.literal(':')) return std::nullopt;
  const auto minute = scan.number(2);
  if (!minute || !scan.literal(':')) return std::nullopt;
  const auto second = scan.number(2);
  if (!second) return std::nullopt;
  std::int64_t micros = 0;
  if (scan.literal('.')) micros = scan.fraction();
  if (!scan.word(" GMT") || !scan.done()) return std::nullopt;
  const auto at = assemble(*year, *month + 1, *day, *hour, *minute, *second);
  if (!at) return std::nullopt;
  return *at + base::Duration(micros);
}

std::optional<base::TimePoint> from_epoch_seconds(double value) {
  constexpr double kBound = 9.2e12;  // seconds; int64 microseconds end a little above
  if (!std::isfinite(value) || std::abs(value) > kBound) return std::nullopt;
  return base::TimePoint(base::Duration(std::llround(value * 1e6)));
}

std::optional<base::TimePoint> parse_epoch(std::string_view text) {
  const auto number = parse_double(text);
  return number ? from_epoch_seconds(*number) : std::nullopt;
}

std::optional<base::TimePoint> parse_timestamp(std::string_view text) {
  if (text.find('-') != std::string_view::npos) {
    if (const auto at = parse_date_time(text)) return at;
  }
  if (text.find(',') != std::string_view::npos) return parse_http_date(text);
  return parse_epoch(text);
}

}  // namespace wire
