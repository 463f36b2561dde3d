#pragma once

// Tags as EC2 takes them.

#include "cloudformation/provider.h"

namespace cloudformation {

void set_tags(base::Value& input, const Job& job, const char* resource_type);
std::expected<void, Failure> sync_ec2_tags(const Job& job, const std::string& id);

}  // namespace cloudformation
