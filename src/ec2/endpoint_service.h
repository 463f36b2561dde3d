#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ec2/rows.h"

namespace ec2 {

// A service that endpoints can reach: the part of "com.amazonaws.<region>.<part>".
struct EndpointService {
  std::string_view part;          // "sqs", "ecr.api"
  bool gateway;                   // offers gateway endpoints
  bool interface;                 // offers interface endpoints
  std::string_view private_name;  // before ".<region>.amazonaws.com"; "" if it has no private DNS
};

const std::vector<EndpointService>& endpoint_services();
std::string service_name(std::string_view region, const EndpointService& service);
// nullptr if the region has no such service.
const EndpointService* find_endpoint_service(std::string_view region, std::string_view service_name);
// The endpoint's own name, public on AWS: "vpce-0a1b-c3d4.sqs.ap-northeast-1.vpce.amazonaws.com" for all its
// interfaces, "vpce-0a1b-c3d4-ap-northeast-1a.sqs…" for that of a zone.
std::string own_dns_name(std::string_view region, const EndpointService& service, const EndpointRow& row,
                         std::string_view zone = {});
// "sqs.ap-northeast-1.amazonaws.com"
std::string private_dns_name(std::string_view region, const EndpointService& service);
// The list of addresses that a gateway endpoint stands for. Fixed for a service and region.
std::string prefix_list_id(std::string_view service_name);

}  // namespace ec2
