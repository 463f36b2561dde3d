#pragma once

#include <string>
#include <string_view>

#include "linux/clock_map.h"

namespace linux_runtime {

// The bytes of renkei-time.so, which containers preload in time-lapse; see preload/renkei_time.cpp.
std::string_view time_library();

// What it reads from RENKEI_TIME.
std::string time_environment(const ClockMap& clock);

// An ELF program that needs no dynamic loader, and so loads no library: time-lapse cannot reach it.
bool is_static_program(const std::string& path);

}  // namespace linux_runtime
