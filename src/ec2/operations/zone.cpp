#include "ec2/zones.h"

#include <algorithm>

#include "ec2/filter.h"
#include "ec2/operations.h"
#include "ec2/resource.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

constexpr std::string_view kOptedIn = "opt-in-not-required";

aws::AvailabilityZone shown_zone(const Zone& zone, const std::string& region) {
  aws::AvailabilityZone shown;
  shown.group_name = region;
  shown.network_border_group = region;
  shown.messages.emplace();
  shown.opt_in_status = std::string(kOptedIn);
  shown.region_name = region;
  shown.state = "available";
  shown.zone_id = zone.id;
  shown.zone_name = zone.name;
  shown.zone_type = "availability-zone";
  return shown;
}

aws::Region shown_region(std::string_view name) {
  aws::Region shown;
  shown.endpoint = "ec2." + std::string(name) + ".amazonaws.com";
  shown.opt_in_status = std::string(kOptedIn);
  shown.region_name = std::string(name);
  return shown;
}

constexpr FilterField<aws::AvailabilityZone> kZoneFilters[] = {
    {"group-name", [](const aws::AvailabilityZone& zone) { return one(zone.group_name); }},
    {"message", [](const aws::AvailabilityZone&) { return Values{}; }},
    {"opt-in-status", [](const aws::AvailabilityZone& zone) { return one(zone.opt_in_status); }},
    {"region-name", [](const aws::AvailabilityZone& zone) { return one(zone.region_name); }},
    {"state", [](const aws::AvailabilityZone& zone) { return one(zone.state); }},
    {"zone-id", [](const aws::AvailabilityZone& zone) { return one(zone.zone_id); }},
    {"zone-name", [](const aws::AvailabilityZone& zone) { return one(zone.zone_name); }},
    {"zone-type", [](const aws::AvailabilityZone& zone) { return one(zone.zone_type); }},
};

constexpr FilterField<aws::Region> kRegionFilters[] = {
    {"endpoint", [](const aws::Region& region) { return one(region.endpoint); }},
    {"opt-in-status", [](const aws::Region& region) { return one(region.opt_in_status); }},
    {"region-name", [](const aws::Region& region) { return one(region.region_name); }},
};

bool wanted(const std::optional<std::vector<std::string>>& names, const std::string& name) {
  return !names || names->empty() || std::ranges::find(*names, name) != names->end();
}

base::Outcome<void> check_zones(const std::optional<std::vector<std::string>>& names, const Context& ctx) {
  if (!names) return {};
  for (const std::string& name : *names) {
    if (!find_zone(ctx.call.region, name)) {
      return base::fault(faults::InvalidParameterValue, "Invalid availability zone: [" + name + "]");
    }
  }
  return {};
}

}  // namespace

Answer<aws::DescribeAvailabilityZones> describe_availability_zones(State&,
                                                                   const aws::DescribeAvailabilityZonesRequest& input,
                                                                   Context& ctx) {
  CHECK(check_zones(input.zone_names, ctx));
  CHECK(check_zones(input.zone_ids, ctx));
  aws::DescribeAvailabilityZonesResult output;
  output.availability_zones.emplace();
  for (const Zone& zone : zones(ctx.call.region)) {
    if (!wanted(input.zone_names, zone.name) || !wanted(input.zone_ids, zone.id)) continue;
    aws::AvailabilityZone shown = shown_zone(zone, ctx.call.region);
    TRY(const bool matches, passes<aws::AvailabilityZone>(input.filters, kZoneFilters, shown));
    if (matches) output.availability_zones->push_back(std::move(shown));
  }
  return output;
}

Answer<aws::DescribeRegions> describe_regions(State&, const aws::DescribeRegionsRequest& input, Context&) {
  aws::DescribeRegionsResult output;
  output.regions.emplace();
  if (input.region_names) {
    for (const std::string& name : *input.region_names) {
      if (std::ranges::find(regions(), name, &RegionInfo::name) == regions().end()) {
        return base::fault(faults::InvalidParameterValue, "Invalid region names: [" + name + "]");
      }
    }
  }
  for (const RegionInfo& region : regions()) {
    if (!wanted(input.region_names, std::string(region.name))) continue;
    aws::Region shown = shown_region(region.name);
    TRY(const bool matches, passes<aws::Region>(input.filters, kRegionFilters, shown));
    if (matches) output.regions->push_back(std::move(shown));
  }
  return output;
}

}  // namespace ec2
