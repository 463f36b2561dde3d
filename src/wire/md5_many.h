#pragma once

#include <array>
#include <span>
#include <string_view>

namespace wire {

using Md5Bytes = std::array<char, 16>;  // raw

Md5Bytes md5(std::string_view text);
// The digests of several texts at once, in their order: on machines with AVX2 up to 16 texts cost little more than the
// longest of them. `digests` is as long as `texts`.
void md5_many(std::span<const std::string_view> texts, std::span<Md5Bytes> digests);

}  // namespace wire
