#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

aws::InternetGateway shown(const State& state, const InternetGatewayRow& row, const Context& ctx) {
  aws::InternetGateway gateway;
  gateway.internet_gateway_id = row.id;
  gateway.owner_id = ctx.call.account;
  gateway.attachments.emplace();
  if (!row.vpc_id.empty()) gateway.attachments->push_back({"available", row.vpc_id});
  gateway.tags = shown_tags(state, row.id, ctx);
  return gateway;
}

constexpr FilterField<aws::InternetGateway> kFilters[] = {
    {"attachment.state",
     [](const aws::InternetGateway& gateway) {
       return gateway.attachments->empty() ? Values{} : one(gateway.attachments->front().state);
     }},
    {"attachment.vpc-id",
     [](const aws::InternetGateway& gateway) {
       return gateway.attachments->empty() ? Values{} : one(gateway.attachments->front().vpc_id);
     }},
    {"internet-gateway-id", [](const aws::InternetGateway& gateway) { return one(gateway.internet_gateway_id); }},
    {"owner-id", [](const aws::InternetGateway& gateway) { return one(gateway.owner_id); }},
};

// Public addresses of the VPC would be cut off.
bool has_public_addresses(const State& state, std::string_view vpc_id, const Context& ctx) {
  for (const auto& [key, gateway] : own_rows(state.nat_gateways, ctx)) {
    const bool alive = gateway.state == "pending" || gateway.state == "available" || gateway.state == "deleting";
    if (gateway.vpc_id == vpc_id && alive && !gateway.public_ip.empty()) return true;
  }
  return false;
}

}  // namespace

Answer<aws::CreateInternetGateway> create_internet_gateway(State& state, const aws::CreateInternetGatewayRequest& input,
                                                           Context& ctx) {
  TRY(TagMap tags, tags_to_create(input.tag_specifications, kInternetGateway, ctx));
  const InternetGatewayRow row{new_id(kInternetGateway, ctx.random), ""};
  put_tags(state, kInternetGateway, row.id, std::move(tags), ctx);
  state.internet_gateways.put(ctx.change, key_of(ctx, row.id), row);
  return aws::CreateInternetGatewayResult{shown(state, row, ctx)};
}

Answer<aws::DeleteInternetGateway> delete_internet_gateway(State& state, const aws::DeleteInternetGatewayRequest& input,
                                                           Context& ctx) {
  TRY(const InternetGatewayRow* row,
      find_or_fault(state.internet_gateways, kInternetGateway, input.internet_gateway_id, ctx));
  if (!row->vpc_id.empty()) return refuse(has_dependencies("internetGateway", row->id));
  state.internet_gateways.erase(ctx.change, key_of(ctx, input.internet_gateway_id));
  drop_tags(state, input.internet_gateway_id, ctx);
  return aws::DeleteInternetGatewayOutput{};
}

Answer<aws::DescribeInternetGateways> describe_internet_gateways(State& state,
                                                                 const aws::DescribeInternetGatewaysRequest& input,
                                                                 Context& ctx) {
  const Selection selection{input.internet_gateway_ids, "internetGatewayIds", input.filters, input.max_results,
                            input.next_token};
  TRY(auto page, describe<aws::InternetGateway>(state.internet_gateways, kInternetGateway, selection, kFilters, state,
                                                ctx, shown));
  return aws::DescribeInternetGatewaysResult{std::move(page.items), std::move(page.next_token)};
}

Answer<aws::AttachInternetGateway> attach_internet_gateway(State& state, const aws::AttachInternetGatewayRequest& input,
                                                           Context& ctx) {
  TRY(const InternetGatewayRow* row,
      find_or_fault(state.internet_gateways, kInternetGateway, input.internet_gateway_id, ctx));
  TRY(const VpcRow* vpc, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  if (!row->vpc_id.empty()) {
    return base::fault(faults::ResourceAlreadyAssociated,
                       "resource " + row->id + " is already attached to network " + row->vpc_id);
  }
  for (const auto& [key, other] : own_rows(state.internet_gateways, ctx)) {
    if (other.vpc_id == vpc->id) {
      return base::fault(faults::InvalidParameterValue,
                         "Network " + vpc->id + " already has an internet gateway attached");
    }
  }
  state.internet_gateways.modify(ctx.change, key_of(ctx, input.internet_gateway_id),
                                 [&](InternetGatewayRow& changed) { changed.vpc_id = input.vpc_id; });
  return aws::AttachInternetGatewayOutput{};
}

Answer<aws::DetachInternetGateway> detach_internet_gateway(State& state, const aws::DetachInternetGatewayRequest& input,
                                                           Context& ctx) {
  TRY(const InternetGatewayRow* row,
      find_or_fault(state.internet_gateways, kInternetGateway, input.internet_gateway_id, ctx));
  TRY(const VpcRow* vpc, find_or_fault(state.vpcs, kVpc, input.vpc_id, ctx));
  if (row->vpc_id != vpc->id) {
    return base::fault(faults::GatewayNotAttached, "resource " + row->id + " is not attached to network " + vpc->id);
  }
  if (has_public_addresses(state, vpc->id, ctx)) {
    return base::fault(faults::DependencyViolation,
                       "Network " + vpc->id +
                           " has some mapped public address(es). Please unmap those public "
                           "address(es) before detaching the gateway.");
  }
  state.internet_gateways.modify(ctx.change, key_of(ctx, input.internet_gateway_id),
                                 [](InternetGatewayRow& changed) { changed.vpc_id.clear(); });
  return aws::DetachInternetGatewayOutput{};
}

}  // namespace ec2
