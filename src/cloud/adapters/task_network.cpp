#include "cloud/adapters/task_network.h"

#include "base/ensure.h"
#include "cloud/adapters/network_reach.h"
#include "ec2/public_address.h"
#include "ec2/state.h"

namespace cloud {
namespace {

constexpr int kHttps = 443;

// As Go's dialer words it, which Fargate's agent uses.
std::string dial_failure(const std::string& host, const Reach& way) {
  if (way.way == Reach::Way::Unresolved) return "dial tcp: lookup " + host + ": i/o timeout";
  return "dial tcp " + (way.address.empty() ? host : way.address) + ":443: i/o timeout";
}

}  // namespace

std::string TaskNetwork::zone_of(const std::string& subnet, service::Context& ctx) const {
  const ec2::SubnetRow* row = ec2_.state().subnets.find(ec2::key_of(ctx, subnet));
  return row == nullptr ? ctx.call.region + "a" : row->zone;
}

std::expected<ecs::TaskInterface, std::string> TaskNetwork::create(const ecs::NewTaskInterface& wanted,
                                                                   service::Context& ctx) {
  const auto made =
      ec2_.create_task_interface({wanted.subnet, wanted.groups, wanted.public_address, wanted.attachment_arn}, ctx);
  if (!made) return std::unexpected(std::string(made.error().shape->query_code));
  ec2_.settle(ctx);  // the sandbox is asked for in this very turn, after the network that it needs
  const ec2::VpcRow* vpc = ec2_.state().vpcs.find(ec2::key_of(ctx, made->vpc_id));
  ENSURE(vpc != nullptr);
  ecs::TaskInterface interface;
  interface.vpc = made->vpc_id;
  interface.id = made->id;
  interface.address = made->address;
  interface.mac = made->mac;
  interface.dns_name = ec2::internal_dns_name(made->address, ctx.call.region);
  interface.named = vpc->dns_support && vpc->dns_hostnames;
  return interface;
}

ecs::Access TaskNetwork::ask(const ecs::TaskInterface& interface, const ecs::Errand& errand,
                             service::Context& ctx) const {
  using Answer = ecs::Access::Answer;
  if (interface.id.empty()) return {};
  ec2_.settle(ctx);
  const runtime::Network* network = plan_.find(ec2::key_of(ctx, interface.vpc));
  if (network == nullptr) return {Answer::Unreachable, "dial tcp: lookup " + errand.host + ": i/o timeout"};
  const Reach way = reach(*network, interface.id, errand.host, kHttps);
  if (!way.arrives()) return {Answer::Unreachable, dial_failure(errand.host, way)};
  return {};
}

void TaskNetwork::resume(service::Context& ctx) {
  ec2_.settle(ctx);
  plan_.repeat(ctx);
}

}  // namespace cloud
