#pragma once

// Checks and look-ups that many operations share.

#include <optional>
#include <string>
#include <string_view>

#include "api/s3/operations.h"
#include "base/fault.h"
#include "s3/state.h"

namespace s3 {

// The bucket, if it is there and belongs to the owner that the caller expects.
base::Outcome<const BucketRow*> find_bucket(const State& state, const service::Context& ctx, std::string_view name,
                                            const std::optional<std::string>& expected_owner);
base::Outcome<void> check_key(std::string_view key);
bool is_bucket_name(std::string_view name);
// S3 names accounts by 64 hex digits of their own.
std::string canonical_id(std::string_view account);
std::string quoted(std::string_view etag);
std::string unquoted(std::string_view etag);

base::Outcome<std::int64_t> page_size(const std::optional<std::int64_t>& wanted, std::string_view parameter);

// Refuses what a request asks for and this build does not do; nothing is silently dropped.
struct Feature {
  bool asked;
  std::string_view header;
};
base::Outcome<void> refuse_features(std::initializer_list<Feature> features);
// Canned ACLs that change nothing where ACLs are disabled, which is every bucket's default.
base::Outcome<void> check_acl(const std::optional<std::string>& acl);

// What a request says about an object: the same members in PutObject, CopyObject and CreateMultipartUpload.
base::Outcome<void> check_metadata(const std::map<std::string, std::string>& metadata);
base::Outcome<void> check_storage_class(const std::optional<std::string>& storage_class);

template <class Input>
base::Outcome<Headers> object_headers(const Input& input) {
  CHECK(refuse_features({{input.sse_customer_algorithm.has_value(), "x-amz-server-side-encryption-customer-algorithm"},
                         {input.object_lock_mode.has_value(), "x-amz-object-lock-mode"},
                         {input.object_lock_legal_hold_status.has_value(), "x-amz-object-lock-legal-hold"},
                         {input.grant_full_control.has_value(), "x-amz-grant-full-control"},
                         {input.grant_read.has_value(), "x-amz-grant-read"},
                         {input.grant_read_acp.has_value(), "x-amz-grant-read-acp"},
                         {input.grant_write_acp.has_value(), "x-amz-grant-write-acp"},
                         {input.website_redirect_location.has_value(), "x-amz-website-redirect-location"}}));
  CHECK(check_acl(input.acl));
  CHECK(check_storage_class(input.storage_class));
  Headers headers{.content_type = input.content_type,
                  .content_encoding = input.content_encoding,
                  .content_language = input.content_language,
                  .content_disposition = input.content_disposition,
                  .cache_control = input.cache_control,
                  .expires = input.expires,
                  .metadata = input.metadata.value_or(std::map<std::string, std::string>{})};
  CHECK(check_metadata(headers.metadata));
  if (input.storage_class) headers.storage_class = *input.storage_class;
  if (input.server_side_encryption) headers.encryption = *input.server_side_encryption;
  headers.kms_key = input.sse_kms_key_id;
  return headers;
}

}  // namespace s3
