#pragma once

#include <string>

#include "base/fault.h"
#include "ec2/state.h"

namespace ec2 {

// A public address that nobody has. AddressLimitExceeded when there are too many.
base::Outcome<std::string> new_public_ip(const State& state, service::Context& ctx);

// "ec2-198-19-0-7.ap-northeast-1.compute.amazonaws.com"
std::string public_dns_name(const std::string& address, const std::string& region);
// "ip-10-0-1-5.ap-northeast-1.compute.internal"
std::string internal_dns_name(const std::string& address, const std::string& region);
// "ap-northeast-1.compute.internal"; us-east-1 is older than that scheme.
std::string internal_domain(const std::string& region);

}  // namespace ec2
