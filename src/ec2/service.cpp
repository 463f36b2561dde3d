#include "ec2/service.h"

#include <algorithm>
#include <utility>

#include "ec2/interface.h"
#include "ec2/lifecycle.h"
#include "ec2/operations.h"
#include "ec2/public_address.h"

namespace ec2 {
namespace {

template <class Op>
using Operation = Answer<Op> (*)(State&, const typename Op::Input&, Context&);

class Ec2 final : public Ec2Service {
 public:
  explicit Ec2(NetworkObserver* observer) : observer_(observer) {}

  void register_operations(service::Registry& registry) override;
  std::vector<service::TableBase*> tables() override { return state_.tables(); }
  base::TimePoint deadline() const override {
    return state_.changed_networks.empty() ? next_change(state_) : base::TimePoint::min();
  }
  void tick(service::Context& ctx) override {
    make_due_changes(state_, ctx);
    settle(ctx);
  }

  const State& state() const override { return state_; }
  void settle(service::Context& ctx) override;
  base::Outcome<InterfaceRow> create_task_interface(const TaskInterface& wanted, service::Context& ctx) override;
  void delete_task_interface(const std::string& id, service::Context& ctx) override;

 private:
  // A dry run does everything, says that it would have worked, and so undoes it.
  template <class Op>
  void serve(service::Registry& registry, Operation<Op> operation) {
    registry.on<Op>([this, operation](const typename Op::Input& input, Context& ctx) -> Answer<Op> {
      Answer<Op> answer = operation(state_, input, ctx);
      if constexpr (requires { input.dry_run; }) {
        if (answer && input.dry_run.value_or(false)) {
          return base::fault(api::ec2::faults::DryRunOperation,
                             "Request would have succeeded, but DryRun flag is set.");
        }
      }
      return answer;
    });
  }

