#include "linux/network/netlink.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "base/ensure.h"
#include "base/fault.h"

namespace linux_runtime {
namespace {

constexpr std::size_t kMessageBytes = 512;  // the longest of ours, with room
constexpr std::size_t kAnswerBytes = 32 << 10;
constexpr int kReadyTries = 2'000;
constexpr unsigned kReadyPauseMicros = 1'000;
constexpr int kTableMain = RT_TABLE_MAIN;

Result<in_addr> parse_address(const std::string& text) {
  in_addr out{};
  if (inet_pton(AF_INET, text.c_str(), &out) != 1) return error("not an IPv4 address: " + text);
  return out;
}

std::string_view data_of(const rtattr& attribute) {
  return {static_cast<const char*>(RTA_DATA(&attribute)), static_cast<std::size_t>(RTA_PAYLOAD(&attribute))};
}

// The attribute of that kind among `size` bytes of them; nullptr when there is none.
const rtattr* find_attribute(const rtattr* at, int size, unsigned short kind) {
  for (; RTA_OK(at, size); at = RTA_NEXT(at, size)) {
    if (at->rta_type == kind) return at;
  }
  return nullptr;
}

}  // namespace

class Netlink::Message {
 public:
  template <class Body>
  Message(unsigned short type, unsigned short flags, const Body& body) {
    header().nlmsg_len = NLMSG_HDRLEN;
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<unsigned short>(NLM_F_REQUEST | flags);
    append(&body, sizeof body);
  }

  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(bytes_.data()); }
  std::string_view bytes() { return {bytes_.data(), header().nlmsg_len}; }

  Message& add(unsigned short kind, const void* data, std::size_t size) {
    const rtattr attribute{.rta_len = static_cast<unsigned short>(RTA_LENGTH(size)), .rta_type = kind};
    append(&attribute, sizeof attribute);
    append(data, size);
    return *this;
  }
  Message& add(unsigned short kind, std::string_view text) { return add(kind, text.data(), text.size()); }
  Message& add(unsigned short kind, std::uint32_t number) { return add(kind, &number, sizeof number); }
  Message& add(unsigned short kind, in_addr address) { return add(kind, &address, sizeof address); }

  // What is added between open() and close() is within this attribute.
  std::size_t open(unsigned short kind) {
    const std::size_t at = header().nlmsg_len;
    add(kind, nullptr, 0);
    return at;
  }
  template <class Body>
  void put(const Body& body) {
    append(&body, sizeof body);
  }
  void close(std::size_t at) {
    reinterpret_cast<rtattr*>(bytes_.data() + at)->rta_len = static_cast<unsigned short>(header().nlmsg_len - at);
  }

 private:
  void append(const void* data, std::size_t size) {
    const std::size_t at = header().nlmsg_len;
    ENSURE(at + NLMSG_ALIGN(size) <= kMessageBytes);
    if (size > 0) std::memcpy(bytes_.data() + at, data, size);
    header().nlmsg_len = static_cast<std::uint32_t>(at + NLMSG_ALIGN(size));
  }

  alignas(nlmsghdr) std::array<char, kMessageBytes> bytes_{};
};

