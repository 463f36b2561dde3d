#pragma once

// Resource ids and their errors, worded as EC2 words them.

#include <string>
#include <string_view>

#include "base/fault.h"
#include "ec2/state.h"

namespace ec2 {

// What an id's prefix says of the resource.
struct ResourceKind {
  std::string_view prefix;  // "vpc-"
  std::string_view type;    // "vpc": in tag specifications, filters and ARNs
  const base::FaultShape* not_found;
  std::string_view not_found_before;  // text around the id: "The vpc ID '"
  std::string_view not_found_after;   // "' does not exist"
  const base::FaultShape* malformed;
};

extern const ResourceKind kVpc, kSubnet, kRouteTable, kInternetGateway, kSecurityGroup, kSecurityGroupRule, kEndpoint,
    kNatGateway, kAddress, kAcl, kInterface, kRouteTableAssociation;

const ResourceKind* kind_of_id(std::string_view id);  // nullptr if no kind of ours has the prefix
const ResourceKind* kind_of_type(std::string_view type);

// "vpc-" and 17 hex digits.
std::string new_id(const ResourceKind& kind, base::Random& random);
std::string new_id(std::string_view prefix, base::Random& random);

base::Fault not_found(const ResourceKind& kind, std::string_view id);
// Malformed: the prefix or the digits are wrong.
base::Outcome<void> check_id(const ResourceKind& kind, std::string_view id);

base::Fault missing_parameter(std::string_view name);
// "Value (x) for parameter y is invalid. <why>"
base::Fault invalid_value(std::string_view value, std::string_view parameter, std::string_view why);
// Never silently accepted: what the model has and renkei hasn't.
base::Fault not_supported(std::string_view parameter);
// `name` as EC2 spells it: "vpc", "routeTable", …
base::Fault has_dependencies(std::string_view name, std::string_view id);

inline std::unexpected<base::Fault> refuse(base::Fault fault) {
  return std::unexpected<base::Fault>(std::move(fault));
}

// The caller's row, or the fault that names what is wrong with the id.
template <class Row>
base::Outcome<const Row*> find_or_fault(const service::Table<Row>& table, const ResourceKind& kind, std::string_view id,
                                        const service::Context& ctx) {
  CHECK(check_id(kind, id));
  const Row* row = table.find(key_of(ctx, id));
  if (row == nullptr) return refuse(not_found(kind, id));
  return row;
}

}  // namespace ec2
