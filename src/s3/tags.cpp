#include "s3/tags.h"

#include <algorithm>
#include <set>

#include "s3/check.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "wire/percent.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

constexpr std::size_t kTagKeyMax = 128;
constexpr std::size_t kTagValueMax = 256;

}  // namespace

bool is_system_tag(const api::s3::Tag& tag) {
  return tag.key.starts_with("aws:");
}

base::Outcome<void> check_tags(const std::vector<api::s3::Tag>& tags, TagBound bound) {
  if (tags.size() > bound.count) {
    return base::fault(faults::InvalidTag,
                       std::string(bound.holder) + " tags cannot be greater than " + std::to_string(bound.count));
  }
  std::set<std::string_view> keys;
  for (const auto& tag : tags) {
    if (tag.key.empty() || tag.key.size() > kTagKeyMax) {
      return base::fault(faults::InvalidTag, "The TagKey you have provided is invalid");
    }
    if (tag.value.size() > kTagValueMax) {
      return base::fault(faults::InvalidTag, "The TagValue you have provided is invalid");
    }
    if (is_system_tag(tag)) {
      return base::fault(faults::InvalidTag, "System tags cannot be added/updated by requester");
    }
    if (!keys.insert(tag.key).second) {
      return base::fault(faults::InvalidTag, "Cannot provide multiple Tags with the same key");
    }
  }
  return {};
}

base::Outcome<void> check_bucket_tags(const std::vector<api::s3::Tag>& held, const std::vector<api::s3::Tag>& wanted,
                                      const service::Context& ctx) {
  std::vector<api::s3::Tag> own;
  for (const auto& tag : wanted) {
    if (!is_system_tag(tag)) {
      own.push_back(tag);
    } else if (!ctx.call.principal_arn.empty() && std::ranges::find(held, tag) == held.end()) {
      return base::fault(faults::InvalidTag, "System tags cannot be added/updated by requester");
    }
  }
  for (const auto& tag : held) {
    if (is_system_tag(tag) && !ctx.call.principal_arn.empty() && std::ranges::find(wanted, tag) == wanted.end()) {
      return base::fault(faults::InvalidTag, "System tags cannot be removed by requester");
    }
  }
  return check_tags(own, {"Bucket", kTagsMax});
}

base::Outcome<std::vector<api::s3::Tag>> tags_of_header(const std::optional<std::string>& header) {
  std::vector<api::s3::Tag> tags;
  if (!header) return tags;
  for (auto& [key, value] : wire::parse_query(*header)) tags.push_back({.key = key, .value = value});
  CHECK(check_tags(tags, {"Object", kObjectTagsMax}));
  return tags;
}

namespace {

template <class Input>
Outcome<ObjectRow> tagged_object(const State& state, const Input& input, const Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  const ObjectRow* object = state.objects.find(object_key(input.bucket, input.key));
  if (object == nullptr) return base::fault(faults::NoSuchKey, "The specified key does not exist.");
  if (input.version_id && *input.version_id != "null") {
    return base::fault(faults::NoSuchVersion, "The specified version does not exist.");
  }
  return *object;
}

}  // namespace

Outcome<shape::GetObjectTaggingOutput> get_object_tagging(State& state, const shape::GetObjectTaggingRequest& input,
                                                          Context& ctx) {
  TRY(ObjectRow object, tagged_object(state, input, ctx));
  return shape::GetObjectTaggingOutput{.tag_set = std::move(object.tags)};
}

Outcome<shape::PutObjectTaggingOutput> put_object_tagging(State& state, const shape::PutObjectTaggingRequest& input,
                                                          Context& ctx) {
  TRY(ObjectRow object, tagged_object(state, input, ctx));
  CHECK(check_tags(input.tagging.tag_set, {"Object", kObjectTagsMax}));
  object.tags = input.tagging.tag_set;
  state.put_object(ctx, object_key(input.bucket, input.key), std::move(object));
  return shape::PutObjectTaggingOutput{};
}

Outcome<shape::DeleteObjectTaggingOutput> delete_object_tagging(State& state,
                                                                const shape::DeleteObjectTaggingRequest& input,
                                                                Context& ctx) {
  TRY(ObjectRow object, tagged_object(state, input, ctx));
  object.tags.clear();
  state.put_object(ctx, object_key(input.bucket, input.key), std::move(object));
  return shape::DeleteObjectTaggingOutput{};
}

}  // namespace s3
