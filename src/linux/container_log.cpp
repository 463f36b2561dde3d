#include "linux/container_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace linux_runtime {
namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (text.size() < at + count) return std::nullopt;
  const auto [end, failed] = std::from_chars(text.data() + at, text.data() + at + count, value);
  if (failed != std::errc{} || end != text.data() + at + count) return std::nullopt;
  return value;
}

// RFC 3339 with up to nine decimals and an offset, as conmon writes it.
std::optional<base::TimePoint> parse_time(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::size_t at = 19;
  std::int64_t micros = 0;
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = 100'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      micros += (text[at] - '0') * unit;
  }
  std::chrono::minutes offset{};
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const auto hours = digits(text, at + 1, 2), minutes = digits(text, at + 4, 2);
    if (!hours || !minutes) return std::nullopt;
    offset = std::chrono::minutes((*hours * 60 + *minutes) * (text[at] == '-' ? -1 : 1));
  }
  const std::chrono::sys_days days =
      std::chrono::year(*year) / std::chrono::month(static_cast<unsigned>(*month)) / static_cast<unsigned>(*day);
  return base::TimePoint(days.time_since_epoch() + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
                         std::chrono::seconds(*second) + std::chrono::microseconds(micros) - offset);
}

}  // namespace

std::optional<LogRecord> parse_log_record(std::string_view line) {
  const std::size_t stream = line.find(' ');
  if (stream == std::string_view::npos) return std::nullopt;
  const std::size_t tag = line.find(' ', stream + 1);
  if (tag == std::string_view::npos || tag + 1 >= line.size()) return std::nullopt;
  const auto at = parse_time(line.substr(0, stream));
  if (!at) return std::nullopt;
  const std::string_view text = line.size() > tag + 3 ? line.substr(tag + 3) : std::string_view();
  return LogRecord{.at = *at, .partial = line[tag + 1] == 'P', .text = text};
}

std::string log_record(base::TimePoint at, std::string_view text) {
  const auto since = at.time_since_epoch();
  const auto days = std::chrono::floor<std::chrono::days>(since);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss time(since - days);
  char stamp[64];
  std::snprintf(stamp, sizeof stamp, "%04d-%02u-%02uT%02d:%02d:%02d.%06d+00:00", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return std::string(stamp) + " stderr F " + std::string(text) + "\n";
}

ContainerLog::ContainerLog(std::string path, std::uint64_t position, ClockMap clock)
    : path_(std::move(path)), clock_(clock), read_(position), delivered_(position), confirmed_(position) {}

bool ContainerLog::at_end() const {
  struct stat is{};
  return stat(path_.c_str(), &is) != 0 || read_ >= static_cast<std::uint64_t>(is.st_size);
}

void ContainerLog::take(std::string_view line, bool ended, std::vector<runtime::LogLine>& lines) {
  const auto record = parse_log_record(line);
  if (!record) return;
  if (!unfinished_) unfinished_ = runtime::LogLine{.at = clock_.to_cloud(record->at)};
  unfinished_->text += record->text;
  if (record->partial && !ended && unfinished_->text.size() < kLineBytesMax) return;
  while (unfinished_->text.size() > kLineBytesMax) {
    lines.push_back({unfinished_->at, unfinished_->text.substr(0, kLineBytesMax)});
    unfinished_->text.erase(0, kLineBytesMax);
  }
  lines.push_back(std::move(*unfinished_));
  unfinished_.reset();
}

std::optional<runtime::event::Logs> ContainerLog::next(bool ended) {
  if (!file_) file_ = Fd(open(path_.c_str(), O_RDWR | O_CLOEXEC));
  runtime::event::Logs out;
  while (file_ && out.lines.empty() && delivered_ - confirmed_ < kUnconfirmedBytesMax) {
    const std::size_t kept = tail_.size();
    tail_.resize(kept + kBatchBytesMax);
    const ssize_t got = pread(file_.get(), tail_.data() + kept, kBatchBytesMax, static_cast<off_t>(read_));
    tail_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    read_ += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));

    const std::uint64_t start = read_ - tail_.size();
    std::size_t used = 0;
    for (std::size_t end; (end = tail_.find('\n', used)) != std::string::npos; used = end + 1) {
      const std::size_t before = out.lines.size();
      take(std::string_view(tail_).substr(used, end - used), false, out.lines);
      if (out.lines.size() != before) delivered_ = start + end + 1;
    }
    tail_.erase(0, used);
    if (got <= 0) {
      if (ended && unfinished_) {  // its end will never come
        out.lines.push_back(std::move(*unfinished_));
        unfinished_.reset();
        delivered_ = read_;
      }
      break;
    }
  }
  if (out.lines.empty()) return std::nullopt;
  out.position = delivered_;
  return out;
}

void ContainerLog::confirm(std::uint64_t position) {
  confirmed_ = std::clamp(position, confirmed_, delivered_);
  const std::uint64_t whole = confirmed_ / 4096 * 4096;  // holes are made of whole blocks
  if (!file_ || whole - punched_ < kPunchBytes) return;
  fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(punched_),
            static_cast<off_t>(whole - punched_));
  punched_ = whole;
}

}  // namespace linux_runtime
