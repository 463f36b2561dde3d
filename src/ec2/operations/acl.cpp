#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;

constexpr std::int64_t kAllowRule = 100;
constexpr std::int64_t kLastRule = 32767;  // "*" in the console: denies what no other rule took

aws::NetworkAclEntry entry(bool egress, std::int64_t number, std::string action) {
  aws::NetworkAclEntry made;
  made.cidr_block = "0.0.0.0/0";
  made.egress = egress;
  made.protocol = "-1";
  made.rule_action = std::move(action);
  made.rule_number = number;
  return made;
}

// Every VPC has its default ACL, and every subnet is associated with it: renkei can't change ACLs yet.
aws::NetworkAcl shown(const State& state, const AclRow& row, const Context& ctx) {
  aws::NetworkAcl acl;
  acl.network_acl_id = row.id;
  acl.vpc_id = row.vpc_id;
  acl.owner_id = ctx.call.account;
  acl.is_default = true;
  acl.associations.emplace();
  for (const auto& [key, subnet] : own_rows(state.subnets, ctx)) {
    if (subnet.vpc_id == row.vpc_id) acl.associations->push_back({subnet.acl_association_id, row.id, subnet.id});
  }
  acl.entries.emplace();
  for (const bool egress : {true, false}) {
    acl.entries->push_back(entry(egress, kAllowRule, "allow"));
    acl.entries->push_back(entry(egress, kLastRule, "deny"));
  }
  acl.tags = shown_tags(state, row.id, ctx);
  return acl;
}

Values association_values(const aws::NetworkAcl& acl, std::optional<std::string> aws::NetworkAclAssociation::* field) {
  Values values;
  for (const auto& association : *acl.associations) values.push_back((association.*field).value_or(""));
  return values;
}

constexpr FilterField<aws::NetworkAcl> kFilters[] = {
    {"association.association-id",
     [](const aws::NetworkAcl& acl) {
       return association_values(acl, &aws::NetworkAclAssociation::network_acl_association_id);
     }},
    {"association.network-acl-id",
     [](const aws::NetworkAcl& acl) { return association_values(acl, &aws::NetworkAclAssociation::network_acl_id); }},
    {"association.subnet-id",
     [](const aws::NetworkAcl& acl) { return association_values(acl, &aws::NetworkAclAssociation::subnet_id); }},
    {"default", [](const aws::NetworkAcl& acl) { return one(acl.is_default); }},
    {"network-acl-id", [](const aws::NetworkAcl& acl) { return one(acl.network_acl_id); }},
    {"owner-id", [](const aws::NetworkAcl& acl) { return one(acl.owner_id); }},
    {"vpc-id", [](const aws::NetworkAcl& acl) { return one(acl.vpc_id); }},
};

}  // namespace

Answer<aws::DescribeNetworkAcls> describe_network_acls(State& state, const aws::DescribeNetworkAclsRequest& input,
                                                       Context& ctx) {
  const Selection selection{input.network_acl_ids, "networkAclIds", input.filters, input.max_results, input.next_token};
  TRY(auto page, describe<aws::NetworkAcl>(state.acls, kAcl, selection, kFilters, state, ctx, shown));
  return aws::DescribeNetworkAclsResult{std::move(page.items), std::move(page.next_token)};
}

}  // namespace ec2
