#pragma once

#include <optional>
#include <string>

#include "api/ecs/types.h"
#include "runtime/runtime.h"

// linuxParameters of a container, as far as Fargate has them: an init process, dropped capabilities, SYS_PTRACE, tmpfs.
namespace ecs {

// What is wrong with them; nothing if all is well.
std::optional<std::string> linux_complaint(const api::ecs::LinuxParameters& parameters);
// Why Fargate won't have them.
std::optional<std::string> fargate_linux_complaint(const api::ecs::LinuxParameters& parameters);

void apply_linux(const api::ecs::LinuxParameters& parameters, runtime::ContainerSpec& spec);

}  // namespace ecs
