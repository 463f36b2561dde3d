#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "linux/fd.h"
#include "linux/process.h"

namespace linux_runtime {

// Links, addresses and routes of one network namespace: that in which open() was called, wherever the calls come from
// later. IPv4. Each call is one message to the kernel and its answer.
class Netlink {
 public:
  struct Address {
    int link = 0;
    std::string address;  // "10.0.0.4"
  };
  struct Link {
    int index = 0;
    std::string name;
  };
  struct Veth {
    std::string name;       // here
    std::string peer_name;  // there
    std::string peer_mac;   // "": the kernel's choice
    int peer_namespace;     // a descriptor
  };

  static Result<Netlink> open();

  // The index of the end that is here, which is up; the other one is not.
  Result<int> add_veth(const Veth& veth);
  // Nothing happens when it isn't there.
  Result<void> remove_link(const std::string& name);
  Result<int> index_of(const std::string& name);  // fails when there is no such link
  Result<void> set_up(int link);
  // Until the link sends: a pair's end does so some time after the other one is up, and drops everything before that.
  Result<void> wait_until_ready(int link);
  // Fine when it is there already, or gone already.
  Result<void> add_address(int link, const std::string& address, int prefix);
  Result<void> remove_address(int link, const std::string& address, int prefix);
  Result<void> add_link_route(const std::string& address, int prefix, int link);
  Result<void> add_default_route(const std::string& gateway);
  // For the link's neighbours, for whom it answers (proxy_arp).
  Result<void> answer_at_once(int link);
  // What no other route is for vanishes without an answer.
  Result<void> add_blackhole(const std::string& address, int prefix);

  Result<std::vector<Link>> links();
  Result<std::vector<Address>> addresses();

 private:
  class Message;

  explicit Netlink(Fd socket) : socket_(std::move(socket)) {}
  Result<void> ask(Message& message, int ignored_errno = 0);
  // The kernel's message about that link.
  Result<std::string> describe(Message& message);
  template <class Each>
  Result<void> dump(Message& message, Each each);

  Fd socket_;
  std::uint32_t number_ = 0;
};

}  // namespace linux_runtime
