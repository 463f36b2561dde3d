#pragma once

#include <string>

namespace linux_runtime {

// What containerd, and so AWS, says for what skopeo or Docker says.
std::string pull_failure(const std::string& reference, const std::string& output);

}  // namespace linux_runtime
