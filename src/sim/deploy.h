#pragma once

#include <expected>
#include <string>

#include "sim/scenario.h"
#include "sim/world.h"

namespace sim {

// Creates the stacks, one after another, through CloudFormation. Runs the world until the last one is complete; a stack
// that is not complete by `end` is a failure, as is one that CloudFormation refuses or rolls back.
std::expected<void, Failure> deploy(World& world, const Scenario& scenario, base::TimePoint end);

// Line of a text in any template: "consumer.yaml:158", or the first template's file when nobody has it.
std::string place_of(const Scenario& scenario, const std::string& text);

}  // namespace sim
