#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ecs {

// "256", "0.25 vCPU", ".25 vcpu" -> 256 CPU units (1024 = one vCPU). Nothing for what is no size.
std::optional<std::int64_t> parse_cpu(std::string_view text);
// "512", "0.5 GB", "1GB" -> MiB.
std::optional<std::int64_t> parse_memory(std::string_view text);

// What AWS says about a task size, or nothing when Fargate has it
// (Amazon ECS Developer Guide, "Amazon ECS task definition parameters for Fargate", task size).
std::optional<std::string> fargate_size_complaint(const std::optional<std::string>& cpu,
                                                  const std::optional<std::string>& memory);

}  // namespace ecs
