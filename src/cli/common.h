#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "client/client.h"

// The commands. Each takes its options as a struct (main.cpp fills them from the command line) and returns the exit
// code: 0 done, 1 it failed and said why on stderr, 2 the options don't fit together. Results go to stdout, progress
// and errors to stderr; nothing is coloured unless it goes to a terminal.
namespace cli {

struct Common {
  std::string endpoint;  // http://host:port of the server
  std::string region;
  bool json = false;
};

client::Client connect(const Common& common);
// Prints "renkei: <text>" and a line that says what to do, if there is one. Returns 1.
int fail(const std::string& text, const std::string& advice = "");
// As fail(), with advice for the usual cases (nothing listens, wrong address).
int fail(const Common& common, const std::string& doing, const client::Error& error);

// "13:05:59" of the cloud's clock, UTC.
std::string clock_time(base::TimePoint at);
std::string date_time(base::TimePoint at);

// Rows of cells with aligned columns; the first row is the head.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  std::string to_text(const std::string& indent = "  ") const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

enum class Colour { None, Red, Green, Yellow, Grey };
// With escape codes if stdout is a terminal, else as it is.
std::string coloured(const std::string& text, Colour colour);
bool is_terminal();

}  // namespace cli
