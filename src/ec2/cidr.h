#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ec2 {

// An IPv4 network in canonical form: no bits set below the prefix.
struct Cidr {
  std::uint32_t network = 0;
  int prefix = 0;  // 0 to 32

  std::uint64_t size() const { return std::uint64_t{1} << (32 - prefix); }
  std::uint32_t last() const { return static_cast<std::uint32_t>(network + size() - 1); }
  bool contains(std::uint32_t address) const { return address >= network && address <= last(); }
  bool contains(const Cidr& other) const { return other.prefix >= prefix && contains(other.network); }
  bool overlaps(const Cidr& other) const { return contains(other.network) || other.contains(network); }
  std::string to_text() const;
  friend bool operator==(const Cidr&, const Cidr&) = default;
};

// "10.0.0.0/16". Host bits are cleared, as EC2 does; nothing else is forgiven.
std::optional<Cidr> parse_cidr(std::string_view text);
std::optional<std::uint32_t> parse_address(std::string_view text);
std::string format_address(std::uint32_t address);

}  // namespace ec2
