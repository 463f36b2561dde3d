#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "cloud/cloud.h"
#include "ecs/service.h"
#include "service/answer.h"

namespace cloud {

// The agent's API in a task (Amazon ECS Developer Guide, "Task scale-in protection endpoint"): a task asks about
// itself, and ECS is asked in the name of the task's role.

inline constexpr std::string_view kTaskProtectionPage = "/task-protection/v1/state";

// What ECS is asked, or the agent's own answer to a request that makes no sense.
std::expected<Request, TaskReply> protection_request(const ecs::ShownTask& shown, const TaskRequest& request);

// ECS's answer as the agent hands it on.
TaskReply protection_reply(const std::string& task_arn, const std::string& request_id, const service::Answer& answer);

// To who asks from elsewhere than the task, or for a task that is gone.
TaskReply no_task();

}  // namespace cloud
