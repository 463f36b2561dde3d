#include "ec2/zones.h"

#include <algorithm>

namespace ec2 {

const std::vector<RegionInfo>& regions() {
  static const std::vector<RegionInfo> kRegions = {
      {"ap-northeast-1", "apne1", "acd", "412"}, {"ap-northeast-2", "apne2", "abcd", "1234"},
      {"ap-northeast-3", "apne3", "abc", "312"}, {"ap-south-1", "aps1", "abc", "132"},
      {"ap-southeast-1", "apse1", "abc", "123"}, {"ap-southeast-2", "apse2", "abc", "132"},
      {"ca-central-1", "cac1", "abd", "124"},    {"eu-central-1", "euc1", "abc", "231"},
      {"eu-north-1", "eun1", "abc", "123"},      {"eu-west-1", "euw1", "abc", "123"},
      {"eu-west-2", "euw2", "abc", "231"},       {"eu-west-3", "euw3", "abc", "123"},
      {"sa-east-1", "sae1", "abc", "123"},       {"us-east-1", "use1", "abcdef", "124635"},
      {"us-east-2", "use2", "abc", "123"},       {"us-west-1", "usw1", "ac", "13"},
      {"us-west-2", "usw2", "abcd", "2134"},
  };
  return kRegions;
}

std::vector<Zone> zones(std::string_view region) {
  const auto found = std::ranges::find(regions(), region, &RegionInfo::name);
  const RegionInfo info = found == regions().end() ? RegionInfo{region, region, "abc", "123"} : *found;
  std::vector<Zone> made;
  for (std::size_t i = 0; i < info.letters.size(); ++i) {
    made.push_back({std::string(region) + info.letters[i], std::string(info.id_prefix) + "-az" + info.numbers[i]});
  }
  return made;
}

std::optional<Zone> find_zone(std::string_view region, std::string_view name_or_id) {
  for (Zone& zone : zones(region)) {
    if (zone.name == name_or_id || zone.id == name_or_id) return std::move(zone);
  }
  return std::nullopt;
}

}  // namespace ec2
