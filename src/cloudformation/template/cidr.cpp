#include "cloudformation/template/cidr.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/fault.h"

namespace cloudformation {
namespace {

constexpr std::int64_t kBlocksMax = 256;

// An address as one big-endian number of 4 or 16 bytes.
struct Address {
  int family = AF_INET;
  std::array<unsigned char, 16> bytes{};

  int bits() const { return family == AF_INET ? 32 : 128; }
  std::string text() const {
    char buffer[INET6_ADDRSTRLEN];
    return ::inet_ntop(family, bytes.data(), buffer, sizeof buffer) == nullptr ? "" : buffer;
  }
  // Adds 2^power; false on overflow.
  bool add_power(int power) {
    int at = bits() / 8 - 1 - power / 8;
    unsigned carry = 1U << (power % 8);
    for (; at >= 0 && carry != 0; --at) {
      const unsigned sum = bytes[static_cast<std::size_t>(at)] + carry;
      bytes[static_cast<std::size_t>(at)] = static_cast<unsigned char>(sum);
      carry = sum >> 8;
    }
    return carry == 0;
  }
  void clear_host_bits(int prefix) {
    for (int bit = prefix; bit < bits(); ++bit) {
      bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<unsigned char>(~(0x80U >> (bit % 8)));
    }
  }
};

struct Block {
  Address address;
  int prefix;
};

std::optional<Block> parse_block(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  Block block;
  const std::string address = text.substr(0, slash);
  block.address.family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (::inet_pton(block.address.family, address.c_str(), block.address.bytes.data()) != 1) return std::nullopt;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, block.prefix);
  if (error != std::errc{} || end != last || block.prefix < 0 || block.prefix > block.address.bits())
    return std::nullopt;
  return block;
}

}  // namespace

Result<std::vector<std::string>> split_cidr(const std::string& text, std::int64_t count, std::int64_t host_bits) {
  const auto block = parse_block(text);
  if (!block) return problem("Template error: Fn::Cidr: " + text + " is not a valid CIDR block.");
  if (count < 1 || count > kBlocksMax) {
    return problem("Template error: Fn::Cidr: count " + std::to_string(count) + " must be between 1 and 256.");
  }
  const int bits = block->address.bits();
  const std::int64_t prefix = bits - host_bits;
  const std::int64_t spare = prefix - block->prefix;  // log2 of how many fit
  if (host_bits < 1 || spare < 0 || (spare < 9 && (std::int64_t{1} << spare) < count)) {
    return problem("Template error: Fn::Cidr: " + std::to_string(count) + " blocks with " + std::to_string(host_bits) +
                   " host bits do not fit into " + text + ".");
  }
  std::vector<std::string> blocks;
  Address next = block->address;
  next.clear_host_bits(block->prefix);
  for (std::int64_t i = 0; i < count; ++i) {
    blocks.push_back(next.text() + "/" + std::to_string(prefix));
    next.add_power(static_cast<int>(host_bits));
  }
  return blocks;
}

}  // namespace cloudformation
