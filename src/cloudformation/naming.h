#pragma once

#include <cstddef>
#include <string>

#include "base/random.h"

namespace cloudformation {

// The physical name of a resource that its template leaves unnamed: STACK-LOGICAL-XXXXXXXXXXXX, cut to fit.
enum class NameStyle { Mixed, Upper, Lower };
std::string physical_name(const std::string& stack, const std::string& logical_id, NameStyle style,
                          std::size_t length_max, base::Random& random);

}  // namespace cloudformation
