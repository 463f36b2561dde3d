#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/serve.h"
#include "linux/launcher.h"
#include "runtime/runtime.h"

namespace app {

// What runs tasks: this machine (linux/), a Docker Engine, or nothing where neither can be.

inline constexpr const char* kEmbeddedRuntime = "embedded";
inline constexpr const char* kDockerRuntime = "docker";

// "docker", "docker=SOCKET": the socket. Nothing for "embedded".
std::string docker_socket(const std::string& runtime);

// What of a task that runtime cannot do, a line each; said at the server's start.
std::vector<std::string> not_enforced(const ServeOptions& options, bool is_root);

// The error says why the server must not start: the data directory has tasks of another runtime, or Docker isn't there.
std::expected<std::unique_ptr<runtime::Runtime>, std::string> open_runtime(const ServeOptions& options,
                                                                           linux_runtime::Options given);

// Whether remove_all_containers() would have anything to do.
bool has_containers(const std::string& data);
// Removes all containers and networks of a data directory, of either runtime. The error says what could not be.
std::expected<void, std::string> remove_all_containers(const std::string& data);

}  // namespace app
