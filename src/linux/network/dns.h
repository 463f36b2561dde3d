#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/network.h"

// The domain name system's messages (RFC 1035), as far as a network's resolver has to read and write them, and what a
// network answers by itself. Pure functions of bytes.
namespace linux_runtime::dns {

inline constexpr std::uint16_t kTypeA = 1;
inline constexpr std::uint16_t kTypePtr = 12;
inline constexpr std::uint16_t kTypeAny = 255;
inline constexpr std::size_t kMessageBytesMax = 65'535;

enum class Code : std::uint8_t { None = 0, FormatError = 1, ServerFailure = 2, NoName = 3, NotImplemented = 4 };

struct Question {
  std::string name;  // lower case, without the last dot
  std::uint16_t type = 0;
  std::size_t end = 0;  // of the question, in bytes from the message's beginning
};

// Nothing when it is no query with exactly one question of class IN.
std::optional<Question> read_query(std::string_view message);
// Whether an answer to it can be made at all: there is a header, of a query.
bool is_query(std::string_view message);
std::uint16_t id_of(std::string_view message);

// What a network knows without asking outside: the addresses or, for PTR, the names. Nothing: not ours to answer. An
// empty list: there is nothing of that type.
struct Found {
  Code code = Code::None;
  std::vector<std::string> values;
};
std::optional<Found> look_up(const runtime::Network& network, const Question& question);

// The answer to `query`. `turn` rotates the values, so that clients spread over them.
std::string answer(std::string_view query, const Question& question, const Found& found, std::size_t turn = 0);
// An answer without records; the question is repeated if there was one.
std::string refuse(std::string_view query, const std::optional<Question>& question, Code code);

}  // namespace linux_runtime::dns
