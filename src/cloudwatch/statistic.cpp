#include "cloudwatch/statistic.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace cloudwatch {
namespace {

using Values = std::vector<std::pair<double, double>>;
using Kind = ExtendedStatistic::Kind;

Values joined(const Values& a, const Values& b) {
  Values out;
  out.reserve(a.size() + b.size());
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() || right != b.end()) {
    const bool take_left = right == b.end() || (left != a.end() && left->first <= right->first);
    const auto& next = take_left ? *left++ : *right++;
    if (!out.empty() && out.back().first == next.first) {
      out.back().second += next.second;
    } else {
      out.push_back(next);
    }
  }
  return out;
}

// Keeps the sign, the exponent and the first 8 bits of the fraction: at most 256 values for each power of two.
void round_together(Values& values) {
  constexpr std::uint64_t kKept = ~0ULL << (52 - 8);
  Values out;
  for (const auto& [value, count] : values) {
    const double rounded = std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) & kKept);
    if (!out.empty() && out.back().first == rounded) {
      out.back().second += count;
    } else {
      out.emplace_back(rounded, count);
    }
  }
  values = std::move(out);
}

struct Form {
  std::string_view small;  // with one number and no parentheses; "" if there is no such form
  std::string_view large;  // before "("
  Kind kind;
};
constexpr Form kForms[] = {{"tm", "TM", Kind::TrimmedMean},
                           {"wm", "WM", Kind::WinsorizedMean},
                           {"tc", "TC", Kind::TrimmedCount},
                           {"ts", "TS", Kind::TrimmedSum},
                           {"", "PR", Kind::PercentileRank}};

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<ExtendedStatistic> up_to_percent(Kind kind, std::string_view text) {
  const auto percent = number(text);
  if (!percent || *percent < 0 || *percent > 100) return std::nullopt;
  return ExtendedStatistic{kind, true, {}, percent};
}

// One side of "10%:90%". False when it is neither empty nor a number.
bool read_bound(std::string_view text, bool& percent, std::optional<double>& bound) {
  if (text.empty()) return true;
  percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  bound = number(text);
  return bound.has_value();
}

std::optional<ExtendedStatistic> between(Kind kind, std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  ExtendedStatistic statistic{kind, false, {}, {}};
  bool low_percent = false;
  bool high_percent = false;
  if (!read_bound(text.substr(0, colon), low_percent, statistic.low)) return std::nullopt;
  if (!read_bound(text.substr(colon + 1), high_percent, statistic.high)) return std::nullopt;
  if (!statistic.low && !statistic.high) return std::nullopt;
  if (statistic.low && statistic.high && (low_percent != high_percent || *statistic.low >= *statistic.high)) {
    return std::nullopt;
  }
  statistic.percent = low_percent || high_percent;
  if (statistic.percent && kind == Kind::PercentileRank) return std::nullopt;
  if (statistic.percent && (statistic.low.value_or(0) < 0 || statistic.high.value_or(100) > 100)) return std::nullopt;
  return statistic;
}

// What of a distribution lies within the bounds, and the values at its edges.
struct Part {
  double count = 0;
  double sum = 0;
  double below = 0;  // samples left out under it
  double above = 0;
  double first = 0;
  double last = 0;
};

// Samples are ranked from 1 to n; a percentile's rank is p % of n, rounded up, as in "p95 means that 95 percent of the
// data is lower than this value". The lower bound leaves out as many as fit whole.
Part by_rank(const Values& values, double total, const ExtendedStatistic& statistic) {
  const double from = std::floor(total * statistic.low.value_or(0) / 100);
  const double to = std::max(std::ceil(total * statistic.high.value_or(100) / 100), from + 1);
  Part part;
  double seen = 0;
  for (const auto& [value, count] : values) {
    const double inside = std::min(seen + count, to) - std::max(seen, from);
    if (inside > 0) {
      if (part.count == 0) part.first = value;
      part.last = value;
      part.count += inside;
      part.sum += value * inside;
    }
    seen += count;
  }
  part.below = from;
  part.above = std::max(0.0, total - to);
  return part;
}

