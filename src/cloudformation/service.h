#pragma once

// CloudFormation: stacks, change sets and the resource types of resources/.

#include <memory>

#include "cloudformation/ports.h"
#include "service/registry.h"

namespace cloudformation {

// `templates` must outlive the service.
std::unique_ptr<service::Service> make_service(TemplateSource& templates);

}  // namespace cloudformation
