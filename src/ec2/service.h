#pragma once

#include <memory>

#include "service/registry.h"

namespace ec2 {

// EC2's VPC part: networks and what is in them, without instances. Every account starts empty: there is no default VPC.
std::unique_ptr<service::Service> make_service();

}  // namespace ec2
