#pragma once

#include <string>

#include "linux/process.h"
#include "runtime/network.h"

// A network's security groups and routes as nftables rules of its namespace.
//
// Every packet of an interface passes here, also between two in one subnet: the namespace has a link per interface and
// no bridge, so there is no way round. It is asked, in this order:
//   1. may it go there: between interfaces always, elsewhere as the routes of its subnet say. Routes hold for every
//      packet, so taking one away ends connections.
//   2. does it belong to a connection that was permitted. Those go on when a rule is taken away.
//   3. does a group of the sender let it out, and
//   4. does a group of the receiver let it in.
// What is not permitted vanishes without an answer. The resolver and the task service are not filtered.
namespace linux_runtime {

inline constexpr const char* kOutsideLink = "outside";  // of the link that leaves the namespace
inline constexpr const char* kResolverAddress = "169.254.169.253";

// "10.0.0.0/16", 2 -> "10.0.0.2"; "" when it is no network.
std::string address_in(const std::string& cidr, unsigned offset);
int prefix_of(const std::string& cidr);  // -1 when it is no network

// Has nft make them, in the calling thread's namespace.
Result<void> run_rules(const std::string& rules);

// Input for `nft -f`: replaces what there was, at once.
std::string rules_of(const runtime::Network& network);

}  // namespace linux_runtime
