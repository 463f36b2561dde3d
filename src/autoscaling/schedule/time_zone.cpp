#include "autoscaling/schedule/time_zone.h"

#include <algorithm>
#include <chrono>

namespace autoscaling {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kHeader = 44;

std::int64_t big_endian(std::string_view bytes) {
  std::int64_t number = static_cast<signed char>(bytes[0]);  // sign extends
  for (const char c : bytes.substr(1)) number = number * 256 + static_cast<unsigned char>(c);
  return number;
}

// The numbers in a block's header, and how long the block is.
struct Counts {
  std::size_t ut, standard, leaps, times, types, chars;

  std::size_t block(std::size_t time_size) const {
    return times * (time_size + 1) + types * 6 + chars + leaps * (time_size + 4) + standard + ut;
  }
};

std::optional<Counts> read_header(std::string_view bytes) {
  if (bytes.size() < kHeader || !bytes.starts_with("TZif")) return std::nullopt;
  const auto at = [&](std::size_t index) {
    return static_cast<std::size_t>(big_endian(bytes.substr(20 + 4 * index, 4)) & 0xffffffff);
  };
  const Counts counts{at(0), at(1), at(2), at(3), at(4), at(5)};
  constexpr std::size_t kSane = 1 << 16;
  for (const std::size_t count : {counts.ut, counts.standard, counts.leaps, counts.times, counts.types, counts.chars}) {
    if (count > kSane) return std::nullopt;
  }
  return counts;
}

class RuleParser {
 public:
  explicit RuleParser(std::string_view text) : text_(text) {}

  std::optional<ZoneRule> whole() {
    ZoneRule rule;
    if (!name() || !offset(rule.standard)) return std::nullopt;
    if (text_.empty()) return rule;
    rule.summer = rule.standard + 3600;
    if (!name()) return std::nullopt;
    if (!text_.starts_with(',') && !offset(rule.summer)) return std::nullopt;
    ZoneRule::Change begins;
    ZoneRule::Change ends;
    if (!change(begins) || !change(ends) || !text_.empty()) return std::nullopt;
    rule.begins = begins;
    rule.ends = ends;
    return rule;
  }

