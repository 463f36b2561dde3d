#include "cloudwatch/text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace cloudwatch {
namespace {

struct Civil {
  int year;
  unsigned month, day;
  int hour, minute, second, millis;
};

Civil civil(base::TimePoint at) {
  const auto since_epoch = at.time_since_epoch();
  const auto day = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::milliseconds>(since_epoch - day));
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count())};
}

// Moves the point of "d.ddde±x" so that the text has no exponent.
std::string plain_digits(double number) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed).ptr;
  std::string text(buffer.data(), end);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string with_exponent(double number) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific).ptr;
  const std::string text(buffer.data(), end);
  const auto mark = text.find('e');
  std::string mantissa = text.substr(0, mark);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return mantissa + "E" + std::to_string(std::stoi(text.substr(mark + 1)));
}

}  // namespace

std::string java_double(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  const double size = std::fabs(number);
  if (size == 0) return std::signbit(number) ? "-0.0" : "0.0";
  return size >= 1e-3 && size < 1e7 ? plain_digits(number) : with_exponent(number);
}

std::string reason_date(base::TimePoint at) {
  const Civil c = civil(at);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%02u/%02u/%02d %02d:%02d:%02d", c.day, c.month, c.year % 100, c.hour,
                c.minute, c.second);
  return buffer.data();
}

std::string long_date(base::TimePoint at) {
  static constexpr const char* kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
  static constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};
  const Civil c = civil(at);
  const std::chrono::weekday day{std::chrono::sys_days(std::chrono::floor<std::chrono::days>(at.time_since_epoch()))};
  std::array<char, 96> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%s %02u %s, %04d %02d:%02d:%02d UTC", kDays[day.c_encoding()], c.day,
                kMonths[c.month - 1], c.year, c.hour, c.minute, c.second);
  return buffer.data();
}

std::string json_date(base::TimePoint at) {
  const Civil c = civil(at);
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03d+0000", c.year, c.month, c.day, c.hour,
                c.minute, c.second, c.millis);
  return buffer.data();
}

}  // namespace cloudwatch
