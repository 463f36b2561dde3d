#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linux/clock_map.h"
#include "runtime/runtime.h"

namespace docker {

// A container's log as Docker tells it, with time stamps: frames of eight bytes of header (stream, three zeros, length)
// and a piece of a line, "2026-01-02T03:04:05.123456789Z text\n". A line of more than 16 KiB comes in several.
//
// The position behind a line is its time stamp in nanoseconds: asking again for what came after it is how reading goes
// on after a restart.
class Frames {
 public:
  explicit Frames(linux_runtime::ClockMap clock) : clock_(clock) {}

  // The lines that are whole by now.
  void feed(std::string_view bytes, std::vector<runtime::LogLine>& lines);
  // At the log's end: a last line without newline.
  void end(std::vector<runtime::LogLine>& lines);
  std::uint64_t position() const { return position_; }

 private:
  struct Unfinished {
    std::optional<std::int64_t> at;  // nanoseconds since 1970
    std::string text;
  };
  void take(std::size_t stream, std::string_view payload, std::vector<runtime::LogLine>& lines);
  void finish(Unfinished& line, std::vector<runtime::LogLine>& lines);

  linux_runtime::ClockMap clock_;
  std::string tail_;                      // bytes of a frame that is not whole
  std::array<Unfinished, 3> unfinished_;  // by stream: 1 output, 2 errors
  std::uint64_t position_ = 0;
};

// Nanoseconds since 1970 of "2026-01-02T03:04:05.123456789Z".
std::optional<std::int64_t> parse_stamp(std::string_view text);

}  // namespace docker
