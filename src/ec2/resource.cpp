#include "ec2/resource.h"

#include <algorithm>

#include "api/ec2/operations.h"
#include "base/random.h"

namespace ec2 {

namespace faults = api::ec2::faults;

const ResourceKind kVpc{
    "vpc-", "vpc", &faults::InvalidVpcIDNotFound, "The vpc ID '", "' does not exist", &faults::InvalidVpcIDMalformed};
const ResourceKind kSubnet{"subnet-",         "subnet",           &faults::InvalidSubnetIDNotFound,
                           "The subnet ID '", "' does not exist", &faults::InvalidSubnetIDMalformed};
const ResourceKind kRouteTable{"rtb-",
                               "route-table",
                               &faults::InvalidRouteTableIDNotFound,
                               "The routeTable ID '",
                               "' does not exist",
                               &faults::InvalidRouteTableIdMalformed};
const ResourceKind kInternetGateway{"igw-",
                                    "internet-gateway",
                                    &faults::InvalidInternetGatewayIDNotFound,
                                    "The internetGateway ID '",
                                    "' does not exist",
                                    &faults::InvalidInternetGatewayIdMalformed};
const ResourceKind kSecurityGroup{"sg-",
                                  "security-group",
                                  &faults::InvalidGroupNotFound,
                                  "The security group '",
                                  "' does not exist",
                                  &faults::InvalidGroupIdMalformed};
const ResourceKind kSecurityGroupRule{"sgr-",
                                      "security-group-rule",
                                      &faults::InvalidSecurityGroupRuleIdNotFound,
                                      "The security group rule ID '",
                                      "' does not exist",
                                      &faults::InvalidSecurityGroupRuleIdMalformed};
const ResourceKind kEndpoint{"vpce-",
                             "vpc-endpoint",
                             &faults::InvalidVpcEndpointIdNotFound,
                             "The Vpc Endpoint Id '",
                             "' does not exist",
                             &faults::InvalidVpcEndpointIdMalformed};
const ResourceKind kNatGateway{"nat-",         "natgateway",     &faults::NatGatewayNotFound,
                               "NAT gateway ", " was not found", &faults::NatGatewayMalformed};
const ResourceKind kAddress{"eipalloc-",           "elastic-ip",       &faults::InvalidAllocationIDNotFound,
                            "The allocation ID '", "' does not exist", &faults::InvalidParameterValue};
const ResourceKind kAcl{"acl-",
                        "network-acl",
                        &faults::InvalidNetworkAclIDNotFound,
                        "The networkAcl ID '",
                        "' does not exist",
                        &faults::InvalidParameterValue};
const ResourceKind kInterface{"eni-",
                              "network-interface",
                              &faults::InvalidNetworkInterfaceIDNotFound,
                              "The networkInterface ID '",
                              "' does not exist",
                              &faults::InvalidParameterValue};
const ResourceKind kRouteTableAssociation{"rtbassoc-",
                                          "",
                                          &faults::InvalidAssociationIDNotFound,
                                          "The association ID '",
                                          "' does not exist",
                                          &faults::InvalidParameterValue};

namespace {

constexpr const ResourceKind* kTagged[] = {
    &kVpc,        &kSubnet,  &kRouteTable, &kInternetGateway, &kSecurityGroup, &kSecurityGroupRule, &kEndpoint,
    &kNatGateway, &kAddress, &kAcl,        &kInterface};
constexpr std::size_t kIdDigits = 17;
constexpr std::size_t kOldIdDigits = 8;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

const ResourceKind* kind_of_id(std::string_view id) {
  for (const ResourceKind* kind : kTagged) {
    if (id.starts_with(kind->prefix)) return kind;
  }
  return nullptr;
}

const ResourceKind* kind_of_type(std::string_view type) {
  for (const ResourceKind* kind : kTagged) {
    if (kind->type == type) return kind;
  }
  return nullptr;
}

std::string new_id(std::string_view prefix, base::Random& random) {
  return std::string(prefix) + "0" + base::hex_id(random, kIdDigits - 1);
}

std::string new_id(const ResourceKind& kind, base::Random& random) {
  return new_id(kind.prefix, random);
}

base::Fault not_found(const ResourceKind& kind, std::string_view id) {
  std::string text(kind.not_found_before);
  text.append(id).append(kind.not_found_after);
  return {kind.not_found, std::move(text)};
}

base::Outcome<void> check_id(const ResourceKind& kind, std::string_view id) {
  const std::string_view digits = id.substr(std::min(id.size(), kind.prefix.size()));
  const bool good =
      id.starts_with(kind.prefix) && is_hex(digits) && (digits.size() == kIdDigits || digits.size() == kOldIdDigits);
  if (good) return {};
  std::string text = "Invalid id: \"";
  text.append(id).append("\" (expecting \"").append(kind.prefix).append("...\")");
  return base::fault(*kind.malformed, std::move(text));
}

base::Fault missing_parameter(std::string_view name) {
  return {&faults::MissingParameter, "The request must contain the parameter " + std::string(name)};
}

base::Fault invalid_value(std::string_view value, std::string_view parameter, std::string_view why) {
  std::string text = "Value (";
  text.append(value).append(") for parameter ").append(parameter).append(" is invalid. ").append(why);
  return {&faults::InvalidParameterValue, std::move(text)};
}

base::Fault not_supported(std::string_view parameter) {
  return {&faults::UnsupportedOperation, "The parameter " + std::string(parameter) + " is not supported by renkei."};
}

base::Fault has_dependencies(std::string_view name, std::string_view id) {
  std::string text = "The ";
  text.append(name).append(" '").append(id).append("' has dependencies and cannot be deleted.");
  return {&faults::DependencyViolation, std::move(text)};
}

}  // namespace ec2
