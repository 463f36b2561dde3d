#include "s3/check.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/tags.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

constexpr std::string_view kFirstRegion = "us-east-1";  // the one without a location constraint

// Where the bucket goes, from the endpoint's region and the constraint sent to it (CreateBucket, API reference).
Outcome<std::string> chosen_region(const shape::CreateBucketRequest& input, const Context& ctx) {
  const std::string& here = ctx.call.region;
  const auto& configuration = input.create_bucket_configuration;
  const std::string wanted = configuration ? configuration->location_constraint.value_or("") : "";
  if (wanted == kFirstRegion) {
    return base::fault(faults::InvalidLocationConstraint, "The specified location-constraint is not valid");
  }
  if (here == kFirstRegion) return wanted.empty() ? here : wanted;
  if (wanted == here || (wanted == "EU" && here == "eu-west-1")) return here;
  const std::string which = wanted.empty() ? "unspecified" : wanted;
  return base::fault(
      faults::IllegalLocationConstraintException,
      "The " + which +
          " location constraint is incompatible for the region specific endpoint this request was sent to.");
}

}  // namespace

Outcome<shape::CreateBucketOutput> create_bucket(State& state, const shape::CreateBucketRequest& input, Context& ctx) {
  if (!is_bucket_name(input.bucket)) {
    return base::fault(faults::InvalidBucketName, "The specified bucket is not valid.");
  }
  CHECK(refuse_features({{input.object_lock_enabled_for_bucket.value_or(false), "x-amz-bucket-object-lock-enabled"},
                         {input.grant_full_control.has_value(), "x-amz-grant-full-control"},
                         {input.grant_read.has_value(), "x-amz-grant-read"},
                         {input.grant_write.has_value(), "x-amz-grant-write"}}));
  CHECK(check_acl(input.acl));
  TRY(const std::string region, chosen_region(input, ctx));
  const shape::CreateBucketOutput output{.location = '/' + input.bucket};
  if (const BucketRow* held = state.buckets.find(input.bucket)) {
    if (held->account != ctx.call.account) {
      return base::fault(
          faults::BucketAlreadyExists,
          "The requested bucket name is not available. The bucket namespace is shared by all users of the "
          "system. Please select a different name and try again.");
    }
    // The first region forgives a repetition.
    if (ctx.call.region == kFirstRegion && held->region == region) return output;
    return base::fault(faults::BucketAlreadyOwnedByYou,
                       "Your previous request to create the named bucket succeeded and you already own it.");
  }
  if (state.buckets.rows().size() >= kBucketsMax) {
    return base::fault(faults::TooManyBuckets, "You have attempted to create more buckets than allowed");
  }
  BucketRow row{.name = input.bucket, .account = ctx.call.account, .region = region, .created_at = ctx.now};
  if (input.create_bucket_configuration && input.create_bucket_configuration->tags) {
    row.tags = *input.create_bucket_configuration->tags;
    CHECK(check_bucket_tags({}, row.tags, ctx));
  }
  // Every new bucket blocks public access since April 2023.
  row.public_access_block = shape::PublicAccessBlockConfiguration{true, true, true, true};
  state.buckets.put(ctx.change, input.bucket, std::move(row));
  return output;
}

Outcome<shape::DeleteBucketOutput> delete_bucket(State& state, const shape::DeleteBucketRequest& input, Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  const auto objects = state.objects.with_prefix(input.bucket + '/');
  if (objects.begin() != objects.end()) {
    return base::fault(faults::BucketNotEmpty, "The bucket you tried to delete is not empty");
  }
  std::vector<std::string> uploads;
  for (const auto& [key, row] : state.uploads.with_prefix(input.bucket + '/')) uploads.push_back(key);
  for (const auto& key : uploads) state.erase_upload(ctx, key);
  state.buckets.erase(ctx.change, input.bucket);
  return shape::DeleteBucketOutput{};
}

Outcome<shape::HeadBucketOutput> head_bucket(State& state, const shape::HeadBucketRequest& input, Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  return shape::HeadBucketOutput{.access_point_alias = false, .bucket_region = bucket->region};
}

Outcome<shape::ListBucketsOutput> list_buckets(State& state, const shape::ListBucketsRequest& input, Context& ctx) {
  const std::string prefix = input.prefix.value_or("");
  const auto page =
      static_cast<std::size_t>(std::min<std::int64_t>(input.max_buckets.value_or(kBucketsMax), kBucketsMax));
  shape::ListBucketsOutput output{.owner = shape::Owner{.id = canonical_id(ctx.call.account)}, .prefix = input.prefix};
  auto& buckets = output.buckets.emplace();
  for (const auto& [name, row] : state.buckets.with_prefix(prefix)) {
    if (row.account != ctx.call.account || (input.bucket_region && *input.bucket_region != row.region)) continue;
    if (input.continuation_token && name <= *input.continuation_token) continue;
    if (buckets.size() >= page) {
      output.continuation_token = buckets.empty() ? std::string() : *buckets.back().name;
      break;
    }
    buckets.push_back({.bucket_region = row.region, .creation_date = row.created_at, .name = name});
  }
  return output;
}

Outcome<shape::GetBucketLocationOutput> get_bucket_location(State& state, const shape::GetBucketLocationRequest& input,
                                                            Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  shape::GetBucketLocationOutput output;
  if (bucket->region != kFirstRegion) output.location_constraint = bucket->region;
  return output;
}

}  // namespace s3
