#pragma once

#include <string>
#include <vector>

#include "linux/cgroup.h"
#include "runtime/runtime.h"

namespace linux_runtime {

// What the kernel counts for a container, out of its control group (version 1 or 2). What it doesn't count is 0 or
// missing. Fills everything but the name and what was before.
void measure(const Cgroups& cgroups, const std::string& path, runtime::event::Stats::Container& into);

// The interfaces, but for loopback, of the network that a process is in.
std::vector<runtime::event::Stats::Interface> interfaces_of(int pid);

// Nanoseconds of all processors since the machine's start.
std::int64_t system_cpu_nanos();

// Of "Inter-|   Receive …" as in /proc/net/dev.
std::vector<runtime::event::Stats::Interface> parse_interfaces(const std::string& text);
// Of cgroup version 2's io.stat: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 …".
void parse_io_stat(const std::string& text, runtime::event::Stats::Container& into);
// Of version 1's blkio files: "8:0 Read 4096".
std::vector<runtime::event::Stats::Disk> parse_blkio(const std::string& text);

}  // namespace linux_runtime
