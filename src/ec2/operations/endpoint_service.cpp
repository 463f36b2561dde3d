#include "ec2/endpoint_service.h"

#include <algorithm>

#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/zones.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

aws::ServiceDetail shown(const EndpointService& service, const std::string& region, bool interface) {
  aws::ServiceDetail detail;
  detail.service_name = service_name(region, service);
  // One service offers both types as two services of one name.
  detail.service_id = "vpce-svc-" + prefix_list_id(*detail.service_name + (interface ? "" : "/gateway")).substr(3);
  detail.service_type = std::vector{aws::ServiceTypeDetail{interface ? "Interface" : "Gateway"}};
  detail.service_region = region;
  detail.owner = "amazon";
  detail.acceptance_required = false;
  detail.manages_vpc_endpoints = false;
  detail.vpc_endpoint_policy_supported = true;
  detail.supported_ip_address_types = std::vector<std::string>{"ipv4"};
  detail.tags.emplace();
  detail.availability_zones.emplace();
  detail.availability_zone_ids.emplace();
  for (const Zone& zone : zones(region)) {
    detail.availability_zones->push_back(zone.name);
    detail.availability_zone_ids->push_back(zone.id);
  }
  const std::string part = std::string(service.part);
  detail.base_endpoint_dns_names = std::vector<std::string>{interface ? part + "." + region + ".vpce.amazonaws.com"
                                                                      : part + "." + region + ".amazonaws.com"};
  if (interface && !service.private_name.empty()) {
    detail.private_dns_name = private_dns_name(region, service);
    detail.private_dns_names = std::vector{aws::PrivateDnsDetails{*detail.private_dns_name}};
    detail.private_dns_name_verification_state = "verified";
  }
  return detail;
}

constexpr FilterField<aws::ServiceDetail> kFilters[] = {
    {"owner", [](const aws::ServiceDetail& service) { return one(service.owner); }},
    {"service-name", [](const aws::ServiceDetail& service) { return one(service.service_name); }},
    {"service-region", [](const aws::ServiceDetail& service) { return one(service.service_region); }},
    {"service-type", [](const aws::ServiceDetail& service) { return one(service.service_type->front().service_type); }},
    {"supported-ip-address-types", [](const aws::ServiceDetail&) { return Values{"ipv4"}; }},
};

base::Outcome<void> check_names(const std::optional<std::vector<std::string>>& names, const Context& ctx) {
  if (!names) return {};
  for (const std::string& name : *names) {
    if (find_endpoint_service(ctx.call.region, name) == nullptr) {
      return base::fault(faults::InvalidServiceName, "The Vpc Endpoint Service '" + name + "' does not exist");
    }
  }
  return {};
}

}  // namespace

// All in one page: there are few.
Answer<aws::DescribeVpcEndpointServices> describe_vpc_endpoint_services(
    State&, const aws::DescribeVpcEndpointServicesRequest& input, Context& ctx) {
  if (input.next_token)
    return base::fault(faults::InvalidPaginationToken, "The token '" + *input.next_token + "' is invalid");
  CHECK(check_names(input.service_names, ctx));
  aws::DescribeVpcEndpointServicesResult output;
  output.service_details.emplace();
  output.service_names.emplace();
  const bool named = input.service_names && !input.service_names->empty();
  for (const EndpointService& service : endpoint_services()) {
    const std::string name = service_name(ctx.call.region, service);
    if (named && std::ranges::find(*input.service_names, name) == input.service_names->end()) continue;
    for (const bool interface : {false, true}) {
      if (!(interface ? service.interface : service.gateway)) continue;
      aws::ServiceDetail detail = shown(service, ctx.call.region, interface);
      TRY(const bool wanted, passes<aws::ServiceDetail>(input.filters, kFilters, detail));
      if (!wanted) continue;
      output.service_details->push_back(std::move(detail));
      if (output.service_names->empty() || output.service_names->back() != name) output.service_names->push_back(name);
    }
  }
  return output;
}

}  // namespace ec2
