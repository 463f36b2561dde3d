#include "cloud/access/endpoints.h"

#include <algorithm>

#include "ec2/route_target.h"
#include "runtime/network.h"

namespace cloud::access {
namespace {

// "account/region/" of a row's key: what it names is in the same.
std::string scope_of(const std::string& key) {
  return key.substr(0, key.rfind('/') + 1);
}

}  // namespace

const ec2::EndpointRow* Endpoints::find(const std::string& id) const {
  for (const auto& [key, row] : state_.endpoints.rows()) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

const ec2::EndpointRow* Endpoints::of_interface(const std::string& interface) const {
  for (const auto& [key, row] : state_.endpoints.rows()) {
    for (const auto& [subnet, id] : row.interfaces) {
      if (id == interface) return &row;
    }
  }
  return nullptr;
}

const ec2::EndpointRow* Endpoints::of_gateway(const std::string& vpc, const std::string& sender) const {
  for (const auto& [key, row] : state_.interfaces.rows()) {
    if (row.vpc_id != vpc || row.address != sender) continue;
    const std::string scope = scope_of(key);
    const ec2::SubnetRow* subnet = state_.subnets.find(scope + row.subnet_id);
    const ec2::RouteTableRow* table = subnet == nullptr ? nullptr : ec2::route_table_of(state_, scope, *subnet);
    if (table == nullptr) return nullptr;
    for (const auto& [name, endpoint] : state_.endpoints.with_prefix(scope)) {
      if (endpoint.type != "Gateway" || !endpoint.service_name.ends_with(".s3")) continue;
      if (std::ranges::find(endpoint.route_tables, table->id) != endpoint.route_tables.end()) return &endpoint;
    }
    return nullptr;
  }
  return nullptr;
}

const ec2::EndpointRow* Endpoints::at(const std::string& vpc, const std::string& address,
                                      const std::string& sender) const {
  if (address == runtime::kS3Address) return of_gateway(vpc, sender);
  for (const auto& [key, row] : state_.endpoints.rows()) {
    if (row.vpc_id != vpc) continue;
    for (const auto& [subnet, id] : row.interfaces) {
      const ec2::InterfaceRow* interface = state_.interfaces.find(scope_of(key) + id);
      if (interface != nullptr && interface->address == address) return &row;
    }
  }
  return nullptr;
}

}  // namespace cloud::access
