#pragma once

#include <expected>
#include <string>
#include <utility>

namespace image {

// Something about an image, or the disk it lies on, is not as it must be. The message is one line for a person.
struct Error {
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> error(std::string message) {
  return std::unexpected(Error{std::move(message)});
}
// `what` and the text of errno.
std::unexpected<Error> system_error(const std::string& what);

}  // namespace image
