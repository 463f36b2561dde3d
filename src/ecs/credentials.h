#pragma once

#include <string>

#include "ecs/core.h"
#include "service/context.h"

// The temporary keys of task roles. A task's endpoint hands out the newest; new ones are made an hour before those end,
// so that SDKs, which come back 5 to 15 minutes before the end, find them.
namespace ecs {

inline constexpr base::Duration kCredentialsLife = std::chrono::hours(6);
inline constexpr base::Duration kRenewedBeforeEnd = std::chrono::hours(1);
// So long it is known that keys have expired, and not just that nobody has them.
inline constexpr base::Duration kExpiredKnown = std::chrono::hours(24);

// Returns the id of the credentials of a new task.
std::string make_credentials(const std::string& role_arn, const std::string& task_id, Core& core,
                             service::Context& ctx);
// Gives new keys to tasks whose keys are about to end.
void renew_credentials(Core& core, service::Context& ctx);

}  // namespace ecs
