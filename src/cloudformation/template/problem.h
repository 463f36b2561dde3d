#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloudformation {

// Why a template, its parameters or a property is refused, in AWS's words. The operation that hears it answers
// ValidationError; the stack machine puts it into an event.
struct Problem {
  std::string message;
};

template <class T>
using Result = std::expected<T, Problem>;

inline std::unexpected<Problem> problem(std::string message) {
  return std::unexpected<Problem>(Problem{std::move(message)});
}

// "A, B": how AWS lists names inside its brackets.
std::string joined(const std::vector<std::string>& names, std::string_view separator = ", ");

}  // namespace cloudformation
