#include "ec2/interface.h"

#include <set>

#include "api/ec2/operations.h"
#include "base/ensure.h"
#include "base/random.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace faults = api::ec2::faults;

std::set<std::uint32_t> used_addresses(const State& state, const SubnetRow& subnet, const service::Context& ctx) {
  std::set<std::uint32_t> used;
  for (const auto& [key, row] : own_rows(state.interfaces, ctx)) {
    if (row.subnet_id == subnet.id) used.insert(*parse_address(row.address));
  }
  return used;
}

base::Outcome<std::uint32_t> choose_address(const State& state, const NewInterface& wanted,
                                            const service::Context& ctx) {
  const Cidr cidr = *parse_cidr(wanted.subnet.cidr);
  const auto used = used_addresses(state, wanted.subnet, ctx);
  const std::uint32_t first = cidr.network + kReservedAtStart;
  const std::uint32_t end = cidr.last() + 1 - kReservedAtEnd;
  if (!wanted.address.empty()) {
    const auto address = parse_address(wanted.address);
    if (!address || *address < first || *address >= end) {
      return refuse(
          invalid_value(wanted.address, "address", "Address does not fall within the subnet's address range"));
    }
    if (used.contains(*address)) {
      return base::fault(faults::InvalidIPAddressInUse, "The specified address is already in use.");
    }
    return *address;
  }
  for (std::uint32_t address = first; address != end; ++address) {
    if (!used.contains(address)) return address;
  }
  return base::fault(faults::InsufficientFreeAddressesInSubnet,
                     "Insufficient free addresses in subnet '" + wanted.subnet.id + "'.");
}

// Locally administered, so it belongs to no maker of cards.
std::string new_mac(base::Random& random) {
  const std::string digits = base::hex_id(random, 10);
  std::string mac = "0a";
  for (std::size_t i = 0; i < digits.size(); i += 2) mac += ":" + digits.substr(i, 2);
  return mac;
}

}  // namespace

std::int64_t free_addresses(const State& state, const SubnetRow& subnet, const service::Context& ctx) {
  const Cidr cidr = *parse_cidr(subnet.cidr);
  const auto taken = used_addresses(state, subnet, ctx).size() + kReservedAtStart + kReservedAtEnd;
  return static_cast<std::int64_t>(cidr.size()) - static_cast<std::int64_t>(taken);
}

base::Outcome<InterfaceRow> create_interface(State& state, NewInterface wanted, service::Context& ctx) {
  TRY(const std::uint32_t address, choose_address(state, wanted, ctx));
  InterfaceRow row;
  row.id = new_id(kInterface, ctx.random);
  row.vpc_id = wanted.subnet.vpc_id;
  row.subnet_id = wanted.subnet.id;
  row.address = format_address(address);
  row.mac = new_mac(ctx.random);
  row.kind = std::move(wanted.kind);
  row.owner = std::move(wanted.owner);
  row.description = std::move(wanted.description);
  row.groups = std::move(wanted.groups);
  row.public_ip = std::move(wanted.public_ip);
  row.created_at = ctx.now;
  state.interfaces.put(ctx.change, key_of(ctx, row.id), row);
  return row;
}

void delete_interface(State& state, std::string_view id, service::Context& ctx) {
  ENSURE(state.interfaces.find(key_of(ctx, id)) != nullptr);
  state.interfaces.erase(ctx.change, key_of(ctx, id));
  drop_tags(state, id, ctx);
}

}  // namespace ec2
