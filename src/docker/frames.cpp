#include "docker/frames.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "linux/container_log.h"

namespace docker {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::int64_t kNanos = 1'000'000'000;

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data() + at, text.data() + at + count, value);
  if (failed != std::errc{} || end != text.data() + at + count) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_stamp(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || !text.ends_with('Z')) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t nanos = 0;
  if (text.size() > 20 && text[19] == '.') {
    std::string fraction(text.substr(20, text.size() - 21));
    fraction.resize(9, '0');
    const auto value = digits(fraction, 0, 9);
    if (!value) return std::nullopt;
    nanos = *value;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * kNanos + nanos;
}

void Frames::feed(std::string_view bytes, std::vector<runtime::LogLine>& lines) {
  tail_ += bytes;
  std::string_view left = tail_;
  while (left.size() >= kHeaderBytes) {
    std::size_t length = 0;
    for (std::size_t i = 4; i < kHeaderBytes; ++i) length = length << 8 | static_cast<unsigned char>(left[i]);
    if (left.size() < kHeaderBytes + length) break;
    const std::size_t stream = std::min<std::size_t>(static_cast<unsigned char>(left[0]), unfinished_.size() - 1);
    take(stream, left.substr(kHeaderBytes, length), lines);
    left.remove_prefix(kHeaderBytes + length);
  }
  tail_.erase(0, tail_.size() - left.size());
}

void Frames::take(std::size_t stream, std::string_view payload, std::vector<runtime::LogLine>& lines) {
  const std::size_t space = payload.find(' ');
  const auto at = parse_stamp(payload.substr(0, space));
  if (at) payload.remove_prefix(space == std::string_view::npos ? payload.size() : space + 1);
  Unfinished& line = unfinished_[stream];
  if (!line.at) line.at = at.value_or(static_cast<std::int64_t>(position_));
  const bool whole = payload.ends_with('\n');
  if (whole) payload.remove_suffix(1);
  line.text += payload;
  if (whole || line.text.size() >= linux_runtime::kLineBytesMax) finish(line, lines);
}

void Frames::finish(Unfinished& line, std::vector<runtime::LogLine>& lines) {
  const base::TimePoint real{base::Duration(*line.at / 1000)};
  for (std::string_view rest = line.text;;) {
    const std::string_view part = rest.substr(0, linux_runtime::kLineBytesMax);
    lines.push_back({clock_.to_cloud(real), std::string(part)});
    rest.remove_prefix(part.size());
    if (rest.empty()) break;
  }
  // Output and errors are stamped apart, so a later line may have an earlier stamp; positions only grow.
  position_ = std::max(position_ + 1, static_cast<std::uint64_t>(*line.at));
  line = {};
}

void Frames::end(std::vector<runtime::LogLine>& lines) {
  for (Unfinished& line : unfinished_) {
    if (line.at) finish(line, lines);
  }
}

}  // namespace docker
