#include "app/time_zones.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace app {
namespace {

constexpr const char* kFolder = "/usr/share/zoneinfo/";
constexpr std::size_t kBytesMax = 1 << 20;

// "America/Argentina/Buenos_Aires", "Etc/GMT+5": never a way out of the folder.
bool is_zone_name(const std::string& name) {
  if (name.empty() || name.size() > 64 || name[0] == '/' || name.find("..") != std::string::npos) return false;
  return std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
}

}  // namespace

std::optional<std::string> read_time_zone(const std::string& name) {
  if (!is_zone_name(name)) return std::nullopt;
  std::ifstream file(kFolder + name, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.empty() || bytes.size() > kBytesMax) return std::nullopt;
  return bytes;
}

}  // namespace app
