#include "ec2/rule.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "api/ec2/operations.h"
#include "ec2/cidr.h"
#include "ec2/endpoint_service.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

constexpr std::int64_t kPortMax = 65535;
constexpr std::int64_t kIcmpMax = 255;

struct Ports {
  std::string protocol;
  std::int64_t from = -1;
  std::int64_t to = -1;
};

base::Outcome<std::string> protocol_of(const std::optional<std::string>& given) {
  if (!given || given->empty()) return refuse(missing_parameter("ipProtocol"));
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"1", "icmp"}, {"6", "tcp"}, {"17", "udp"}, {"58", "icmpv6"}, {"all", "-1"}};
  std::string name = *given;
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const auto& [number, text] : kNames) {
    if (name == number || name == text) return std::string(text);
  }
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size() && number >= 0 && number <= 255) return name;
  return base::fault(faults::InvalidParameterValue,
                     "Invalid value '" + *given + "' for IP protocol. Unknown protocol.");
}

base::Fault bad_ports(std::string_view protocol, std::int64_t from, std::int64_t to) {
  return {&faults::InvalidParameterValue,
          "Invalid " + std::string(protocol) + " range " + std::to_string(from) + ":" + std::to_string(to)};
}

base::Outcome<Ports> ports_of(const std::optional<std::string>& protocol, const std::optional<std::int64_t>& from,
                              const std::optional<std::int64_t>& to) {
  Ports ports;
  TRY(ports.protocol, protocol_of(protocol));
  if (ports.protocol == "tcp" || ports.protocol == "udp") {
    if (!from || !to) {
      return base::fault(faults::InvalidParameterValue,
                         "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
    }
    if (*from < 0 || *to > kPortMax || *from > *to) return refuse(bad_ports("TCP/UDP port", *from, *to));
    ports.from = *from;
    ports.to = *to;
  } else if (ports.protocol.starts_with("icmp")) {
    ports.from = from.value_or(-1);
    ports.to = to.value_or(-1);
    if (std::min(ports.from, ports.to) < -1 || std::max(ports.from, ports.to) > kIcmpMax) {
      return refuse(bad_ports("ICMP type/code", ports.from, ports.to));
    }
  }
  return ports;
}

class Collector {
 public:
  Collector(const State& state, const SecurityGroupRow& group, const service::Context& ctx)
      : state_(state), group_(group), ctx_(ctx) {}

  base::Outcome<void> permission(const aws::IpPermission& permission) {
    TRY(ports_, ports_of(permission.ip_protocol, permission.from_port, permission.to_port));
    const std::size_t before = found_.size();
    for (const auto& range : permission.ip_ranges.value_or(std::vector<aws::IpRange>{})) {
      CHECK(cidr(range.cidr_ip.value_or(""), range.description));
    }
    for (const auto& range : permission.ipv6_ranges.value_or(std::vector<aws::Ipv6Range>{})) {
      CHECK(ipv6_cidr(range.cidr_ipv6.value_or(""), range.description));
    }
    for (const auto& list : permission.prefix_list_ids.value_or(std::vector<aws::PrefixListId>{})) {
      CHECK(prefix_list(list.prefix_list_id.value_or(""), list.description));
    }
    for (const auto& pair : permission.user_id_group_pairs.value_or(std::vector<aws::UserIdGroupPair>{})) {
      CHECK(group(pair));
    }
    if (found_.size() == before) {
      return base::fault(faults::MissingParameter,
                         "Missing source specification: include source security group or CIDR information");
    }
    return {};
  }

  base::Outcome<void> legacy(const RuleRequest& request) {
    TRY(ports_, ports_of(request.protocol, request.from_port, request.to_port));
    if (!request.cidr) return refuse(missing_parameter("cidrIp"));
    return cidr(*request.cidr, {});
  }

  std::vector<RuleRow> take() { return std::move(found_); }

 private:
  RuleRow& add(const std::optional<std::string>& description) {
    RuleRow& rule = found_.emplace_back();
    rule.protocol = ports_.protocol;
    rule.from_port = ports_.from;
    rule.to_port = ports_.to;
    rule.description = description.value_or("");
    return rule;
  }

  base::Outcome<void> cidr(const std::string& text, const std::optional<std::string>& description) {
    const auto parsed = parse_cidr(text);
    if (!parsed) return base::fault(faults::InvalidParameterValue, "CIDR block " + text + " is malformed");
    add(description).cidr = parsed->to_text();
    return {};
  }

  // Kept as written: nothing of ours carries IPv6, but templates open both families together.
  base::Outcome<void> ipv6_cidr(const std::string& text, const std::optional<std::string>& description) {
    if (text.find(':') == std::string::npos || text.find('/') == std::string::npos) {
      return base::fault(faults::InvalidParameterValue, "CIDR block " + text + " is malformed");
    }
    add(description).ipv6_cidr = text;
    return {};
  }

  base::Outcome<void> prefix_list(const std::string& id, const std::optional<std::string>& description) {
    const bool known = std::ranges::any_of(endpoint_services(), [&](const EndpointService& service) {
      return service.gateway && prefix_list_id(service_name(ctx_.call.region, service)) == id;
    });
    if (!known) {
      return base::fault(faults::InvalidPrefixListIDNotFound, "The prefix list ID '" + id + "' does not exist");
    }
    add(description).prefix_list = id;
    return {};
  }

  base::Outcome<void> group(const aws::UserIdGroupPair& pair) {
    if (pair.vpc_peering_connection_id) return refuse(not_supported("VpcPeeringConnectionId"));
    if (pair.user_id && *pair.user_id != ctx_.call.account) return refuse(not_supported("UserId of another account"));
    if (!pair.group_id && !pair.group_name) return refuse(missing_parameter("groupId"));
    const SecurityGroupRow* peer = nullptr;
    if (pair.group_id) {
      TRY(peer, find_or_fault(state_.security_groups, kSecurityGroup, *pair.group_id, ctx_));
    } else {
      TRY(peer, group_by_name(*pair.group_name));
    }
    if (peer->vpc_id != group_.vpc_id) {
      return base::fault(faults::InvalidGroupNotFound,
                         "You have specified two resources that belong to different networks.");
    }
    add(pair.description).group = peer->id;
    return {};
  }

  base::Outcome<const SecurityGroupRow*> group_by_name(const std::string& name) const {
    for (const auto& [key, other] : own_rows(state_.security_groups, ctx_)) {
      if (other.vpc_id == group_.vpc_id && other.name == name) return &other;
    }
    return refuse(not_found(kSecurityGroup, name));
  }

  const State& state_;
  const SecurityGroupRow& group_;
  const service::Context& ctx_;
  Ports ports_;
  std::vector<RuleRow> found_;
};

auto essence(const RuleRow& rule) {
  return std::tie(rule.protocol, rule.from_port, rule.to_port, rule.cidr, rule.ipv6_cidr, rule.prefix_list, rule.group);
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

base::Outcome<std::vector<RuleRow>> rules_of(const State& state, const SecurityGroupRow& group,
                                             const RuleRequest& request, const service::Context& ctx) {
  Collector collector(state, group, ctx);
  const bool has_permissions = request.permissions && !request.permissions->empty();
  const bool has_legacy = request.protocol || request.cidr || request.from_port || request.to_port;
  if (has_permissions && has_legacy) {
    return base::fault(faults::InvalidParameterCombination,
                       "The parameter ipPermissions may not be used in combination with ipProtocol");
  }
  if (has_permissions) {
    for (const aws::IpPermission& permission : *request.permissions) CHECK(collector.permission(permission));
  } else if (has_legacy) {
    CHECK(collector.legacy(request));
  } else {
    return refuse(missing_parameter("ipPermissions"));
  }
  return collector.take();
}

std::string find_rule(const SecurityGroupRow& group, Direction direction, const RuleRow& wanted) {
  for (const auto& [id, rule] : rules(group, direction)) {
    if (essence(rule) == essence(wanted)) return id;
  }
  return "";
}

std::string rule_text(const RuleRow& rule) {
  std::string text = "peer: " + rule.cidr + rule.ipv6_cidr + rule.prefix_list + rule.group + ", ";
  if (rule.protocol == "-1") return text + "ALL, ALLOW";
  for (const char c : rule.protocol) text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (rule.protocol.starts_with("icmp")) {
    text += ", type: " + std::to_string(rule.from_port) + ", code: " + std::to_string(rule.to_port);
  } else if (rule.from_port >= 0) {
    text += ", from port: " + std::to_string(rule.from_port) + ", to port: " + std::to_string(rule.to_port);
  }
  return text + ", ALLOW";
}

aws::SecurityGroupRule shown_rule(const State& state, const SecurityGroupRow& group, Direction direction,
                                  const std::string& id, const RuleRow& rule, const service::Context& ctx) {
  aws::SecurityGroupRule shown;
  shown.security_group_rule_id = id;
  shown.security_group_rule_arn = ctx.arn("ec2", "security-group-rule/" + id);
  shown.group_id = group.id;
  shown.group_owner_id = ctx.call.account;
  shown.is_egress = direction == Direction::Egress;
  shown.ip_protocol = rule.protocol;
  shown.from_port = rule.from_port;
  shown.to_port = rule.to_port;
  shown.cidr_ipv4 = unless_empty(rule.cidr);
  shown.cidr_ipv6 = unless_empty(rule.ipv6_cidr);
  shown.prefix_list_id = unless_empty(rule.prefix_list);
  if (!rule.group.empty()) {
    shown.referenced_group_info.emplace();
    shown.referenced_group_info->group_id = rule.group;
    shown.referenced_group_info->user_id = ctx.call.account;
  }
  shown.description = unless_empty(rule.description);
  shown.tags = shown_tags(state, id, ctx);
  return shown;
}

std::vector<aws::IpPermission> shown_permissions(const std::map<std::string, RuleRow>& rules,
                                                 const service::Context& ctx) {
  std::map<std::tuple<std::string, std::int64_t, std::int64_t>, aws::IpPermission> grouped;
  for (const auto& [id, rule] : rules) {
    aws::IpPermission& permission = grouped[{rule.protocol, rule.from_port, rule.to_port}];
    if (!permission.ip_protocol) {
      permission.ip_protocol = rule.protocol;
      if (rule.from_port != -1 || rule.protocol.starts_with("icmp")) {
        permission.from_port = rule.from_port;
        permission.to_port = rule.to_port;
      }
      permission.ip_ranges.emplace();
      permission.ipv6_ranges.emplace();
      permission.prefix_list_ids.emplace();
      permission.user_id_group_pairs.emplace();
    }
    const auto description = unless_empty(rule.description);
    if (!rule.cidr.empty()) permission.ip_ranges->push_back({rule.cidr, description});
    if (!rule.ipv6_cidr.empty()) permission.ipv6_ranges->push_back({rule.ipv6_cidr, description});
    if (!rule.prefix_list.empty()) permission.prefix_list_ids->push_back({description, rule.prefix_list});
    if (!rule.group.empty()) {
      aws::UserIdGroupPair& pair = permission.user_id_group_pairs->emplace_back();
      pair.description = description;
      pair.group_id = rule.group;
      pair.user_id = ctx.call.account;
    }
  }
  std::vector<aws::IpPermission> shown;
  for (auto& [ports, permission] : grouped) shown.push_back(std::move(permission));
  return shown;
}

}  // namespace ec2
