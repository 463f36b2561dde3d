#pragma once

// Every operation of the service: a function from its input to its output or a fault. What an operation wrote is undone
// if it ends in a fault.

#include "api/ec2/operations.h"
#include "ec2/state.h"

namespace ec2 {

template <class Op>
using Answer = base::Outcome<typename Op::Output>;
using service::Context;

Answer<api::ec2::CreateVpc> create_vpc(State&, const api::ec2::CreateVpc::Input&, Context&);
Answer<api::ec2::DeleteVpc> delete_vpc(State&, const api::ec2::DeleteVpc::Input&, Context&);
Answer<api::ec2::DescribeVpcAttribute> describe_vpc_attribute(State&, const api::ec2::DescribeVpcAttribute::Input&,
                                                              Context&);
Answer<api::ec2::DescribeVpcs> describe_vpcs(State&, const api::ec2::DescribeVpcs::Input&, Context&);
Answer<api::ec2::ModifyVpcAttribute> modify_vpc_attribute(State&, const api::ec2::ModifyVpcAttribute::Input&, Context&);

Answer<api::ec2::CreateSubnet> create_subnet(State&, const api::ec2::CreateSubnet::Input&, Context&);
Answer<api::ec2::DeleteSubnet> delete_subnet(State&, const api::ec2::DeleteSubnet::Input&, Context&);
Answer<api::ec2::DescribeSubnets> describe_subnets(State&, const api::ec2::DescribeSubnets::Input&, Context&);
Answer<api::ec2::ModifySubnetAttribute> modify_subnet_attribute(State&, const api::ec2::ModifySubnetAttribute::Input&,
                                                                Context&);

Answer<api::ec2::AssociateRouteTable> associate_route_table(State&, const api::ec2::AssociateRouteTable::Input&,
                                                            Context&);
Answer<api::ec2::CreateRouteTable> create_route_table(State&, const api::ec2::CreateRouteTable::Input&, Context&);
Answer<api::ec2::DeleteRouteTable> delete_route_table(State&, const api::ec2::DeleteRouteTable::Input&, Context&);
Answer<api::ec2::DescribeRouteTables> describe_route_tables(State&, const api::ec2::DescribeRouteTables::Input&,
                                                            Context&);
Answer<api::ec2::DisassociateRouteTable> disassociate_route_table(State&,
                                                                  const api::ec2::DisassociateRouteTable::Input&,
                                                                  Context&);
Answer<api::ec2::ReplaceRouteTableAssociation> replace_route_table_association(
    State&, const api::ec2::ReplaceRouteTableAssociation::Input&, Context&);

Answer<api::ec2::CreateRoute> create_route(State&, const api::ec2::CreateRoute::Input&, Context&);
Answer<api::ec2::DeleteRoute> delete_route(State&, const api::ec2::DeleteRoute::Input&, Context&);
Answer<api::ec2::ReplaceRoute> replace_route(State&, const api::ec2::ReplaceRoute::Input&, Context&);

Answer<api::ec2::AttachInternetGateway> attach_internet_gateway(State&, const api::ec2::AttachInternetGateway::Input&,
                                                                Context&);
Answer<api::ec2::CreateInternetGateway> create_internet_gateway(State&, const api::ec2::CreateInternetGateway::Input&,
                                                                Context&);
Answer<api::ec2::DeleteInternetGateway> delete_internet_gateway(State&, const api::ec2::DeleteInternetGateway::Input&,
                                                                Context&);
Answer<api::ec2::DescribeInternetGateways> describe_internet_gateways(State&,
                                                                      const api::ec2::DescribeInternetGateways::Input&,
                                                                      Context&);
Answer<api::ec2::DetachInternetGateway> detach_internet_gateway(State&, const api::ec2::DetachInternetGateway::Input&,
                                                                Context&);

Answer<api::ec2::CreateSecurityGroup> create_security_group(State&, const api::ec2::CreateSecurityGroup::Input&,
                                                            Context&);
Answer<api::ec2::DeleteSecurityGroup> delete_security_group(State&, const api::ec2::DeleteSecurityGroup::Input&,
                                                            Context&);
Answer<api::ec2::DescribeSecurityGroups> describe_security_groups(State&,
                                                                  const api::ec2::DescribeSecurityGroups::Input&,
                                                                  Context&);

Answer<api::ec2::AuthorizeSecurityGroupEgress> authorize_security_group_egress(
    State&, const api::ec2::AuthorizeSecurityGroupEgress::Input&, Context&);
Answer<api::ec2::AuthorizeSecurityGroupIngress> authorize_security_group_ingress(
    State&, const api::ec2::AuthorizeSecurityGroupIngress::Input&, Context&);
Answer<api::ec2::DescribeSecurityGroupRules> describe_security_group_rules(
    State&, const api::ec2::DescribeSecurityGroupRules::Input&, Context&);
Answer<api::ec2::RevokeSecurityGroupEgress> revoke_security_group_egress(
    State&, const api::ec2::RevokeSecurityGroupEgress::Input&, Context&);
Answer<api::ec2::RevokeSecurityGroupIngress> revoke_security_group_ingress(
    State&, const api::ec2::RevokeSecurityGroupIngress::Input&, Context&);
Answer<api::ec2::UpdateSecurityGroupRuleDescriptionsEgress> update_security_group_rule_descriptions_egress(
    State&, const api::ec2::UpdateSecurityGroupRuleDescriptionsEgress::Input&, Context&);
Answer<api::ec2::UpdateSecurityGroupRuleDescriptionsIngress> update_security_group_rule_descriptions_ingress(
    State&, const api::ec2::UpdateSecurityGroupRuleDescriptionsIngress::Input&, Context&);

Answer<api::ec2::CreateVpcEndpoint> create_vpc_endpoint(State&, const api::ec2::CreateVpcEndpoint::Input&, Context&);
Answer<api::ec2::DeleteVpcEndpoints> delete_vpc_endpoints(State&, const api::ec2::DeleteVpcEndpoints::Input&, Context&);
Answer<api::ec2::DescribeVpcEndpointServices> describe_vpc_endpoint_services(
    State&, const api::ec2::DescribeVpcEndpointServices::Input&, Context&);
Answer<api::ec2::DescribeVpcEndpoints> describe_vpc_endpoints(State&, const api::ec2::DescribeVpcEndpoints::Input&,
                                                              Context&);
Answer<api::ec2::ModifyVpcEndpoint> modify_vpc_endpoint(State&, const api::ec2::ModifyVpcEndpoint::Input&, Context&);

Answer<api::ec2::CreateNatGateway> create_nat_gateway(State&, const api::ec2::CreateNatGateway::Input&, Context&);
Answer<api::ec2::DeleteNatGateway> delete_nat_gateway(State&, const api::ec2::DeleteNatGateway::Input&, Context&);
Answer<api::ec2::DescribeNatGateways> describe_nat_gateways(State&, const api::ec2::DescribeNatGateways::Input&,
                                                            Context&);

Answer<api::ec2::AllocateAddress> allocate_address(State&, const api::ec2::AllocateAddress::Input&, Context&);
Answer<api::ec2::DescribeAddresses> describe_addresses(State&, const api::ec2::DescribeAddresses::Input&, Context&);
Answer<api::ec2::ReleaseAddress> release_address(State&, const api::ec2::ReleaseAddress::Input&, Context&);

Answer<api::ec2::DescribeAvailabilityZones> describe_availability_zones(
    State&, const api::ec2::DescribeAvailabilityZones::Input&, Context&);
Answer<api::ec2::DescribeRegions> describe_regions(State&, const api::ec2::DescribeRegions::Input&, Context&);

Answer<api::ec2::DescribeNetworkAcls> describe_network_acls(State&, const api::ec2::DescribeNetworkAcls::Input&,
                                                            Context&);

Answer<api::ec2::DescribeNetworkInterfaces> describe_network_interfaces(
    State&, const api::ec2::DescribeNetworkInterfaces::Input&, Context&);

Answer<api::ec2::CreateTags> create_tags(State&, const api::ec2::CreateTags::Input&, Context&);
Answer<api::ec2::DeleteTags> delete_tags(State&, const api::ec2::DeleteTags::Input&, Context&);
Answer<api::ec2::DescribeTags> describe_tags(State&, const api::ec2::DescribeTags::Input&, Context&);

}  // namespace ec2
