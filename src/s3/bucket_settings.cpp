#include "s3/check.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/tags.h"
#include "wire/json.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

Outcome<void> check_policy(const std::string& policy) {
  if (policy.size() > kPolicyBytesMax)
    return base::fault(faults::MalformedPolicy, "Policies must not be larger than 20 KB");
  const auto document = wire::parse_json(policy);
  if (document && document->is_object() && document->find("Statement") != nullptr) return {};
  return base::fault(faults::MalformedPolicy, "Policies must be valid JSON and the first byte must be '{'");
}

template <class Edit>
void edit(State& state, Context& ctx, const std::string& bucket, Edit edit) {
  state.buckets.modify(ctx.change, bucket, edit);
}

}  // namespace

// No bucket has versioning here, which this operation tells by an empty answer.
Outcome<shape::GetBucketVersioningOutput> get_bucket_versioning(State& state,
                                                                const shape::GetBucketVersioningRequest& input,
                                                                Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  return shape::GetBucketVersioningOutput{};
}

Outcome<shape::PutBucketPolicyOutput> put_bucket_policy(State& state, const shape::PutBucketPolicyRequest& input,
                                                        Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(check_policy(input.policy));
  edit(state, ctx, input.bucket, [&](BucketRow& row) { row.policy = input.policy; });
  return shape::PutBucketPolicyOutput{};
}

Outcome<shape::GetBucketPolicyOutput> get_bucket_policy(State& state, const shape::GetBucketPolicyRequest& input,
                                                        Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  if (!bucket->policy) return base::fault(faults::NoSuchBucketPolicy, "The bucket policy does not exist");
  return shape::GetBucketPolicyOutput{.policy = bucket->policy};
}

Outcome<shape::DeleteBucketPolicyOutput> delete_bucket_policy(State& state,
                                                              const shape::DeleteBucketPolicyRequest& input,
                                                              Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  edit(state, ctx, input.bucket, [](BucketRow& row) { row.policy.reset(); });
  return shape::DeleteBucketPolicyOutput{};
}

Outcome<shape::PutBucketTaggingOutput> put_bucket_tagging(State& state, const shape::PutBucketTaggingRequest& input,
                                                          Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(check_bucket_tags(bucket->tags, input.tagging.tag_set, ctx));
  edit(state, ctx, input.bucket, [&](BucketRow& row) { row.tags = input.tagging.tag_set; });
  return shape::PutBucketTaggingOutput{};
}

Outcome<shape::GetBucketTaggingOutput> get_bucket_tagging(State& state, const shape::GetBucketTaggingRequest& input,
                                                          Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  if (bucket->tags.empty()) return base::fault(faults::NoSuchTagSet, "The TagSet does not exist");
  return shape::GetBucketTaggingOutput{.tag_set = bucket->tags};
}

Outcome<shape::DeleteBucketTaggingOutput> delete_bucket_tagging(State& state,
                                                                const shape::DeleteBucketTaggingRequest& input,
                                                                Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  edit(state, ctx, input.bucket, [&](BucketRow& row) {
    std::erase_if(row.tags, [&](const auto& tag) { return ctx.call.principal_arn.empty() || !is_system_tag(tag); });
  });
  return shape::DeleteBucketTaggingOutput{};
}

Outcome<shape::PutBucketEncryptionOutput> put_bucket_encryption(State& state,
                                                                const shape::PutBucketEncryptionRequest& input,
                                                                Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  const auto& configuration = input.server_side_encryption_configuration;
  if (configuration.rules.size() != 1) {
    return base::fault(faults::MalformedXML,
                       "The XML you provided was not well-formed or did not validate against our published schema");
  }
  edit(state, ctx, input.bucket, [&](BucketRow& row) { row.encryption = configuration; });
  return shape::PutBucketEncryptionOutput{};
}

// Every bucket encrypts with SSE-S3 unless told otherwise, since January 2023.
Outcome<shape::GetBucketEncryptionOutput> get_bucket_encryption(State& state,
                                                                const shape::GetBucketEncryptionRequest& input,
                                                                Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  shape::GetBucketEncryptionOutput output{.server_side_encryption_configuration = bucket->encryption};
  if (!output.server_side_encryption_configuration) {
    shape::ServerSideEncryptionRule rule;
    rule.apply_server_side_encryption_by_default = shape::ServerSideEncryptionByDefault{.sse_algorithm = "AES256"};
    rule.bucket_key_enabled = false;
    output.server_side_encryption_configuration.emplace().rules = {rule};
  }
  return output;
}

Outcome<shape::PutPublicAccessBlockOutput> put_public_access_block(State& state,
                                                                   const shape::PutPublicAccessBlockRequest& input,
                                                                   Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  shape::PublicAccessBlockConfiguration block = input.public_access_block_configuration;
  for (auto* flag : {&block.block_public_acls, &block.block_public_policy, &block.ignore_public_acls,
                     &block.restrict_public_buckets}) {
    *flag = flag->value_or(false);
  }
  edit(state, ctx, input.bucket, [&](BucketRow& row) { row.public_access_block = block; });
  return shape::PutPublicAccessBlockOutput{};
}

Outcome<shape::GetPublicAccessBlockOutput> get_public_access_block(State& state,
                                                                   const shape::GetPublicAccessBlockRequest& input,
                                                                   Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  if (!bucket->public_access_block) {
    return base::fault(faults::NoSuchPublicAccessBlockConfiguration,
                       "The public access block configuration was not found");
  }
  return shape::GetPublicAccessBlockOutput{.public_access_block_configuration = bucket->public_access_block};
}

Outcome<shape::DeletePublicAccessBlockOutput> delete_public_access_block(
    State& state, const shape::DeletePublicAccessBlockRequest& input, Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  edit(state, ctx, input.bucket, [](BucketRow& row) { row.public_access_block.reset(); });
  return shape::DeletePublicAccessBlockOutput{};
}

}  // namespace s3
