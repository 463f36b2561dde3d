#include "s3/check.h"
#include "s3/condition.h"
#include "s3/limits.h"
#include "s3/operations.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

// Without versions only the null version exists.
bool is_other_version(const std::optional<std::string>& version) {
  return version && *version != "null";
}

Outcome<void> check_expectations(const ObjectRow* object, const std::optional<std::string>& etag,
                                 const std::optional<std::int64_t>& size) {
  if (object == nullptr) return {};
  if (etag) CHECK(check_write(etag, std::nullopt, object));
  if (size && static_cast<std::uint64_t>(*size) != object->size) {
    return base::fault(faults::PreconditionFailed, "At least one of the pre-conditions you specified did not hold");
  }
  return {};
}

}  // namespace

Outcome<shape::DeleteObjectOutput> delete_object(State& state, const shape::DeleteObjectRequest& input, Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  if (is_other_version(input.version_id)) {
    return base::fault(faults::NoSuchVersion, "The specified version does not exist.");
  }
  const std::string key = object_key(input.bucket, input.key);
  CHECK(check_expectations(state.objects.find(key), input.if_match, input.if_match_size));
  state.erase_object(ctx, key);
  return shape::DeleteObjectOutput{};
}

Outcome<shape::DeleteObjectsOutput> delete_objects(State& state, const shape::DeleteObjectsRequest& input,
                                                   Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  const auto& objects = input.delete_.objects;
  if (objects.empty() || objects.size() > static_cast<std::size_t>(kPageMax)) {
    return base::fault(faults::MalformedXML,
                       "The XML you provided was not well-formed or did not validate against our published schema");
  }
  shape::DeleteObjectsOutput output;
  for (const auto& object : objects) {
    const std::string key = object_key(input.bucket, object.key);
    const auto refuse = [&](const base::FaultShape& shape, const std::string& message) {
      if (!output.errors) output.errors.emplace();
      output.errors->push_back(
          {.code = std::string(shape.name), .key = object.key, .message = message, .version_id = object.version_id});
    };
    if (is_other_version(object.version_id)) {
      refuse(faults::NoSuchVersion, "The specified version does not exist.");
      continue;
    }
    if (const auto checked = check_expectations(state.objects.find(key), object.etag, object.size); !checked) {
      refuse(*checked.error().shape, checked.error().message);
      continue;
    }
    state.erase_object(ctx, key);
    if (input.delete_.quiet.value_or(false)) continue;
    if (!output.deleted) output.deleted.emplace();
    output.deleted->push_back({.key = object.key, .version_id = object.version_id});
  }
  return output;
}

}  // namespace s3
