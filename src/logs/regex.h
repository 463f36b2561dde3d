#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace logs {

// The regular expressions of filter patterns (%…%): ^ $ . [] [^] \d \D \w \W \s \S \xHH, groups, |, and ? * + {n} {n,}
// {n,m}. Runs in time proportional to text × pattern whatever the pattern is, on a fixed amount of stack.
class Regex {
 public:
  // Nested and counted repetitions multiply; a pattern that grows beyond it is refused.
  static constexpr std::size_t kStatesMax = 5'000;

  // The error says what is wrong.
  static std::expected<Regex, std::string> parse(std::string_view pattern);

  // Whether it matches anywhere in the text.
  bool matches(std::string_view text) const;

 private:
  friend class RegexParser;
  enum class Kind : std::uint8_t { Byte, Set, Any, Split, Jump, Begin, End, Match };
  struct State {
    Kind kind;
    unsigned char byte = 0;
    std::uint32_t next = 0;   // Split: the first way on; Set: unused
    std::uint32_t other = 0;  // Split: the second way on; Set: index into sets_
  };
  using Set = std::vector<bool>;  // of 256

  // Adds `state` and all that it reaches without reading.
  void follow(std::vector<std::uint32_t>& list, std::vector<std::uint32_t>& seen, std::uint32_t mark,
              std::uint32_t state, bool at_begin, bool at_end) const;
  bool reads(const State& state, unsigned char byte) const;

  std::vector<State> states_;
  std::vector<Set> sets_;
};

}  // namespace logs
