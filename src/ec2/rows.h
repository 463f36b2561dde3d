#pragma once

// The durable state of EC2's VPC part. Field numbers are permanent; see service/row.h.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace ec2 {

struct VpcRow {
  std::string id;
  std::string owner;  // account
  std::string cidr;   // canonical
  std::string cidr_association_id;
  std::string tenancy = "default";
  bool dns_support = true;
  bool dns_hostnames = false;
  bool usage_metrics = false;
  std::string main_route_table_id;
  std::string acl_id;
  std::string default_group_id;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.owner);
    field(3, row.cidr);
    field(4, row.cidr_association_id);
    field(5, row.tenancy);
    field(6, row.dns_support);
    field(7, row.dns_hostnames);
    field(8, row.usage_metrics);
    field(9, row.main_route_table_id);
    field(10, row.acl_id);
    field(11, row.default_group_id);
  }
};

struct SubnetRow {
  std::string id;
  std::string vpc_id;
  std::string cidr;
  std::string zone;  // "ap-northeast-1a"
  std::string acl_association_id;
  bool map_public_ip = false;
  bool resource_name_a_record = false;
  std::string hostname_type = "ip-name";
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
    field(3, row.cidr);
    field(4, row.zone);
    field(5, row.acl_association_id);
    field(6, row.map_public_ip);
    field(7, row.resource_name_a_record);
    field(8, row.hostname_type);
  }
};

// A route that somebody made. The local route and those of gateway endpoints follow from other rows.
struct RouteRow {
  std::string target_kind;  // "gateway", "nat", "interface" or "endpoint"
  std::string target_id;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.target_kind);
    field(2, row.target_id);
  }
};

struct RouteTableRow {
  std::string id;
  std::string vpc_id;
  std::string main_association_id;                  // "" unless this is the VPC's main table
  std::map<std::string, std::string> associations;  // rtbassoc id -> subnet id
  std::map<std::string, RouteRow> routes;           // by canonical destination CIDR
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
    field(3, row.main_association_id);
    field(4, row.associations);
    field(5, row.routes);
  }
};

struct InternetGatewayRow {
  std::string id;
  std::string vpc_id;  // "" while detached
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
  }
};

// One rule: one protocol, one port range, one peer.
struct RuleRow {
  std::string protocol;  // "tcp", "udp", "icmp", "icmpv6", a number, or "-1" for all
  std::int64_t from_port = -1;
  std::int64_t to_port = -1;
  std::string cidr;  // exactly one of the four peers is set
  std::string ipv6_cidr;
  std::string prefix_list;
  std::string group;
  std::string description;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.protocol);
    field(2, row.from_port);
    field(3, row.to_port);
    field(4, row.cidr);
    field(5, row.ipv6_cidr);
    field(6, row.prefix_list);
    field(7, row.group);
    field(8, row.description);
  }
};

struct SecurityGroupRow {
  std::string id;
  std::string vpc_id;
  std::string name;
  std::string description;
  std::map<std::string, RuleRow> ingress;  // by sgr id
  std::map<std::string, RuleRow> egress;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
    field(3, row.name);
    field(4, row.description);
    field(5, row.ingress);
    field(6, row.egress);
  }
};

// A network interface in a subnet: of an endpoint, a NAT gateway or a task.
struct InterfaceRow {
  std::string id;
  std::string vpc_id;
  std::string subnet_id;
  std::string address;
  std::string mac;
  std::string kind;   // "vpc_endpoint", "nat_gateway" or "task"
  std::string owner;  // vpce id, nat id or the attachment of the task
  std::string description;
  std::vector<std::string> groups;
  base::TimePoint created_at{};
  std::string public_ip;  // of a task that has one; addresses of NAT gateways are AddressRows
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
    field(3, row.subnet_id);
    field(4, row.address);
    field(5, row.mac);
    field(6, row.kind);
    field(7, row.owner);
    field(8, row.description);
    field(9, row.groups);
    field(10, row.created_at);
    field(11, row.public_ip);
  }
};

struct EndpointRow {
  std::string id;
  std::string vpc_id;
  std::string service_name;
  std::string type;  // "Interface" or "Gateway"
  std::string state;
  std::string policy;
  bool private_dns = false;
  std::string dns_suffix;                         // the random part of its own DNS names
  std::vector<std::string> route_tables;          // gateway
  std::map<std::string, std::string> interfaces;  // interface: subnet id -> eni id
  std::vector<std::string> groups;
  base::TimePoint created_at{};
  base::TimePoint due = base::kNever;  // when the state changes by itself
  std::string client_token;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
    field(3, row.service_name);
    field(4, row.type);
    field(5, row.state);
    field(6, row.policy);
    field(7, row.private_dns);
    field(8, row.dns_suffix);
    field(9, row.route_tables);
    field(10, row.interfaces);
    field(11, row.groups);
    field(12, row.created_at);
    field(13, row.due);
    field(14, row.client_token);
  }
};

struct NatGatewayRow {
  std::string id;
  std::string vpc_id;
  std::string subnet_id;
  std::string connectivity = "public";
  std::string state;
  std::string allocation_id;
  std::string association_id;
  std::string public_ip;
  std::string interface_id;
  std::string private_ip;
  std::string failure_code;
  std::string failure_message;
  base::TimePoint created_at{};
  base::TimePoint deleted_at = base::kNever;
  base::TimePoint due = base::kNever;
  std::string client_token;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
    field(3, row.subnet_id);
    field(4, row.connectivity);
    field(5, row.state);
    field(6, row.allocation_id);
    field(7, row.association_id);
    field(8, row.public_ip);
    field(9, row.interface_id);
    field(10, row.private_ip);
    field(11, row.failure_code);
    field(12, row.failure_message);
    field(13, row.created_at);
    field(14, row.deleted_at);
    field(15, row.due);
    field(16, row.client_token);
  }
};

struct AddressRow {
  std::string allocation_id;
  std::string public_ip;
  std::string association_id;  // "" while free
  std::string interface_id;
  std::string private_ip;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.allocation_id);
    field(2, row.public_ip);
    field(3, row.association_id);
    field(4, row.interface_id);
    field(5, row.private_ip);
  }
};

struct AclRow {
  std::string id;
  std::string vpc_id;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.vpc_id);
  }
};

// The tags of one resource. No row where there are none.
struct TagsRow {
  std::string resource_type;  // "vpc", as in filters
  std::map<std::string, std::string> tags;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.resource_type);
    field(2, row.tags);
  }
};

}  // namespace ec2
