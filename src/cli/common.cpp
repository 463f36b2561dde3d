#include "cli/common.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iostream>

namespace cli {

client::Client connect(const Common& common) {
  return client::Client({.endpoint = common.endpoint, .region = common.region}, client::default_credentials());
}

int fail(const std::string& text, const std::string& advice) {
  std::cout.flush();
  std::cerr << "renkei: " << text << "\n";
  if (!advice.empty()) std::cerr << "  " << advice << "\n";
  return 1;
}

int fail(const Common& common, const std::string& doing, const client::Error& error) {
  if (!error.code.empty()) return fail(doing + ": " + error.to_text());
  return fail(doing + ": " + error.message,
              "Is a server running at " + common.endpoint + "? Start one with: renkei serve");
}

namespace {

std::string formatted(base::TimePoint at, const char* form) {
  const std::time_t seconds = base::unix_seconds(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, form, &parts));
}

}  // namespace

std::string clock_time(base::TimePoint at) {
  return formatted(at, "%H:%M:%S");
}
std::string date_time(base::TimePoint at) {
  return formatted(at, "%Y-%m-%dT%H:%M:%SZ");
}

std::string TextTable::to_text(const std::string& indent) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line = indent;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    text += line + "\n";
  }
  return text;
}

bool is_terminal() {
  static const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  return terminal;
}

std::string coloured(const std::string& text, Colour colour) {
  if (!is_terminal() || colour == Colour::None) return text;
  const char* code = colour == Colour::Red      ? "\x1b[31m"
                     : colour == Colour::Green  ? "\x1b[32m"
                     : colour == Colour::Yellow ? "\x1b[33m"
                                                : "\x1b[90m";
  return code + text + "\x1b[0m";
}

}  // namespace cli
