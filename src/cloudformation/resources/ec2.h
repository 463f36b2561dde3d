#pragma once

// What EC2's resource types share: tags as EC2 takes them, deletion by id.

#include "cloudformation/provider.h"

namespace cloudformation {

void set_tags(base::Value& input, const Job& job, const char* resource_type);
std::expected<void, Failure> sync_ec2_tags(const Job& job, const std::string& id);

// A deletion that needs nothing but the resource's id, as the operation's `parameter`.
Step remove_by_id(const Job& job, const api::Operation& operation, const char* parameter);

}  // namespace cloudformation
