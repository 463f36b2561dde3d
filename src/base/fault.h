#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace base {

// One API error as api/*.json states it. Generated; lives for the whole program.
struct FaultShape {
  std::string_view name;        // shape name, sent by the JSON and CBOR protocols
  std::string_view query_code;  // code sent by the query protocols; equals name where the model has none
  int http_status;
  bool sender;                     // the caller's mistake, not ours
  std::string_view type_prefix{};  // namespace before '#' in `__type`, e.g. "com.amazonaws.sqs"; "" sends the bare name
};

// A refusal the caller can see and act on. Broken disks are not faults (store::Error), nor are bugs (ENSURE).
struct Fault {
  const FaultShape* shape;
  std::string message;
};

// What an operation answers: its output, or a fault.
template <typename T>
using Outcome = std::expected<T, Fault>;

inline std::unexpected<Fault> fault(const FaultShape& shape, std::string message) {
  return std::unexpected<Fault>(Fault{&shape, std::move(message)});
}

}  // namespace base

// TRY(auto x, f()) binds x or returns f's error; CHECK(f()) is the same for expected<void, E>. Declarations, not
// GNU statement expressions: those crash g++ 12 inside coroutines. Coroutines use CO_TRY.
#define BASE_JOIN_(a, b) a##b
#define BASE_NAME_(a, b) BASE_JOIN_(a, b)
#define BASE_TRY_(leave, slot, declaration, ...)                         \
  auto slot = (__VA_ARGS__);                                             \
  if (!slot.has_value()) leave std::unexpected(std::move(slot).error()); \
  declaration = std::move(slot).value()
#define TRY(declaration, ...) BASE_TRY_(return, BASE_NAME_(try_, __COUNTER__), declaration, __VA_ARGS__)
#define CO_TRY(declaration, ...) BASE_TRY_(co_return, BASE_NAME_(try_, __COUNTER__), declaration, __VA_ARGS__)
#define CHECK(...)                                                    \
  do {                                                                \
    if (auto check_result = (__VA_ARGS__); !check_result.has_value()) \
      return std::unexpected(std::move(check_result).error());        \
  } while (false)
