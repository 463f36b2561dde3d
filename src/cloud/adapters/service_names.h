#pragma once

#include <map>
#include <string>
#include <vector>

namespace cloud {

// The public names of the services that this cloud serves, in every region, and the addresses at which a VPC finds them
// (runtime/network.h): what the internet's DNS says on AWS.
const std::map<std::string, std::vector<std::string>>& public_service_names();

}  // namespace cloud
