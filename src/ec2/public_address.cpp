#include "ec2/public_address.h"

#include <algorithm>
#include <set>

#include "api/ec2/operations.h"
#include "base/random.h"
#include "ec2/cidr.h"

namespace ec2 {
namespace {

// AWS's default quota is 5; nobody shares ours.
constexpr std::size_t kAddressesMax = 1000;
// The upper half of RFC 2544's benchmark network: public-looking, and nobody's. In the lower half are the addresses at
// which VPCs reach the cloud itself (runtime/network.h).
constexpr std::string_view kPool = "198.19.0.0/16";

std::string with_dashes(std::string address) {
  std::ranges::replace(address, '.', '-');
  return address;
}

}  // namespace

base::Outcome<std::string> new_public_ip(const State& state, service::Context& ctx) {
  std::set<std::string> used;
  for (const auto& [key, row] : state.addresses.rows()) used.insert(row.public_ip);
  if (used.size() >= kAddressesMax) {
    return base::fault(api::ec2::faults::AddressLimitExceeded, "The maximum number of addresses has been reached.");
  }
  for (const auto& [key, row] : state.interfaces.rows()) used.insert(row.public_ip);
  const Cidr pool = *parse_cidr(kPool);
  for (;;) {
    const auto offset = static_cast<std::uint32_t>(1 + base::below(ctx.random, pool.size() - 2));
    std::string address = format_address(pool.network + offset);
    if (!used.contains(address)) return address;
  }
}

std::string internal_domain(const std::string& region) {
  return region == "us-east-1" ? "ec2.internal" : region + ".compute.internal";
}

std::string public_dns_name(const std::string& address, const std::string& region) {
  const std::string domain = region == "us-east-1" ? "compute-1.amazonaws.com" : region + ".compute.amazonaws.com";
  return "ec2-" + with_dashes(address) + "." + domain;
}

std::string internal_dns_name(const std::string& address, const std::string& region) {
  return "ip-" + with_dashes(address) + "." + internal_domain(region);
}

}  // namespace ec2