 private:
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool number(int& value) {
    std::size_t digits = 0;
    for (value = 0; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9' && digits < 4; ++digits) {
      value = value * 10 + (text_[digits] - '0');
    }
    text_.remove_prefix(digits);
    return digits > 0;
  }
  bool name() {
    const bool quoted = take('<');
    const auto end = std::ranges::find_if(
        text_, [&](char c) { return quoted ? c == '>' : !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')); });
    const auto length = static_cast<std::size_t>(end - text_.begin());
    if (length == 0) return false;
    text_.remove_prefix(length);
    return !quoted || take('>');
  }
  bool time(std::int64_t& seconds) {
    const bool minus = take('-');
    if (!minus) take('+');
    int part = 0;
    if (!number(part)) return false;
    seconds = part * 3600;
    for (const int unit : {60, 1}) {
      if (!take(':')) break;
      if (!number(part)) return false;
      seconds += part * unit;
    }
    if (minus) seconds = -seconds;
    return true;
  }
  // Written as what must be added to reach UTC.
  bool offset(std::int64_t& seconds) {
    if (!time(seconds)) return false;
    seconds = -seconds;
    return true;
  }
  bool change(ZoneRule::Change& change) {
    using Form = ZoneRule::Change::Form;
    if (!take(',')) return false;
    if (take('M')) {
      change.form = Form::Weekday;
      if (!number(change.month) || !take('.') || !number(change.week) || !take('.') || !number(change.day))
        return false;
      if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 || change.day > 6) return false;
    } else {
      change.form = take('J') ? Form::Julian : Form::ZeroBased;
      if (!number(change.day)) return false;
    }
    return !take('/') || time(change.seconds);
  }

  std::string_view text_;
};

// The day on which a change falls, in days since 1970.
std::int64_t day_of(const ZoneRule::Change& change, int year) {
  using namespace std::chrono;
  const auto days = [](sys_days day) { return static_cast<std::int64_t>(day.time_since_epoch().count()); };
  const std::int64_t first = days(sys_days(std::chrono::year(year) / January / 1));
  if (change.form == ZoneRule::Change::Form::ZeroBased) return first + change.day;
  if (change.form == ZoneRule::Change::Form::Julian) {  // never counts February 29
    const bool behind = std::chrono::year(year).is_leap() && change.day >= 60;
    return first + change.day - 1 + (behind ? 1 : 0);
  }
  const auto month = std::chrono::year(year) / static_cast<unsigned>(change.month);
  const weekday day(static_cast<unsigned>(change.day));
  if (change.week == 5) return days(sys_days(month / day[last]));
  return days(sys_days(month / day[static_cast<unsigned>(change.week)]));
}

std::int64_t offset_by(const ZoneRule& rule, std::int64_t second) {
  if (!rule.begins) return rule.standard;
  const std::chrono::sys_days day(
      std::chrono::days((second + rule.standard) / kDay - ((second + rule.standard) % kDay < 0 ? 1 : 0)));
  const int year = static_cast<int>(std::chrono::year_month_day(day).year());
  const std::int64_t begins = day_of(*rule.begins, year) * kDay + rule.begins->seconds - rule.standard;
  const std::int64_t ends = day_of(*rule.ends, year) * kDay + rule.ends->seconds - rule.summer;
  const bool north = begins < ends;  // in the south, summer lasts over the new year
  const bool summer = north ? second >= begins && second < ends : second >= begins || second < ends;
  return summer ? rule.summer : rule.standard;
}

}  // namespace

std::optional<ZoneRule> parse_zone_rule(std::string_view text) {
  return RuleParser(text).whole();
}

// The first block has 32-bit times and is passed over; all tzdata of this century has the second.
std::optional<TimeZone> TimeZone::parse(std::string_view tzif) {
  const auto old = read_header(tzif);
  if (!old || tzif[4] < '2' || tzif.size() < kHeader + old->block(4)) return std::nullopt;
  tzif.remove_prefix(kHeader + old->block(4));
  const auto counts = read_header(tzif);
  if (!counts || counts->types == 0 || tzif.size() < kHeader + counts->block(8) + 2) return std::nullopt;
  const std::string_view times = tzif.substr(kHeader);
  const std::string_view indexes = times.substr(8 * counts->times);
  const std::string_view types = indexes.substr(counts->times);
  const auto offset = [&](std::size_t type) { return big_endian(types.substr(6 * type, 4)); };
  TimeZone zone;
  zone.first_offset_ = offset(0);
  for (std::size_t i = 0; i < counts->times; ++i) {
    const auto type = static_cast<unsigned char>(indexes[i]);
    if (type >= counts->types) return std::nullopt;
    zone.transitions_.push_back({big_endian(times.substr(8 * i, 8)), offset(type)});
  }
  const std::string_view footer = tzif.substr(kHeader + counts->block(8));
  const auto end = footer.find('\n', 1);
  if (footer[0] != '\n' || end == std::string_view::npos) return std::nullopt;
  zone.rule_ = parse_zone_rule(footer.substr(1, end - 1));
  return zone;
}

std::int64_t TimeZone::offset_at(base::TimePoint at) const {
  const std::int64_t second = base::unix_seconds(at);
  const auto next = std::ranges::upper_bound(transitions_, second, {}, &Transition::at);
  if (next == transitions_.end() && rule_) return offset_by(*rule_, second);
  return next == transitions_.begin() ? first_offset_ : std::prev(next)->offset;
}

base::TimePoint TimeZone::instant_of(WallSeconds wall) const {
  // No zone changes twice within two days.
  const std::int64_t before = offset_at(base::from_unix_seconds(wall - kDay));
  const std::int64_t after = offset_at(base::from_unix_seconds(wall + kDay));
  const base::TimePoint first = base::from_unix_seconds(wall - before);
  if (wall_at(first) == wall) return first;
  const base::TimePoint second = base::from_unix_seconds(wall - after);
  return wall_at(second) == wall ? second : first;
}

}  // namespace autoscaling
