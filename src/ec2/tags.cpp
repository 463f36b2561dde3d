#include "ec2/tags.h"

#include "api/ec2/operations.h"

namespace ec2 {
namespace {

namespace faults = api::ec2::faults;

// EC2 user guide, "Tag restrictions": Unicode characters; bytes here, so non-ASCII keys may be refused early.
constexpr std::size_t kKeyMax = 128;
constexpr std::size_t kValueMax = 256;

}  // namespace

base::Outcome<void> check_tag(std::string_view key, std::string_view value, const service::Context& ctx) {
  if (key.empty() || key.size() > kKeyMax) {
    return base::fault(faults::InvalidParameterValue,
                       "Tag key exceeds the maximum length of 128 characters or is empty: '" + std::string(key) + "'");
  }
  if (value.size() > kValueMax) {
    return base::fault(faults::InvalidParameterValue,
                       "Tag value exceeds the maximum length of 256 characters: '" + std::string(value) + "'");
  }
  if (key.starts_with("aws:") && !ctx.call.principal_arn.empty()) {
    return base::fault(faults::InvalidParameterValue, "Tag keys starting with 'aws:' are reserved for internal use");
  }
  return {};
}

base::Outcome<TagMap> tags_to_create(const TagSpecifications& specifications, const ResourceKind& kind,
                                     const service::Context& ctx) {
  TagMap tags;
  if (!specifications) return tags;
  for (const api::ec2::TagSpecification& specification : *specifications) {
    const std::string type = specification.resource_type.value_or("");
    if (type != kind.type) {
      return base::fault(faults::InvalidParameterValue,
                         "'" + type + "' is not a valid taggable resource type for this operation.");
    }
    if (!specification.tags) continue;
    for (const api::ec2::Tag& tag : *specification.tags) {
      const std::string key = tag.key.value_or("");
      CHECK(check_tag(key, tag.value.value_or(""), ctx));
      if (!tags.emplace(key, tag.value.value_or("")).second) {
        return base::fault(faults::InvalidParameterValue, "Duplicate tag key '" + key + "' specified.");
      }
    }
  }
  if (tags.size() > kTagsPerResourceMax) {
    return base::fault(faults::TagLimitExceeded, "More than 50 tags specified for the resource.");
  }
  return tags;
}

void put_tags(State& state, const ResourceKind& kind, std::string_view id, TagMap tags, service::Context& ctx) {
  const std::string key = key_of(ctx, id);
  if (tags.empty()) {
    state.tags.erase(ctx.change, key);
  } else {
    state.tags.put(ctx.change, key, {std::string(kind.type), std::move(tags)});
  }
}

void drop_tags(State& state, std::string_view id, service::Context& ctx) {
  state.tags.erase(ctx.change, key_of(ctx, id));
}

std::vector<api::ec2::Tag> shown_tags(const State& state, std::string_view id, const service::Context& ctx) {
  std::vector<api::ec2::Tag> shown;
  const TagsRow* row = state.tags.find(key_of(ctx, id));
  if (row == nullptr) return shown;
  for (const auto& [key, value] : row->tags) shown.push_back({key, value});
  return shown;
}

}  // namespace ec2
