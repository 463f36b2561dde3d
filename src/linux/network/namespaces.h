#pragma once

#include <functional>
#include <string>
#include <vector>

#include "linux/fd.h"
#include "linux/process.h"

// Network namespaces with a name, as `ip netns` has them: a name keeps one alive without a process in it, so networks
// outlive this server. Needs root. Blocks.
namespace linux_runtime {

inline constexpr const char* kNamespaceDirectory = "/run/netns";

std::string namespace_path(const std::string& name);
bool has_namespace(const std::string& name);
// Names with that beginning, in order.
std::vector<std::string> namespaces(const std::string& prefix);

// Makes a namespace, and runs `inside` in it before it gets its name: what is found by name is complete. The calling
// thread is back in its own namespace afterwards.
Result<void> make_namespace(const std::string& name, const std::function<Result<void>()>& inside);
// What is in it goes when its last process does. Nothing happens when it isn't there.
void remove_namespace(const std::string& name);
Result<void> run_in_namespace(const std::string& name, const std::function<Result<void>()>& inside);

// net.<path> of the calling thread's namespace, e.g. "ipv4/ip_forward".
Result<void> set_network_option(const std::string& path, const std::string& value);

}  // namespace linux_runtime
