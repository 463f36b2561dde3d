#include "sim/quantity.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace sim {
namespace {

constexpr double kSecondsMax = 1000.0 * 366 * 86'400;

// The number at the front, taken off the text.
std::optional<double> take_number(std::string_view& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return number;
}

std::string_view take_word(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && std::isalpha(static_cast<unsigned char>(text[size])) != 0) ++size;
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return word;
}

std::optional<double> seconds_in(std::string_view unit) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"us", 1e-6},    {"ms", 1e-3},  {"s", 1},    {"sec", 1},
                                                            {"m", 60},       {"min", 60},   {"h", 3600}, {"d", 86'400},
                                                            {"day", 86'400}, {"w", 604'800}};
  for (const auto& [name, seconds] : kUnits) {
    if (unit == name) return seconds;
  }
  return std::nullopt;
}

bool take_digits(std::string_view& text, std::size_t count, int& number) {
  if (text.size() < count) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, number);
  if (error != std::errc() || end != text.data() + count) return false;
  text.remove_prefix(count);
  return true;
}

bool take_char(std::string_view& text, std::string_view any) {
  if (text.empty() || any.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<base::Duration> parse_span(std::string_view text) {
  double seconds = 0;
  bool bare = false;
  if (text.empty()) return std::nullopt;
  for (int part = 0; !text.empty(); ++part) {
    const auto number = take_number(text);
    if (!number || *number < 0 || bare) return std::nullopt;
    const std::string_view word = take_word(text);
    bare = word.empty();
    if (bare && part > 0) return std::nullopt;
    const auto unit = bare ? 1.0 : seconds_in(word);
    if (!unit) return std::nullopt;
    seconds += *number * *unit;
  }
  if (seconds > kSecondsMax) return std::nullopt;
  return base::Duration(std::llround(seconds * 1e6));
}

std::optional<double> parse_rate(std::string_view text) {
  const auto number = take_number(text);
  if (!number || *number < 0) return std::nullopt;
  if (text.empty()) return number;
  if (!take_char(text, "/")) return std::nullopt;
  const auto unit = seconds_in(take_word(text));
  if (!unit || !text.empty()) return std::nullopt;
  return *number / *unit;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number || *number < 0) return std::nullopt;
  const std::string_view unit = take_word(text);
  double factor = 1;
  if (unit == "KB" || unit == "KiB" || unit == "K")
    factor = 1024;
  else if (unit == "MB" || unit == "MiB" || unit == "M")
    factor = 1024.0 * 1024;
  else if (unit == "GB" || unit == "GiB" || unit == "G")
    factor = 1024.0 * 1024 * 1024;
  else if (!unit.empty() && unit != "B")
    return std::nullopt;
  if (!text.empty() || *number * factor > 1e15) return std::nullopt;
  return std::llround(*number * factor);
}

std::optional<double> parse_number(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text == "%") return *number / 100;
  return text.empty() ? number : std::nullopt;
}

std::string number_text(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  std::string made = text;
  if (made.find('.') != std::string::npos) {
    made.erase(made.find_last_not_of('0') + 1);
    if (made.back() == '.') made.pop_back();
  }
  return made == "-0" ? "0" : made;
}

std::string span_text(base::Duration span) {
  const double seconds = base::to_seconds(span);
  if (seconds < 10) return number_text(seconds, 2) + " s";
  if (seconds < 90) return number_text(seconds, 0) + " s";
  const auto whole = std::llround(seconds);
  const auto pair = [](long long high, const char* name, long long low, const char* low_name) {
    std::string text = std::to_string(high) + " " + name;
    if (low != 0) text += " " + std::to_string(low) + " " + low_name;
    return text;
  };
  if (whole < 3600) return pair(whole / 60, "min", whole % 60, "s");
  if (whole < 86'400) return pair(whole / 3600, "h", whole % 3600 / 60, "min");
  return pair(whole / 86'400, "d", whole % 86'400 / 3600, "h");
}

std::string time_text(base::TimePoint at) {
  const auto day = std::chrono::floor<std::chrono::days>(at.time_since_epoch());
  const std::chrono::year_month_day date{std::chrono::sys_days{day}};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(at.time_since_epoch() - day)};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::optional<base::TimePoint> parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take_digits(text, 4, year) || !take_char(text, "-") || !take_digits(text, 2, month) || !take_char(text, "-") ||
      !take_digits(text, 2, day)) {
    return std::nullopt;
  }
  if (take_char(text, "T ")) {
    if (!take_digits(text, 2, hour) || !take_char(text, ":") || !take_digits(text, 2, minute)) return std::nullopt;
    if (take_char(text, ":") && !take_digits(text, 2, second)) return std::nullopt;
    take_char(text, "Z");
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return base::TimePoint(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                         std::chrono::minutes(minute) + std::chrono::seconds(second));
}

}  // namespace sim
