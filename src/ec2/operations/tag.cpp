#include <algorithm>

#include "ec2/describe.h"
#include "ec2/operations.h"
#include "ec2/tags.h"

namespace ec2 {
namespace {

namespace aws = api::ec2;
namespace faults = api::ec2::faults;

constexpr std::int64_t kTagsPageMax = 1000;

template <class Row>
base::Outcome<void> check_row(const service::Table<Row>& table, const ResourceKind& kind, std::string_view id,
                              const Context& ctx) {
  if (table.find(key_of(ctx, id)) == nullptr) return refuse(not_found(kind, id));
  return {};
}

base::Outcome<void> check_rule(const State& state, const std::string& id, const Context& ctx) {
  for (const auto& [key, group] : own_rows(state.security_groups, ctx)) {
    if (group.ingress.contains(id) || group.egress.contains(id)) return {};
  }
  return refuse(not_found(kSecurityGroupRule, id));
}

// The kind of a resource that is there.
base::Outcome<const ResourceKind*> find_resource(const State& state, const std::string& id, const Context& ctx) {
  const ResourceKind* kind = kind_of_id(id);
  if (kind == nullptr) {
    return base::fault(faults::InvalidID, "The ID '" + id + "' is not valid");
  }
  if (kind == &kVpc) CHECK(check_row(state.vpcs, *kind, id, ctx));
  if (kind == &kSubnet) CHECK(check_row(state.subnets, *kind, id, ctx));
  if (kind == &kRouteTable) CHECK(check_row(state.route_tables, *kind, id, ctx));
  if (kind == &kInternetGateway) CHECK(check_row(state.internet_gateways, *kind, id, ctx));
  if (kind == &kSecurityGroup) CHECK(check_row(state.security_groups, *kind, id, ctx));
  if (kind == &kSecurityGroupRule) CHECK(check_rule(state, id, ctx));
  if (kind == &kEndpoint) CHECK(check_row(state.endpoints, *kind, id, ctx));
  if (kind == &kNatGateway) CHECK(check_row(state.nat_gateways, *kind, id, ctx));
  if (kind == &kAddress) CHECK(check_row(state.addresses, *kind, id, ctx));
  if (kind == &kAcl) CHECK(check_row(state.acls, *kind, id, ctx));
  if (kind == &kInterface) CHECK(check_row(state.interfaces, *kind, id, ctx));
  return kind;
}

TagMap tags_now(const State& state, std::string_view id, const Context& ctx) {
  const TagsRow* row = state.tags.find(key_of(ctx, id));
  return row == nullptr ? TagMap{} : row->tags;
}

constexpr FilterField<aws::TagDescription> kFilters[] = {
    {"key", [](const aws::TagDescription& tag) { return one(tag.key); }},
    {"resource-id", [](const aws::TagDescription& tag) { return one(tag.resource_id); }},
    {"resource-type", [](const aws::TagDescription& tag) { return one(tag.resource_type); }},
    {"value", [](const aws::TagDescription& tag) { return one(tag.value); }},
};

}  // namespace

Answer<aws::CreateTags> create_tags(State& state, const aws::CreateTagsRequest& input, Context& ctx) {
  if (input.resources.empty()) return refuse(missing_parameter("resourceIdSet"));
  if (input.tags.empty()) return refuse(missing_parameter("tagSet"));
  for (const aws::Tag& tag : input.tags) CHECK(check_tag(tag.key.value_or(""), tag.value.value_or(""), ctx));
  for (const std::string& id : input.resources) {
    TRY(const ResourceKind* kind, find_resource(state, id, ctx));
    TagMap tags = tags_now(state, id, ctx);
    for (const aws::Tag& tag : input.tags) tags[tag.key.value_or("")] = tag.value.value_or("");
    if (tags.size() > kTagsPerResourceMax) {
      return base::fault(faults::TagLimitExceeded, "More than 50 tags specified for the resource.");
    }
    put_tags(state, *kind, id, std::move(tags), ctx);
  }
  return aws::CreateTagsOutput{};
}

// A tag given with a value goes only if it has that value; no tags at all means every tag of one's own.
Answer<aws::DeleteTags> delete_tags(State& state, const aws::DeleteTagsRequest& input, Context& ctx) {
  if (input.resources.empty()) return refuse(missing_parameter("resourceIdSet"));
  for (const std::string& id : input.resources) {
    TRY(const ResourceKind* kind, find_resource(state, id, ctx));
    TagMap tags = tags_now(state, id, ctx);
    if (!input.tags || input.tags->empty()) {
      std::erase_if(tags, [](const auto& tag) { return !tag.first.starts_with("aws:"); });
    } else {
      for (const aws::Tag& tag : *input.tags) {
        const auto found = tags.find(tag.key.value_or(""));
        if (found != tags.end() && (!tag.value || found->second == *tag.value)) tags.erase(found);
      }
    }
    put_tags(state, *kind, id, std::move(tags), ctx);
  }
  return aws::DeleteTagsOutput{};
}

Answer<aws::DescribeTags> describe_tags(State& state, const aws::DescribeTagsRequest& input, Context& ctx) {
  std::string after;
  if (input.next_token) {
    TRY(after, read_token(*input.next_token));
  }
  CHECK(check_filters<aws::TagDescription>(input.filters, kFilters));
  const auto limit =
      static_cast<std::size_t>(std::clamp<std::int64_t>(input.max_results.value_or(kTagsPageMax), 1, kTagsPageMax));
  aws::DescribeTagsResult output;
  output.tags.emplace();
  std::string last;
  const std::size_t skip = service::scope_prefix(ctx.call).size();
  for (const auto& [key, row] : own_rows(state.tags, ctx)) {
    for (const auto& [name, value] : row.tags) {
      const std::string place = key.substr(skip) + " " + name;
      if (place <= after) continue;
      aws::TagDescription tag{name, key.substr(skip), row.resource_type, value};
      TRY(const bool wanted, passes<aws::TagDescription>(input.filters, kFilters, tag));
      if (!wanted) continue;
      if (output.tags->size() == limit) {
        output.next_token = make_token(last);
        return output;
      }
      output.tags->push_back(std::move(tag));
      last = place;
    }
  }
  return output;
}

}  // namespace ec2
