#pragma once

#include "ec2/cidr.h"
#include "ec2/resource.h"

namespace ec2 {

// Of every subnet: the network, the router, the DNS server, one for the future, and the broadcast address.
inline constexpr std::uint32_t kReservedAtStart = 4;
inline constexpr std::uint32_t kReservedAtEnd = 1;

// Free for interfaces.
std::int64_t free_addresses(const State& state, const SubnetRow& subnet, const service::Context& ctx);

struct NewInterface {
  const SubnetRow& subnet;
  std::string kind;  // InterfaceRow::kind
  std::string owner;
  std::string description;
  std::vector<std::string> groups;
  std::string address{};    // "" takes the lowest free one
  std::string public_ip{};  // "" for none
};

// InsufficientFreeAddressesInSubnet if there is none; InvalidParameterValue for an address that is not free or not of
// the subnet.
base::Outcome<InterfaceRow> create_interface(State& state, NewInterface wanted, service::Context& ctx);
void delete_interface(State& state, std::string_view id, service::Context& ctx);

}  // namespace ec2
