#pragma once

#include <string>

#include "ecs/service.h"
#include "runtime/runtime.h"

namespace cloud {

// What "/stats" and "/task/stats" of the task metadata endpoint, version 4, answer: the statistics in the form of
// Docker's API, of one container or of all, by their ids.

// "null" while the container doesn't run.
std::string container_stats_json(const ecs::ShownTask& shown, const std::string& metadata_id,
                                 const runtime::event::Stats& stats);
std::string task_stats_json(const ecs::ShownTask& shown, const runtime::event::Stats& stats);

}  // namespace cloud
