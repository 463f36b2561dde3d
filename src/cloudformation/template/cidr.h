#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cloudformation/template/problem.h"

namespace cloudformation {

// Fn::Cidr: the first `count` consecutive blocks with `host_bits` host bits inside `block` (IPv4 or IPv6).
Result<std::vector<std::string>> split_cidr(const std::string& block, std::int64_t count, std::int64_t host_bits);

}  // namespace cloudformation
