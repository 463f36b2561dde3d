#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

// What the machine is to make of a VPC: said whole, by the cloud, each time something of it changes. Only what decides
// where a packet gets is here; rows, states and policies stay in the cloud. Nothing is said of how: a runtime may use
// namespaces, networks of Docker, or a model.
namespace runtime {

// Addresses of services outside of every VPC, as seen from inside: of the range that RFC 2544 keeps for benchmarks, so
// the internet has none of them. The runtime has the server's own gateway listen there (HTTP and HTTPS), in each VPC.
inline constexpr const char* kServicesAddress = "198.18.0.1";
inline constexpr const char* kS3Address = "198.18.1.1";
inline constexpr const char* kS3Range = "198.18.1.0/24";  // what S3's prefix list stands for
// Where tasks find their credentials and metadata.
inline constexpr const char* kTaskServiceAddress = "169.254.170.2";

// One permission: these packets, from or to that peer. Replies to what was permitted pass by themselves.
struct GroupRule {
  int protocol = -1;   // IP protocol number; -1: all
  int from_port = -1;  // TCP and UDP: the lowest port, ICMP: the type; -1: any
  int to_port = -1;    // TCP and UDP: the highest port, ICMP: the code; -1: any
  std::string peer;    // "10.0.0.0/16", a group "sg-…" (its interfaces' private addresses), or a prefix list "pl-…"
  bool operator==(const GroupRule&) const = default;
};

struct SecurityGroup {
  std::vector<GroupRule> ingress;
  std::vector<GroupRule> egress;
  bool operator==(const SecurityGroup&) const = default;
};

// Beside the local route, which every subnet has. The most specific destination decides.
struct NetworkRoute {
  enum class Way {
    Nowhere,   // the target is gone
    Internet,  // for interfaces with a public address
    Nat,       // for all
    Services,  // a gateway endpoint: to the server's own gateway, and nowhere else
  };
  std::string destination;  // a CIDR or a prefix list "pl-…"
  Way way = Way::Nowhere;
  bool operator==(const NetworkRoute&) const = default;
};

struct Subnet {
  std::string cidr;
  std::vector<NetworkRoute> routes;
  bool operator==(const Subnet&) const = default;
};

struct NetworkInterface {
  enum class Kind {
    Task,      // of a sandbox that names it
    Endpoint,  // the server's gateway listens at its address
    Nat,
  };
  Kind kind = Kind::Task;
  std::string subnet;
  std::string address;
  std::string mac;             // "02:…"
  std::string public_address;  // "": none
  std::vector<std::string> groups;
  bool operator==(const NetworkInterface&) const = default;
};

struct Network {
  std::string id;                                      // "vpc-…"
  std::string cidr;                                    // /16 to /28; other networks may have the same
  bool dns = true;                                     // EnableDnsSupport: a resolver at .2 and 169.254.169.253
  std::string domain;                                  // "eu-west-1.compute.internal": ip-10-0-1-5 there is 10.0.1.5
  std::map<std::string, Subnet> subnets;               // by subnet id
  std::map<std::string, SecurityGroup> groups;         // by group id
  std::map<std::string, NetworkInterface> interfaces;  // by eni id
  std::map<std::string, std::vector<std::string>> prefix_lists;  // "pl-…" to CIDRs
  // What the resolver answers by itself: full names in lower case, or "*.example.com" for everything below one. The
  // longest that fits wins. Endpoints' private and own names, and the public names of the cloud's services.
  std::map<std::string, std::vector<std::string>> names;
  bool operator==(const Network&) const = default;
};

// All networks there are. One that is not named any more is removed from the machine. A network that did not change may
// be the same object again, which costs nothing.
using NetworkPlan = std::vector<std::shared_ptr<const Network>>;

// The interface that a sandbox has, of a network in the plan.
struct NetworkAttachment {
  std::string network;
  std::string interface;
  bool operator==(const NetworkAttachment&) const = default;
};

}  // namespace runtime