  NetworkObserver* observer_;
  State state_;
};

void Ec2::settle(service::Context& ctx) {
  const std::set<std::string> changed = std::exchange(state_.changed_networks, {});
  if (observer_ != nullptr && !changed.empty()) observer_->on_networks_changed(state_, changed, ctx);
}

base::Outcome<InterfaceRow> Ec2::create_task_interface(const TaskInterface& wanted, service::Context& ctx) {
  TRY(const SubnetRow* subnet, find_or_fault(state_.subnets, kSubnet, wanted.subnet, ctx));
  std::vector<std::string> groups = wanted.groups;
  for (const std::string& id : groups) {
    TRY(const SecurityGroupRow* group, find_or_fault(state_.security_groups, kSecurityGroup, id, ctx));
    if (group->vpc_id == subnet->vpc_id) continue;
    return base::fault(api::ec2::faults::InvalidParameterValue,
                       "Security group " + id + " and subnet " + subnet->id + " belong to different networks.");
  }
  if (groups.empty()) groups.push_back(state_.vpcs.find(key_of(ctx, subnet->vpc_id))->default_group_id);
  std::string public_ip;
  if (wanted.public_address) {
    TRY(public_ip, new_public_ip(state_, ctx));
  }
  return create_interface(
      state_, {*subnet, "task", wanted.attachment, wanted.attachment, std::move(groups), "", std::move(public_ip)},
      ctx);
}

void Ec2::delete_task_interface(const std::string& id, service::Context& ctx) {
  if (state_.interfaces.find(key_of(ctx, id)) != nullptr) delete_interface(state_, id, ctx);
}

void Ec2::register_operations(service::Registry& registry) {
  serve<api::ec2::AllocateAddress>(registry, allocate_address);
  serve<api::ec2::AssociateRouteTable>(registry, associate_route_table);
  serve<api::ec2::AttachInternetGateway>(registry, attach_internet_gateway);
  serve<api::ec2::AuthorizeSecurityGroupEgress>(registry, authorize_security_group_egress);
  serve<api::ec2::AuthorizeSecurityGroupIngress>(registry, authorize_security_group_ingress);
  serve<api::ec2::CreateInternetGateway>(registry, create_internet_gateway);
  serve<api::ec2::CreateNatGateway>(registry, create_nat_gateway);
  serve<api::ec2::CreateRoute>(registry, create_route);
  serve<api::ec2::CreateRouteTable>(registry, create_route_table);
  serve<api::ec2::CreateSecurityGroup>(registry, create_security_group);
  serve<api::ec2::CreateSubnet>(registry, create_subnet);
  serve<api::ec2::CreateTags>(registry, create_tags);
  serve<api::ec2::CreateVpc>(registry, create_vpc);
  serve<api::ec2::CreateVpcEndpoint>(registry, create_vpc_endpoint);
  serve<api::ec2::DeleteInternetGateway>(registry, delete_internet_gateway);
  serve<api::ec2::DeleteNatGateway>(registry, delete_nat_gateway);
  serve<api::ec2::DeleteRoute>(registry, delete_route);
  serve<api::ec2::DeleteRouteTable>(registry, delete_route_table);
  serve<api::ec2::DeleteSecurityGroup>(registry, delete_security_group);
  serve<api::ec2::DeleteSubnet>(registry, delete_subnet);
  serve<api::ec2::DeleteTags>(registry, delete_tags);
  serve<api::ec2::DeleteVpc>(registry, delete_vpc);
  serve<api::ec2::DeleteVpcEndpoints>(registry, delete_vpc_endpoints);
  serve<api::ec2::DescribeAddresses>(registry, describe_addresses);
  serve<api::ec2::DescribeAvailabilityZones>(registry, describe_availability_zones);
  serve<api::ec2::DescribeInternetGateways>(registry, describe_internet_gateways);
  serve<api::ec2::DescribeNatGateways>(registry, describe_nat_gateways);
  serve<api::ec2::DescribeNetworkAcls>(registry, describe_network_acls);
  serve<api::ec2::DescribeNetworkInterfaces>(registry, describe_network_interfaces);
  serve<api::ec2::DescribeRegions>(registry, describe_regions);
  serve<api::ec2::DescribeRouteTables>(registry, describe_route_tables);
  serve<api::ec2::DescribeSecurityGroupRules>(registry, describe_security_group_rules);
  serve<api::ec2::DescribeSecurityGroups>(registry, describe_security_groups);
  serve<api::ec2::DescribeSubnets>(registry, describe_subnets);
  serve<api::ec2::DescribeTags>(registry, describe_tags);
  serve<api::ec2::DescribeVpcAttribute>(registry, describe_vpc_attribute);
  serve<api::ec2::DescribeVpcEndpointServices>(registry, describe_vpc_endpoint_services);
  serve<api::ec2::DescribeVpcEndpoints>(registry, describe_vpc_endpoints);
  serve<api::ec2::DescribeVpcs>(registry, describe_vpcs);
  serve<api::ec2::DetachInternetGateway>(registry, detach_internet_gateway);
  serve<api::ec2::DisassociateRouteTable>(registry, disassociate_route_table);
  serve<api::ec2::ModifySubnetAttribute>(registry, modify_subnet_attribute);
  serve<api::ec2::ModifyVpcAttribute>(registry, modify_vpc_attribute);
  serve<api::ec2::ModifyVpcEndpoint>(registry, modify_vpc_endpoint);
  serve<api::ec2::ReleaseAddress>(registry, release_address);
  serve<api::ec2::ReplaceRoute>(registry, replace_route);
  serve<api::ec2::ReplaceRouteTableAssociation>(registry, replace_route_table_association);
  serve<api::ec2::RevokeSecurityGroupEgress>(registry, revoke_security_group_egress);
  serve<api::ec2::RevokeSecurityGroupIngress>(registry, revoke_security_group_ingress);
  serve<api::ec2::UpdateSecurityGroupRuleDescriptionsEgress>(registry, update_security_group_rule_descriptions_egress);
  serve<api::ec2::UpdateSecurityGroupRuleDescriptionsIngress>(registry,
                                                              update_security_group_rule_descriptions_ingress);
}

}  // namespace

std::unique_ptr<Ec2Service> make_service(NetworkObserver* observer) {
  return std::make_unique<Ec2>(observer);
}

}  // namespace ec2
