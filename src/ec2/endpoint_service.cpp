#include "ec2/endpoint_service.h"

#include <algorithm>
#include <cstdint>

namespace ec2 {

const std::vector<EndpointService>& endpoint_services() {
  static const std::vector<EndpointService> kServices = {
      {"application-autoscaling", false, true, "application-autoscaling"},
      {"autoscaling", false, true, "autoscaling"},
      {"cloudformation", false, true, "cloudformation"},
      {"dynamodb", true, true, ""},
      {"ec2", false, true, "ec2"},
      {"ec2messages", false, true, "ec2messages"},
      {"ecr.api", false, true, "api.ecr"},
      {"ecr.dkr", false, true, "*.dkr.ecr"},
      {"ecs", false, true, "ecs"},
      {"ecs-agent", false, true, "ecs-a"},
      {"ecs-telemetry", false, true, "ecs-t"},
      {"elasticloadbalancing", false, true, "elasticloadbalancing"},
      {"events", false, true, "events"},
      {"kms", false, true, "kms"},
      {"lambda", false, true, "lambda"},
      {"logs", false, true, "logs"},
      {"monitoring", false, true, "monitoring"},
      {"s3", true, true, ""},
      {"secretsmanager", false, true, "secretsmanager"},
      {"sns", false, true, "sns"},
      {"sqs", false, true, "sqs"},
      {"ssm", false, true, "ssm"},
      {"ssmmessages", false, true, "ssmmessages"},
      {"states", false, true, "states"},
      {"sts", false, true, "sts"},
  };
  return kServices;
}

std::string service_name(std::string_view region, const EndpointService& service) {
  return "com.amazonaws." + std::string(region) + "." + std::string(service.part);
}

const EndpointService* find_endpoint_service(std::string_view region, std::string_view name) {
  const auto found = std::ranges::find_if(
      endpoint_services(), [&](const EndpointService& service) { return service_name(region, service) == name; });
  return found == endpoint_services().end() ? nullptr : &*found;
}

std::string own_dns_name(std::string_view region, const EndpointService& service, const EndpointRow& row,
                         std::string_view zone) {
  std::string_view base = service.private_name.empty() ? service.part : service.private_name;
  if (base.starts_with("*.")) base.remove_prefix(2);
  std::string name = (service.part == "s3" ? "*." : "") + row.id + "-" + row.dns_suffix;
  if (!zone.empty()) name.append("-").append(zone);
  return name.append(".").append(base).append(".").append(region).append(".vpce.amazonaws.com");
}

std::string private_dns_name(std::string_view region, const EndpointService& service) {
  return std::string(service.private_name) + "." + std::string(region) + ".amazonaws.com";
}

std::string prefix_list_id(std::string_view service_name) {
  // FNV-1a: the same id on every machine.
  std::uint32_t hash = 2166136261u;
  for (const char c : service_name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id = "pl-";
  for (int shift = 28; shift >= 0; shift -= 4) id += kDigits[hash >> shift & 15];
  return id;
}

}  // namespace ec2
