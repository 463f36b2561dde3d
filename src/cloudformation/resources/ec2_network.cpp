#include "api/ec2/operations.h"
#include "base/fault.h"
#include "cloudformation/resources/common.h"
#include "cloudformation/resources/ec2.h"

namespace cloudformation {
namespace {

using base::Value;
namespace ec2 = api::ec2;

constexpr UpdateBehavior kReplace = UpdateBehavior::Replace;
constexpr UpdateBehavior kUnsupported = UpdateBehavior::Unsupported;
constexpr base::Duration kRecheck = std::chrono::seconds(5);

constexpr PropertySchema kTableProperties[] = {
    {.name = "VpcId", .update = kReplace, .required = true},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kTableAttributes[] = {"RouteTableId"};
constexpr TypeSchema kTable{.name = "AWS::EC2::RouteTable",
                            .properties = kTableProperties,
                            .attributes = kTableAttributes,
                            .system_tags = true};

Step update_tags(const Job& job) {
  CHECK(sync_ec2_tags(job, job.physical_id));
  return done(job.physical_id);
}

Step create_table(const Job& job) {
  Value input = object({{"VpcId", job.text("VpcId")}});
  set_tags(input, job, "route-table");
  TRY(const Value made, invoke(job, ec2::CreateRouteTable::operation(), input));
  const std::string id = text_at(made, "RouteTable.RouteTableId");
  return done(id, object({{"RouteTableId", id}}));
}

Step remove_table(const Job& job) {
  return remove_by_id(job, ec2::DeleteRouteTable::operation(), "RouteTableId");
}

constexpr PropertySchema kRouteProperties[] = {
    {.name = "RouteTableId", .update = kReplace, .required = true},
    {.name = "DestinationCidrBlock", .update = kReplace},
    {.name = "DestinationIpv6CidrBlock", .update = kReplace},
    {.name = "DestinationPrefixListId", .update = kUnsupported},
    {.name = "GatewayId"},
    {.name = "NatGatewayId"},
    {.name = "EgressOnlyInternetGatewayId", .update = kUnsupported},
    {.name = "InstanceId", .update = kUnsupported},
    {.name = "NetworkInterfaceId"},
    {.name = "TransitGatewayId", .update = kUnsupported},
    {.name = "VpcEndpointId", .update = kUnsupported},
    {.name = "VpcPeeringConnectionId", .update = kUnsupported},
    {.name = "CarrierGatewayId", .update = kUnsupported},
    {.name = "LocalGatewayId", .update = kUnsupported},
    {.name = "CoreNetworkArn", .update = kUnsupported},
};
constexpr std::string_view kRouteAttributes[] = {"CidrBlock"};
constexpr TypeSchema kRoute{.name = "AWS::EC2::Route", .properties = kRouteProperties, .attributes = kRouteAttributes};

std::string destination(const Job& job) {
  return job.text("DestinationCidrBlock") + job.text("DestinationIpv6CidrBlock");
}

Step create_route(const Job& job) {
  CHECK(invoke(job, ec2::CreateRoute::operation(), job.properties));
  return done(job.text("RouteTableId") + "|" + destination(job), object({{"CidrBlock", destination(job)}}));
}

Step update_route(const Job& job) {
  CHECK(invoke(job, ec2::ReplaceRoute::operation(), job.properties));
  return done(job.physical_id);
}

Step remove_route(const Job& job) {
  Value input{Value::Object{}};
  copy(input, job.properties, {"RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock"});
  CHECK(invoke_gone(job, ec2::DeleteRoute::operation(), input));
  return done(job.physical_id);
}

constexpr PropertySchema kAssociationProperties[] = {
    {.name = "SubnetId", .update = kReplace, .required = true},
    {.name = "RouteTableId", .required = true},
};
constexpr std::string_view kIdOnly[] = {"Id"};
constexpr TypeSchema kAssociation{
    .name = "AWS::EC2::SubnetRouteTableAssociation", .properties = kAssociationProperties, .attributes = kIdOnly};

Step create_association(const Job& job) {
  TRY(const Value made, invoke(job, ec2::AssociateRouteTable::operation(), job.properties));
  const std::string id = text_at(made, "AssociationId");
  return done(id, object({{"Id", id}}));
}

// The subnet has one association, so it can't be made anew beside the old one: it moves and gets a new id.
Step update_association(const Job& job) {
  TRY(const Value made,
      invoke(job, ec2::ReplaceRouteTableAssociation::operation(),
             object({{"AssociationId", job.physical_id}, {"RouteTableId", job.text("RouteTableId")}})));
  const std::string id = text_at(made, "NewAssociationId");
  return done(id, object({{"Id", id}}));
}

Step remove_association(const Job& job) {
  return remove_by_id(job, ec2::DisassociateRouteTable::operation(), "AssociationId");
}

constexpr PropertySchema kGatewayProperties[] = {{.name = "Tags", .kind = PropertyKind::TagList}};
constexpr std::string_view kGatewayAttributes[] = {"InternetGatewayId"};
constexpr TypeSchema kGateway{.name = "AWS::EC2::InternetGateway",
                              .properties = kGatewayProperties,
                              .attributes = kGatewayAttributes,
                              .system_tags = true};

Step create_gateway(const Job& job) {
  Value input{Value::Object{}};
  set_tags(input, job, "internet-gateway");
  TRY(const Value made, invoke(job, ec2::CreateInternetGateway::operation(), input));
  const std::string id = text_at(made, "InternetGateway.InternetGatewayId");
  return done(id, object({{"InternetGatewayId", id}}));
}

Step remove_gateway(const Job& job) {
  return remove_by_id(job, ec2::DeleteInternetGateway::operation(), "InternetGatewayId");
}

constexpr PropertySchema kAttachmentProperties[] = {
    {.name = "VpcId", .update = kReplace, .required = true},
    {.name = "InternetGatewayId", .update = kReplace, .required = true},
    {.name = "VpnGatewayId", .update = kUnsupported},
};
constexpr std::string_view kAttachmentAttributes[] = {"AttachmentType"};
constexpr TypeSchema kAttachment{
    .name = "AWS::EC2::VPCGatewayAttachment", .properties = kAttachmentProperties, .attributes = kAttachmentAttributes};

Step create_attachment(const Job& job) {
  CHECK(invoke(job, ec2::AttachInternetGateway::operation(), job.properties));
  return done("IGW|" + job.text("VpcId"), object({{"AttachmentType", "IGW"}}));
}

Step remove_attachment(const Job& job) {
  CHECK(invoke_gone(job, ec2::DetachInternetGateway::operation(), job.properties));
  return done(job.physical_id);
}

constexpr PropertySchema kNatProperties[] = {
    {.name = "SubnetId", .update = kReplace},
    {.name = "AllocationId", .update = kReplace},
    {.name = "ConnectivityType", .update = kReplace},
    {.name = "PrivateIpAddress", .update = kReplace},
    {.name = "SecondaryAllocationIds", .update = kUnsupported},
    {.name = "MaxDrainDurationSeconds", .update = kUnsupported},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "VpcId", .update = kUnsupported},
    {.name = "AvailabilityMode", .update = kUnsupported},
    {.name = "AvailabilityZoneAddresses", .update = kUnsupported},
};
constexpr std::string_view kNatAttributes[] = {"NatGatewayId", "EniId"};
constexpr TypeSchema kNat{
    .name = "AWS::EC2::NatGateway", .properties = kNatProperties, .attributes = kNatAttributes, .system_tags = true};

Step waiting(const Job& job, const std::string& id, Value attributes = {}) {
  Progress progress{.physical_id = id, .attributes = std::move(attributes), .finished = false};
  progress.look_again = job.ctx.now + kRecheck;
  return progress;
}

Step create_nat(const Job& job) {
  Value input{Value::Object{}};
  copy(input, job.properties, {"SubnetId", "AllocationId", "ConnectivityType", "PrivateIpAddress"});
  set_tags(input, job, "natgateway");
  TRY(const Value made, invoke(job, ec2::CreateNatGateway::operation(), input));
  const std::string id = text_at(made, "NatGateway.NatGatewayId");
  return waiting(
      job, id,
      object({{"NatGatewayId", id}, {"EniId", text_at(made, "NatGateway.NatGatewayAddresses.0.NetworkInterfaceId")}}));
}

Step remove_nat(const Job& job) {
  CHECK(invoke_gone(job, ec2::DeleteNatGateway::operation(), object({{"NatGatewayId", job.physical_id}})));
  return waiting(job, job.physical_id);
}

Step poll_nat(const Job& job, Work work) {
  TRY(const auto found, invoke_found(job, ec2::DescribeNatGateways::operation(),
                                     object({{"NatGatewayIds", Value::Array{job.physical_id}}})));
  const std::string state = found ? text_at(*found, "NatGateways.0.State") : "deleted";
  if (work == Work::Deleting)
    return state == "deleted" || state.empty() ? done(job.physical_id) : waiting(job, job.physical_id);
  if (state == "available") return done(job.physical_id);
  if (state == "pending") return waiting(job, job.physical_id);
  return std::unexpected(
      handler_failure(job, text_at(*found, "NatGateways.0.FailureMessage"), "GeneralServiceException"));
}

constexpr PropertySchema kEipProperties[] = {
    {.name = "Domain"},
    {.name = "InstanceId", .update = kUnsupported},
    {.name = "PublicIpv4Pool", .update = kUnsupported},
    {.name = "NetworkBorderGroup", .update = kReplace},
    {.name = "Address", .update = kUnsupported},
    {.name = "TransferAddress", .update = kUnsupported},
    {.name = "IpamPoolId", .update = kUnsupported},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kEipAttributes[] = {"AllocationId", "PublicIp"};
constexpr TypeSchema kEip{
    .name = "AWS::EC2::EIP", .properties = kEipProperties, .attributes = kEipAttributes, .system_tags = true};

Step create_eip(const Job& job) {
  Value input = object({{"Domain", "vpc"}});
  copy(input, job.properties, {"NetworkBorderGroup"});
  set_tags(input, job, "elastic-ip");
  TRY(const Value made, invoke(job, ec2::AllocateAddress::operation(), input));
  const std::string ip = text_at(made, "PublicIp");
  return done(ip, object({{"AllocationId", text_at(made, "AllocationId")}, {"PublicIp", ip}}));
}

std::string allocation_of(const Job& job) {
  // Ref is the address; everything else goes by the allocation.
  Value input = object({{"PublicIps", Value::Array{job.physical_id}}});
  const auto found = invoke_found(job, ec2::DescribeAddresses::operation(), input);
  return found && *found ? text_at(**found, "Addresses.0.AllocationId") : "";
}

Step update_eip(const Job& job) {
  CHECK(sync_ec2_tags(job, text_at(job.before->attributes, "AllocationId")));
  return done(job.physical_id);
}

Step remove_eip(const Job& job) {
  const std::string allocation = allocation_of(job);
  if (!allocation.empty()) {
    CHECK(invoke_gone(job, ec2::ReleaseAddress::operation(), object({{"AllocationId", allocation}})));
  }
  return done(job.physical_id);
}

constexpr PropertySchema kEndpointProperties[] = {
    {.name = "VpcId", .update = kReplace, .required = true},
    {.name = "ServiceName", .update = kReplace},
    {.name = "VpcEndpointType", .update = kReplace},
    {.name = "SubnetIds", .kind = PropertyKind::TextList, .unordered = true},
    {.name = "SecurityGroupIds", .kind = PropertyKind::TextList, .unordered = true},
    {.name = "RouteTableIds", .kind = PropertyKind::TextList, .unordered = true},
    {.name = "PolicyDocument", .kind = PropertyKind::Json},
    {.name = "PrivateDnsEnabled", .kind = PropertyKind::Boolean},
    {.name = "DnsOptions", .update = kUnsupported},
    {.name = "IpAddressType", .update = kUnsupported},
    {.name = "ServiceRegion", .update = kUnsupported},
    {.name = "ResourceConfigurationArn", .update = kUnsupported},
    {.name = "ServiceNetworkArn", .update = kUnsupported},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kEndpointAttributes[] = {"Id", "CreationTimestamp", "DnsEntries", "NetworkInterfaceIds"};
constexpr TypeSchema kEndpoint{.name = "AWS::EC2::VPCEndpoint",
                               .properties = kEndpointProperties,
                               .attributes = kEndpointAttributes,
                               .system_tags = true};

Value endpoint_attributes(const Value& endpoint, const std::string& id) {
  Value::Array entries;
  if (const Value* list = endpoint.find("DnsEntries")) {
    for (const Value& entry : list->as_array()) {
      entries.emplace_back(text_at(entry, "HostedZoneId") + ":" + text_at(entry, "DnsName"));
    }
  }
  const Value* interfaces = endpoint.find("NetworkInterfaceIds");
  return object({{"Id", id},
                 {"CreationTimestamp", text_at(endpoint, "CreationTimestamp")},
                 {"DnsEntries", entries},
                 {"NetworkInterfaceIds", interfaces == nullptr ? Value(Value::Array{}) : *interfaces}});
}

Step create_endpoint(const Job& job) {
  Value input{Value::Object{}};
  copy(input, job.properties,
       {"VpcId", "ServiceName", "VpcEndpointType", "SubnetIds", "SecurityGroupIds", "RouteTableIds",
        "PrivateDnsEnabled"});
  if (const Value* policy = job.property("PolicyDocument")) input.set("PolicyDocument", document(*policy));
  // Templates default to false where the API's default is true.
  if (job.text("VpcEndpointType") == "Interface" && job.property("PrivateDnsEnabled") == nullptr) {
    input.set("PrivateDnsEnabled", false);
  }
  set_tags(input, job, "vpc-endpoint");
  TRY(const Value made, invoke(job, ec2::CreateVpcEndpoint::operation(), input));
  const std::string id = text_at(made, "VpcEndpoint.VpcEndpointId");
  return waiting(job, id, endpoint_attributes(*at(made, "VpcEndpoint"), id));
}

Step update_endpoint(const Job& job) {
  Value input = object({{"VpcEndpointId", job.physical_id}});
  struct Change {
    const char *property, *add, *remove;
  };
  for (const Change change : {Change{"SubnetIds", "AddSubnetIds", "RemoveSubnetIds"},
                              Change{"SecurityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"},
                              Change{"RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"}}) {
    const Value* before = job.before->properties.find(change.property);
    const Value* after = job.property(change.property);
    if (auto added = missing_from(after, before); !added.empty()) input.set(change.add, std::move(added));
    if (auto removed = missing_from(before, after); !removed.empty()) input.set(change.remove, std::move(removed));
  }
  copy(input, job.properties, {"PrivateDnsEnabled"});
  if (const Value* policy = job.property("PolicyDocument")) {
    input.set("PolicyDocument", document(*policy));
  } else if (job.before->properties.find("PolicyDocument") != nullptr) {
    input.set("ResetPolicy", true);  // it was taken out of the template
  }
  if (input.as_object().size() > 1) CHECK(invoke(job, ec2::ModifyVpcEndpoint::operation(), input));
  CHECK(sync_ec2_tags(job, job.physical_id));
  return waiting(job, job.physical_id);
}

Step remove_endpoint(const Job& job) {
  CHECK(invoke_gone(job, ec2::DeleteVpcEndpoints::operation(),
                    object({{"VpcEndpointIds", Value::Array{job.physical_id}}})));
  return waiting(job, job.physical_id);
}

Step poll_endpoint(const Job& job, Work work) {
  TRY(const auto found, invoke_found(job, ec2::DescribeVpcEndpoints::operation(),
                                     object({{"VpcEndpointIds", Value::Array{job.physical_id}}})));
  const Value* endpoint = found ? at(*found, "VpcEndpoints.0") : nullptr;
  const std::string state = endpoint == nullptr ? "deleted" : text_at(*endpoint, "State");
  if (work == Work::Deleting) return state == "deleted" ? done(job.physical_id) : waiting(job, job.physical_id);
  if (state == "available" || state == "Available") {
    return done(job.physical_id, endpoint_attributes(*endpoint, job.physical_id));
  }
  if (state == "pending" || state == "Pending") return waiting(job, job.physical_id);
  return std::unexpected(handler_failure(job, "The endpoint is in state " + state + ".", "NotStabilized"));
}

}  // namespace

void add_ec2_network(ProviderSet& providers) {
  add(providers, {&kTable, create_table, update_tags, remove_table});
  add(providers, {&kRoute, create_route, update_route, remove_route});
  add(providers, {&kAssociation, create_association, update_association, remove_association});
  add(providers, {&kGateway, create_gateway, update_tags, remove_gateway});
  add(providers, {&kAttachment, create_attachment, nullptr, remove_attachment});
  add(providers, {&kNat, create_nat, update_tags, remove_nat, poll_nat});
  add(providers, {&kEip, create_eip, update_eip, remove_eip});
  add(providers, {&kEndpoint, create_endpoint, update_endpoint, remove_endpoint, poll_endpoint});
}

}  // namespace cloudformation
