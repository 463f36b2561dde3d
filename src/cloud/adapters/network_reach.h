#pragma once

#include <cstdint>
#include <string>

#include "runtime/network.h"

namespace cloud {

// How a connection from an interface to a name gets there, if it does. What the machine makes of the same plan comes to
// the same end: there packets are dropped, here a reason is known.
struct Reach {
  enum class Way : std::uint8_t {
    Nowhere,
    Unresolved,       // the name has no address: the VPC has no resolver
    Endpoint,         // an interface endpoint of the VPC
    GatewayEndpoint,  // S3's
    Internet,         // an internet gateway, with a public address
    Nat,
  };
  Way way = Way::Nowhere;
  std::string address;  // that was tried, "" if it is not known here: a name outside of this cloud
  std::string through;  // the endpoint's interface, or the prefix list of a gateway endpoint
  bool arrives() const { return way != Way::Nowhere && way != Way::Unresolved; }
};

// Over TCP. In the order of the VPC guide: the name, the route, the groups of the sender, those of the receiver.
Reach reach(const runtime::Network& network, const std::string& interface, const std::string& name, int port);

}  // namespace cloud
