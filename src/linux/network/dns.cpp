#include "linux/network/dns.h"

#include <arpa/inet.h>

#include <algorithm>

#include "linux/network/rules.h"

namespace linux_runtime::dns {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kPointerToQuestion = 0xC000 | kHeaderBytes;
constexpr std::uint32_t kTtlSeconds = 60;  // as of an endpoint's private names
constexpr std::uint8_t kIsResponse = 0x80;
constexpr std::uint8_t kOpcode = 0x78;
constexpr std::uint8_t kAuthoritative = 0x04;
constexpr std::uint8_t kRecursionDesired = 0x01;
constexpr std::uint8_t kRecursionAvailable = 0x80;
constexpr std::string_view kReverse = ".in-addr.arpa";

std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                    static_cast<unsigned char>(bytes[at + 1]));
}

void put(std::string& out, std::uint16_t number) {
  out += static_cast<char>(number >> 8);
  out += static_cast<char>(number & 0xFF);
}

void put_name(std::string& out, std::string_view name) {
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  out += '\0';
}

// The query's id and question, with the flags of an answer.
std::string start_answer(std::string_view query, const std::optional<Question>& question, Code code) {
  std::string out(query.substr(0, 2));
  out += static_cast<char>(kIsResponse | (query[2] & kRecursionDesired) | (code == Code::None ? kAuthoritative : 0));
  out += static_cast<char>(kRecursionAvailable | static_cast<std::uint8_t>(code));
  put(out, question ? 1 : 0);
  for (int section = 0; section < 3; ++section) put(out, 0);
  if (question) out += query.substr(kHeaderBytes, question->end - kHeaderBytes);
  return out;
}

// "ip-10-0-1-5" -> "10.0.1.5"; "" when it is no such name.
std::string address_of_host(std::string_view label) {
  if (!label.starts_with("ip-")) return "";
  std::string out(label.substr(3));
  std::ranges::replace(out, '-', '.');
  in_addr parsed{};
  return inet_pton(AF_INET, out.c_str(), &parsed) == 1 ? out : "";
}

// "5.1.0.10.in-addr.arpa" -> "10.0.1.5"
std::string address_of_reverse(std::string_view name) {
  if (!name.ends_with(kReverse)) return "";
  in_addr parsed{};
  const std::string text(name.substr(0, name.size() - kReverse.size()));
  if (inet_pton(AF_INET, text.c_str(), &parsed) != 1) return "";
  parsed.s_addr = __builtin_bswap32(parsed.s_addr);
  char out[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &parsed, out, sizeof out);
}

bool is_in(const std::string& cidr, const std::string& address) {
  const int prefix = prefix_of(cidr);
  return prefix >= 0 && address_in(address + "/" + std::to_string(prefix), 0) == address_in(cidr, 0);
}

const std::vector<std::string>* find_name(const runtime::Network& network, const std::string& name) {
  auto at = network.names.find(name);
  for (std::size_t dot = name.find('.'); at == network.names.end() && dot != std::string::npos;
       dot = name.find('.', dot + 1)) {
    at = network.names.find("*" + name.substr(dot));
  }
  return at == network.names.end() ? nullptr : &at->second;
}

}  // namespace

bool is_query(std::string_view message) {
  return message.size() >= kHeaderBytes && (message[2] & kIsResponse) == 0;
}

std::uint16_t id_of(std::string_view message) {
  return number_at(message, 0);
}

std::optional<Question> read_query(std::string_view message) {
  if (!is_query(message) || (message[2] & kOpcode) != 0 || number_at(message, 4) != 1) return std::nullopt;
  Question out;
  std::size_t at = kHeaderBytes;
  for (;;) {
    if (at >= message.size()) return std::nullopt;
    const std::size_t length = static_cast<unsigned char>(message[at++]);
    if (length == 0) break;
    // A question has nothing before it that a compressed name could point to.
    if (length > kLabelBytesMax || at + length > message.size()) return std::nullopt;
    if (!out.name.empty()) out.name += '.';
    for (const char c : message.substr(at, length)) {
      out.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    at += length;
    if (out.name.size() > kNameBytesMax) return std::nullopt;
  }
  if (at + 4 > message.size() || number_at(message, at + 2) != kClassIn) return std::nullopt;
  out.type = number_at(message, at);
  out.end = at + 4;
  return out;
}

std::optional<Found> look_up(const runtime::Network& network, const Question& question) {
  const bool wants_address = question.type == kTypeA || question.type == kTypeAny;
  if (const auto* addresses = find_name(network, question.name)) {
    return Found{.values = wants_address ? *addresses : std::vector<std::string>{}};
  }
  const std::string below = "." + network.domain;
  if (!network.domain.empty() && question.name.ends_with(below)) {
    const std::string address =
        address_of_host(std::string_view(question.name).substr(0, question.name.size() - below.size()));
    if (address.empty() || !is_in(network.cidr, address)) return Found{.code = Code::NoName};
    return Found{.values = wants_address ? std::vector{address} : std::vector<std::string>{}};
  }
  std::string address = address_of_reverse(question.name);
  if (address.empty() || !is_in(network.cidr, address)) return std::nullopt;
  if (question.type != kTypePtr || network.domain.empty()) return Found{};
  std::ranges::replace(address, '.', '-');
  return Found{.values = {"ip-" + address + below}};
}

std::string answer(std::string_view query, const Question& question, const Found& found, std::size_t turn) {
  std::string out = start_answer(query, question, found.code);
  const std::size_t count = found.values.size();
  const std::uint16_t type = question.type == kTypePtr ? kTypePtr : kTypeA;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& value = found.values[(i + turn) % count];
    std::string data;
    if (type == kTypePtr) {
      put_name(data, value);
    } else {
      in_addr address{};
      inet_pton(AF_INET, value.c_str(), &address);
      data.assign(reinterpret_cast<const char*>(&address), sizeof address);
    }
    put(out, kPointerToQuestion);
    put(out, type);
    put(out, kClassIn);
    put(out, static_cast<std::uint16_t>(kTtlSeconds >> 16));
    put(out, static_cast<std::uint16_t>(kTtlSeconds & 0xFFFF));
    put(out, static_cast<std::uint16_t>(data.size()));
    out += data;
  }
  out[6] = static_cast<char>(count >> 8);
  out[7] = static_cast<char>(count & 0xFF);
  return out;
}

std::string refuse(std::string_view query, const std::optional<Question>& question, Code code) {
  return start_answer(query, question, code);
}

}  // namespace linux_runtime::dns
