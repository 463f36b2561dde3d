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

// An image may be in another region than the task, and so may its log: "eu-west-1" of "logs.eu-west-1.amazonaws.com".
std::string region_of(const std::string& host, const std::string& own) {
  const std::size_t end = host.rfind(".amazonaws.com");
  if (end == std::string::npos || end == 0) return own;
  const std::size_t dot = host.rfind('.', end - 1);
  return dot == std::string::npos ? own : host.substr(dot + 1, end - dot - 1);
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
  if (interface.id.empty()) return permission(interface, errand, "", ctx);
  ec2_.settle(ctx);
  const runtime::Network* network = plan_.find(ec2::key_of(ctx, interface.vpc));
  if (network == nullptr) return {Answer::Unreachable, "dial tcp: lookup " + errand.host + ": i/o timeout"};
  const Reach way = reach(*network, interface.id, errand.host, kHttps);
  if (!way.arrives()) return {Answer::Unreachable, dial_failure(errand.host, way)};
  const ec2::EndpointRow* endpoint = nullptr;
  if (way.way == Reach::Way::Endpoint) endpoint = access_.endpoints().of_interface(way.through);
  if (way.way == Reach::Way::GatewayEndpoint) {
    endpoint = access_.endpoints().of_gateway(interface.vpc, interface.address);
  }
  return permission(interface, errand, endpoint == nullptr ? "" : endpoint->id, ctx);
}

// Without a role it is for the endpoint's policy alone to refuse.
ecs::Access TaskNetwork::permission(const ecs::TaskInterface& interface, const ecs::Errand& errand,
                                    const std::string& endpoint, service::Context& ctx) const {
  if (errand.operation == nullptr || (errand.role_arn.empty() && endpoint.empty())) return {};
  service::Call call = ctx.call;
  call.access_key_id.clear();
  call.source_address = interface.address;
  call.region = region_of(errand.host, call.region);
  const std::string account = "arn:aws:sts::" + call.account;
  call.principal_arn =
      errand.role_arn.empty()
          ? "arn:aws:iam::" + call.account + ":root"
          : account + ":assumed-role/" + errand.role_arn.substr(errand.role_arn.rfind('/') + 1) + "/" + errand.task_id;
  service::Context there = ctx.as(call);
  const auto refusal = access_.refusal({*errand.operation, errand.input, call, interface.vpc, endpoint}, there);
  return refusal ? ecs::Access{ecs::Access::Answer::Denied, refusal->message} : ecs::Access{};
}

void TaskNetwork::resume(service::Context& ctx) {
  ec2_.settle(ctx);
  plan_.repeat(ctx);
}

}  // namespace cloud