// Lower bounds are exclusive, upper ones inclusive.
Part by_value(const Values& values, const ExtendedStatistic& statistic) {
  Part part;
  for (const auto& [value, count] : values) {
    if (statistic.low && value <= *statistic.low) {
      part.below += count;
    } else if (statistic.high && value > *statistic.high) {
      part.above += count;
    } else {
      part.count += count;
      part.sum += value * count;
    }
  }
  part.first = statistic.low.value_or(0);
  part.last = statistic.high.value_or(0);
  return part;
}

}  // namespace

void StatisticSet::merge(const StatisticSet& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  const auto own = distribution();
  const auto others = other.distribution();
  count += other.count;
  sum += other.sum;
  minimum = std::min(minimum, other.minimum);
  maximum = std::max(maximum, other.maximum);
  values.clear();
  if (!own || !others || minimum == maximum) return;
  values = joined(*own, *others);
  if (values.size() > kValuesMax) round_together(values);
}

std::optional<std::vector<std::pair<double, double>>> StatisticSet::distribution() const {
  if (!values.empty()) return values;
  if (minimum != maximum) return std::nullopt;
  return Values{{minimum, count}};
}

std::optional<SimpleStatistic> parse_simple_statistic(std::string_view name) {
  if (name == "SampleCount") return SimpleStatistic::SampleCount;
  if (name == "Average") return SimpleStatistic::Average;
  if (name == "Sum") return SimpleStatistic::Sum;
  if (name == "Minimum") return SimpleStatistic::Minimum;
  if (name == "Maximum") return SimpleStatistic::Maximum;
  return std::nullopt;
}

std::optional<ExtendedStatistic> parse_extended_statistic(std::string_view name) {
  if (name == "IQM" || name == "iqm") return ExtendedStatistic{Kind::TrimmedMean, true, 25, 75};
  if (name.starts_with('p')) return up_to_percent(Kind::Percentile, name.substr(1));
  for (const Form& form : kForms) {
    if (name.starts_with(form.large) && name.substr(2).starts_with('(') && name.ends_with(')')) {
      return between(form.kind, name.substr(3, name.size() - 4));
    }
    if (!form.small.empty() && name.starts_with(form.small)) return up_to_percent(form.kind, name.substr(2));
  }
  return std::nullopt;
}

std::optional<Statistic> parse_statistic(std::string_view name) {
  if (const auto simple = parse_simple_statistic(name)) return *simple;
  if (const auto extended = parse_extended_statistic(name)) return *extended;
  return std::nullopt;
}

double value_of(const StatisticSet& set, SimpleStatistic statistic) {
  switch (statistic) {
    case SimpleStatistic::SampleCount:
      return set.count;
    case SimpleStatistic::Average:
      return set.sum / set.count;
    case SimpleStatistic::Sum:
      return set.sum;
    case SimpleStatistic::Minimum:
      return set.minimum;
    case SimpleStatistic::Maximum:
      return set.maximum;
  }
  return 0;
}

std::optional<double> value_of(const StatisticSet& set, const ExtendedStatistic& statistic) {
  const auto values = set.distribution();
  if (!values || set.minimum < 0) return std::nullopt;
  double total = 0;
  for (const auto& [value, count] : *values) total += count;
  const Part part = statistic.percent ? by_rank(*values, total, statistic) : by_value(*values, statistic);
  const bool is_count = statistic.kind == Kind::TrimmedCount || statistic.kind == Kind::PercentileRank;
  if (part.count == 0 && !is_count && statistic.kind != Kind::WinsorizedMean) return std::nullopt;
  switch (statistic.kind) {
    case Kind::Percentile:
      return part.last;
    case Kind::TrimmedMean:
      return part.sum / part.count;
    case Kind::WinsorizedMean:
      return (part.sum + part.first * part.below + part.last * part.above) / total;
    case Kind::TrimmedCount:
      return part.count;
    case Kind::TrimmedSum:
      return part.sum;
    case Kind::PercentileRank:
      return part.count / total * 100;
  }
  return std::nullopt;
}

std::optional<double> value_of(const StatisticSet& set, const Statistic& statistic) {
  if (const auto* simple = std::get_if<SimpleStatistic>(&statistic)) return value_of(set, *simple);
  return value_of(set, std::get<ExtendedStatistic>(statistic));
}

}  // namespace cloudwatch
