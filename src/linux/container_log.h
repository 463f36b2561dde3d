#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linux/clock_map.h"
#include "linux/fd.h"
#include "runtime/runtime.h"

namespace linux_runtime {

inline constexpr std::size_t kLineBytesMax = 256
                                             << 10;  // longer lines are delivered in parts, as CloudWatch takes them
inline constexpr std::size_t kBatchBytesMax = 512 << 10;        // read at once
inline constexpr std::uint64_t kUnconfirmedBytesMax = 4 << 20;  // delivered and not yet stored, for each container
inline constexpr std::uint64_t kPunchBytes = 1 << 20;           // give disk space back in steps of this

// One record of conmon's log: "2026-01-02T03:04:05.123456789+00:00 stdout F text".
struct LogRecord {
  base::TimePoint at;  // the machine's time
  bool partial = false;
  std::string_view text;
};
std::optional<LogRecord> parse_log_record(std::string_view line);
// A whole record of standard error, with its newline.
std::string log_record(base::TimePoint at, std::string_view text);

// Reads what conmon writes for one container. A position is an offset in that file; the file never shrinks, but its
// confirmed beginning becomes a hole, so it takes no more room than what is not yet stored.
class ContainerLog {
 public:
  ContainerLog(std::string path, std::uint64_t position, ClockMap clock);

  // The next whole lines, or nothing: at the end for now, or too much is unconfirmed. With `ended`, a last line
  // without newline counts.
  std::optional<runtime::event::Logs> next(bool ended);
  void confirm(std::uint64_t position);

  const std::string& path() const { return path_; }
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t confirmed() const { return confirmed_; }
  // Nothing is left to read.
  bool at_end() const;

 private:
  void take(std::string_view line, bool ended, std::vector<runtime::LogLine>& lines);

  std::string path_;
  ClockMap clock_;
  Fd file_;
  std::string tail_;    // bytes after the last whole record
  std::uint64_t read_;  // offset behind tail_
  std::uint64_t delivered_;
  std::uint64_t confirmed_;
  std::uint64_t punched_ = 0;
  std::optional<runtime::LogLine> unfinished_;  // parts of a line whose end has not come
};

}  // namespace linux_runtime
