#pragma once

#include <memory>

#include "cloudformation/machine.h"
#include "cloudformation/ports.h"

namespace cloudformation {

std::unique_ptr<Provider> make_nested_stack(Machine& machine, TemplateSource& source);

}  // namespace cloudformation
