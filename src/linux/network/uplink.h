#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "linux/network/netlink.h"

namespace linux_runtime {

// The way from networks to the outside, through this machine: a link from the machine's own namespace into each network
// that has a route there. The network hides its tasks behind its end's address (rules.h), so two networks may have the
// same addresses; the machine hides that behind its own. Nothing of the machine itself, and no other network, can be
// reached over it.
//
// All is called on one thread, in the machine's own namespace.
class Uplinks {
 public:
  // `prefix` names what is made on this machine; `say` hears what was done to its options.
  Uplinks(std::string prefix, std::function<void(const std::string&)> say);

  // Fine when it is there already. Turns IPv4 forwarding on. The error says why there is no way out; the network is
  // then as without one.
  Result<void> open(const std::string& network, const std::string& name_space, Netlink& inside);
  void close(const std::string& network, Netlink& inside);
  // The same for a network that is about to go, also one of an earlier process.
  void forget(const std::string& network);
  bool has(const std::string& network) const { return links_.contains(network); }

  // Makes the machine's rules fit the links there are, and puts forwarding back when there are none. Costs nothing when
  // nothing changed; the first call also removes what an earlier process left, if `anew`.
  Result<void> set_rules(bool anew = false);

 private:
  Result<void> connect(const std::string& network, const std::string& name_space, Netlink& inside);
  Result<std::vector<std::string>> links_of_machine();
  Result<void> put_forwarding_back();
  std::string link_of(const std::string& network) const;
  Result<unsigned> slot_of(int link, const std::string& name);
  std::string rules() const;

  const std::string prefix_;
  const std::function<void(const std::string&)> say_;
  std::optional<Netlink> outside_;
  std::map<std::string, std::string> links_;  // by network: the name of the machine's end
  std::string rules_;                         // that are in force
  bool unsettled_ = true;                     // forwarding may be on without need
};

}  // namespace linux_runtime
