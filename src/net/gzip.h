#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace net {

// Undoes Content-Encoding: gzip. Nothing if the bytes are not gzip or would become more than `limit` bytes.
std::optional<std::string> gunzip(std::string_view bytes, std::size_t limit);
std::string gzip(std::string_view bytes);

}  // namespace net
