#include "cloud/adapters/service_names.h"

#include <string_view>

#include "ec2/zones.h"
#include "runtime/network.h"

namespace cloud {
namespace {

// Before ".<region>.amazonaws.com"; "" is the older "<region>.queue.amazonaws.com" kind, below.
constexpr std::string_view kRegional[] = {
    "api.ecr",
    "*.dkr.ecr",
    "application-autoscaling",
    "cloudformation",
    "ec2",
    "ecs",
    "logs",
    "monitoring",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
};
constexpr std::string_view kGlobal[] = {"iam.amazonaws.com", "queue.amazonaws.com", "sts.amazonaws.com"};

using Names = std::map<std::string, std::vector<std::string>>;

Names make_names() {
  const std::vector<std::string> services{runtime::kServicesAddress};
  const std::vector<std::string> objects{runtime::kS3Address};
  Names names;
  for (const std::string_view name : kGlobal) names.emplace(name, services);
  names.emplace("s3.amazonaws.com", objects);
  names.emplace("*.s3.amazonaws.com", objects);
  for (const ec2::RegionInfo& region : ec2::regions()) {
    const std::string end = std::string(region.name) + ".amazonaws.com";
    for (const std::string_view name : kRegional) names.emplace(std::string(name) + "." + end, services);
    names.emplace(std::string(region.name) + ".queue.amazonaws.com", services);
    names.emplace("s3." + end, objects);
    names.emplace("*.s3." + end, objects);
  }
  return names;
}

}  // namespace

const Names& public_service_names() {
  static const Names kNames = make_names();
  return kNames;
}

}  // namespace cloud
