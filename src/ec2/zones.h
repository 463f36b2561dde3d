#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ec2 {

struct Zone {
  std::string name;  // "ap-northeast-1a"
  std::string id;    // "apne1-az4"; which letter is which id differs by account on AWS
};

struct RegionInfo {
  std::string_view name;
  std::string_view id_prefix;  // of zone ids
  std::string_view letters;    // of its zones
  std::string_view numbers;    // their ids, in the same order
};

// The regions that every account has without opting in, in the order of their names.
const std::vector<RegionInfo>& regions();
// Any well-formed name is served: unknown regions have zones a, b and c.
std::vector<Zone> zones(std::string_view region);
std::optional<Zone> find_zone(std::string_view region, std::string_view name_or_id);

}  // namespace ec2
