#pragma once

#include <string_view>

namespace docker {

// A static program that waits for ever: preload/pause.cpp.
std::string_view pause_program();

}  // namespace docker
