#pragma once

#include <deque>
#include <string>

#include "cloud/access/access.h"

namespace gateway {

// The page /_renkei/denials: the last requests that policies refused, newest first.
std::string denials_json(const std::deque<cloud::Denial>& denials);

}  // namespace gateway