Result<Netlink> Netlink::open() {
  Fd made(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  const int on = 1;
  if (!made) return system_error("cannot speak to the kernel of networks");
  setsockopt(made.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  return Netlink(std::move(made));
}

Result<void> Netlink::ask(Message& message, int ignored_errno) {
  message.header().nlmsg_flags |= NLM_F_ACK;
  message.header().nlmsg_seq = ++number_;
  const std::string_view bytes = message.bytes();
  if (send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return system_error("cannot ask the kernel");
  alignas(nlmsghdr) char answer[4096];
  for (;;) {
    const ssize_t got = recv(socket_.get(), answer, sizeof answer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("the kernel does not answer");
    const auto* head = reinterpret_cast<const nlmsghdr*>(answer);
    if (head->nlmsg_seq != number_ || head->nlmsg_type != NLMSG_ERROR) continue;
    const int code = -static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error;
    if (code == 0 || code == ignored_errno) return {};
    return error(std::strerror(code));
  }
}

template <class Each>
Result<void> Netlink::dump(Message& message, Each each) {
  message.header().nlmsg_flags |= NLM_F_DUMP;
  message.header().nlmsg_seq = ++number_;
  const std::string_view bytes = message.bytes();
  if (send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return system_error("cannot ask the kernel");
  std::vector<char> answer(kAnswerBytes);
  for (;;) {
    const ssize_t got = recv(socket_.get(), answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("the kernel does not answer");
    int left = static_cast<int>(got);
    for (auto* head = reinterpret_cast<nlmsghdr*>(answer.data()); NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
      if (head->nlmsg_seq != number_) continue;
      if (head->nlmsg_type == NLMSG_DONE) return {};
      if (head->nlmsg_type == NLMSG_ERROR) return error("the kernel does not list what it has");
      each(*head);
    }
  }
}

Result<int> Netlink::add_veth(const Veth& veth) {
  ifinfomsg here{};
  here.ifi_flags = IFF_UP;
  here.ifi_change = IFF_UP;
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, here);
  message.add(IFLA_IFNAME, veth.name);
  const std::size_t info = message.open(IFLA_LINKINFO);
  message.add(IFLA_INFO_KIND, std::string_view("veth"));
  const std::size_t data = message.open(IFLA_INFO_DATA);
  const std::size_t peer = message.open(VETH_INFO_PEER);
  message.put(ifinfomsg{});
  message.add(IFLA_IFNAME, veth.peer_name);
  if (!veth.peer_mac.empty()) {
    std::array<unsigned, 6> parts{};
    std::array<unsigned char, 6> mac{};
    if (std::sscanf(veth.peer_mac.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x", &parts[0], &parts[1], &parts[2], &parts[3],
                    &parts[4], &parts[5]) != 6) {
      return error("not a hardware address: " + veth.peer_mac);
    }
    for (std::size_t i = 0; i < mac.size(); ++i) mac[i] = static_cast<unsigned char>(parts[i]);
    message.add(IFLA_ADDRESS, mac.data(), mac.size());
  }
  message.add(IFLA_NET_NS_FD, static_cast<std::uint32_t>(veth.peer_namespace));
  message.close(peer);
  message.close(data);
  message.close(info);
  if (const auto made = ask(message); !made)
    return error("cannot make the link " + veth.name + ": " + made.error().message);
  return index_of(veth.name);
}

Result<void> Netlink::remove_link(const std::string& name) {
  Message message(RTM_DELLINK, 0, ifinfomsg{});
  message.add(IFLA_IFNAME, name);
  if (const auto done = ask(message, ENODEV); !done) {
    return error("cannot remove the link " + name + ": " + done.error().message);
  }
  return {};
}

Result<std::string> Netlink::describe(Message& message) {
  message.header().nlmsg_seq = ++number_;
  const std::string_view bytes = message.bytes();
  if (send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return system_error("cannot ask the kernel");
  std::string answer(kAnswerBytes, '\0');
  for (;;) {
    const ssize_t got = recv(socket_.get(), answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("the kernel does not answer");
    const auto* head = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (head->nlmsg_seq != number_) continue;
    if (head->nlmsg_type != RTM_NEWLINK) return error("there is no such link");
    return answer.substr(0, static_cast<std::size_t>(got));
  }
}

Result<int> Netlink::index_of(const std::string& name) {
  Message message(RTM_GETLINK, 0, ifinfomsg{});
  message.add(IFLA_IFNAME, name);
  const auto link = describe(message);
  if (!link) return error("cannot find the link " + name + ": " + link.error().message);
  return static_cast<const ifinfomsg*>(NLMSG_DATA(reinterpret_cast<const nlmsghdr*>(link->data())))->ifi_index;
}

// Asking makes a newer kernel look at the link at once; an older one does so within a second.
Result<void> Netlink::wait_until_ready(int link) {
  for (int i = 0; i < kReadyTries; ++i) {
    ifinfomsg body{};
    body.ifi_index = link;
    Message message(RTM_GETLINK, 0, body);
    TRY(const std::string found, describe(message));
    const auto* head = reinterpret_cast<const nlmsghdr*>(found.data());
    const auto* what = static_cast<const ifinfomsg*>(NLMSG_DATA(head));
    const rtattr* state = find_attribute(IFLA_RTA(what), static_cast<int>(IFLA_PAYLOAD(head)), IFLA_OPERSTATE);
    if (state && data_of(*state)[0] == IF_OPER_UP) return {};
    usleep(kReadyPauseMicros);
  }
  return error("a link does not become ready");
}

Result<void> Netlink::set_up(int link) {
  ifinfomsg body{};
  body.ifi_index = link;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  Message message(RTM_NEWLINK, 0, body);
  return ask(message);
}

namespace {

ifaddrmsg address_body(int link, int prefix) {
  ifaddrmsg body{};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = static_cast<unsigned char>(prefix);
  body.ifa_index = static_cast<unsigned>(link);
  return body;
}

rtmsg route_body(int prefix, unsigned char type, unsigned char scope) {
  rtmsg body{};
  body.rtm_family = AF_INET;
  body.rtm_dst_len = static_cast<unsigned char>(prefix);
  body.rtm_table = kTableMain;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = scope;
  body.rtm_type = type;
  return body;
}

}  // namespace

Result<void> Netlink::add_address(int link, const std::string& address, int prefix) {
  TRY(const in_addr parsed, parse_address(address));
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address_body(link, prefix));
  message.add(IFA_LOCAL, parsed).add(IFA_ADDRESS, parsed);
  return ask(message, EEXIST);
}

Result<void> Netlink::remove_address(int link, const std::string& address, int prefix) {
  TRY(const in_addr parsed, parse_address(address));
  Message message(RTM_DELADDR, 0, address_body(link, prefix));
  message.add(IFA_LOCAL, parsed).add(IFA_ADDRESS, parsed);
  return ask(message, EADDRNOTAVAIL);
}

Result<void> Netlink::add_link_route(const std::string& address, int prefix, int link) {
  TRY(const in_addr parsed, parse_address(address));
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route_body(prefix, RTN_UNICAST, RT_SCOPE_LINK));
  message.add(RTA_DST, parsed).add(RTA_OIF, static_cast<std::uint32_t>(link));
  return ask(message);
}

Result<void> Netlink::add_default_route(const std::string& gateway) {
  TRY(const in_addr parsed, parse_address(gateway));
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route_body(0, RTN_UNICAST, RT_SCOPE_UNIVERSE));
  message.add(RTA_GATEWAY, parsed);
  return ask(message);
}

Result<void> Netlink::answer_at_once(int link) {
  ndtmsg body{};
  body.ndtm_family = AF_INET;
  Message message(RTM_SETNEIGHTBL, 0, body);
  message.add(NDTA_NAME, std::string_view("arp_cache", sizeof "arp_cache"));  // with its zero
  const std::size_t parameters = message.open(NDTA_PARMS);
  const std::uint64_t none = 0;  // milliseconds
  message.add(NDTPA_IFINDEX, static_cast<std::uint32_t>(link)).add(NDTPA_PROXY_DELAY, &none, sizeof none);
  message.close(parameters);
  return ask(message);
}

Result<void> Netlink::add_blackhole(const std::string& address, int prefix) {
  TRY(const in_addr parsed, parse_address(address));
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route_body(prefix, RTN_BLACKHOLE, RT_SCOPE_NOWHERE));
  message.add(RTA_DST, parsed);
  return ask(message);
}

Result<std::vector<Netlink::Link>> Netlink::links() {
  std::vector<Link> out;
  Message message(RTM_GETLINK, 0, ifinfomsg{});
  CHECK(dump(message, [&](const nlmsghdr& head) {
    const auto* body = static_cast<const ifinfomsg*>(NLMSG_DATA(&head));
    const rtattr* name = find_attribute(IFLA_RTA(body), static_cast<int>(IFLA_PAYLOAD(&head)), IFLA_IFNAME);
    if (name) out.push_back({body->ifi_index, std::string(data_of(*name).data())});
  }));
  return out;
}

Result<std::vector<Netlink::Address>> Netlink::addresses() {
  std::vector<Address> out;
  ifaddrmsg every{};
  every.ifa_family = AF_INET;
  Message message(RTM_GETADDR, 0, every);
  CHECK(dump(message, [&](const nlmsghdr& head) {
    const auto* body = static_cast<const ifaddrmsg*>(NLMSG_DATA(&head));
    const rtattr* local = find_attribute(IFA_RTA(body), static_cast<int>(IFA_PAYLOAD(&head)), IFA_LOCAL);
    if (!local || data_of(*local).size() != sizeof(in_addr)) return;
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, data_of(*local).data(), text, sizeof text);
    out.push_back({static_cast<int>(body->ifa_index), text});
  }));
  return out;
}

}  // namespace linux_runtime
