#pragma once

#include <memory>
#include <string>

#include "store/journal/disk.h"

namespace store {

// A folder of the file system; made if it is missing.
std::expected<std::unique_ptr<Disk>, Error> open_real_disk(const std::string& folder);

}  // namespace store
