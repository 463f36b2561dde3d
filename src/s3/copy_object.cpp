#include "s3/check.h"
#include "s3/checksum.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/source.h"
#include "s3/tags.h"
#include "wire/percent.h"

namespace s3 {

namespace faults = api::s3::faults;

base::Outcome<Source> find_source(const State& state, const service::Context& ctx, std::string_view header,
                                  const std::optional<std::string>& expected_owner, const Conditions& conditions) {
  const std::size_t question = header.find("?versionId=");
  const std::string_view version = question == std::string_view::npos ? "null" : header.substr(question + 11);
  std::string path = wire::percent_decode(header.substr(0, question));
  if (path.starts_with('/')) path.erase(0, 1);
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == path.size()) {
    return base::fault(faults::InvalidArgument, "Invalid copy source object key");
  }
  const std::string bucket = path.substr(0, slash);
  CHECK(find_bucket(state, ctx, bucket, expected_owner));
  const ObjectRow* object = state.objects.find(path);
  if (object == nullptr) return base::fault(faults::NoSuchKey, "The specified key does not exist.");
  if (version != "null") return base::fault(faults::NoSuchVersion, "The specified version does not exist.");
  CHECK(check_copy_source(conditions, *object));
  return Source{std::move(path), object};
}

namespace {

Outcome<bool> replaces(const std::optional<std::string>& directive, std::string_view what) {
  if (!directive || *directive == "COPY") return false;
  if (*directive == "REPLACE") return true;
  return base::fault(faults::InvalidArgument, "Unknown " + std::string(what) + " directive.");
}

}  // namespace

Outcome<shape::CopyObjectOutput> copy_object(State& state, const shape::CopyObjectRequest& input, Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(check_key(input.key));
  CHECK(refuse_features({{input.copy_source_sse_customer_algorithm.has_value(),
                          "x-amz-copy-source-server-side-encryption-customer-algorithm"}}));
  TRY(Headers headers, object_headers(input));
  TRY(auto tags, tags_of_header(input.tagging));
  TRY(const bool replace, replaces(input.metadata_directive, "metadata"));
  TRY(const bool replace_tags, replaces(input.tagging_directive, "tagging"));
  TRY(const Source source, find_source(state, ctx, input.copy_source, input.expected_source_bucket_owner,
                                       {input.copy_source_if_match, input.copy_source_if_none_match,
                                        input.copy_source_if_modified_since, input.copy_source_if_unmodified_since}));
  const std::string key = object_key(input.bucket, input.key);
  CHECK(check_write(input.if_match, input.if_none_match, state.objects.find(key)));
  if (source.object->size > kObjectBytesMax) {
    return base::fault(faults::InvalidRequest,
                       "The specified copy source is larger than the maximum allowable size for a copy source: " +
                           std::to_string(kObjectBytesMax));
  }
  const bool changes = replace || input.storage_class || input.server_side_encryption;
  if (key == source.key && !changes) {
    return base::fault(
        faults::InvalidRequest,
        "This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's metadata, storage class, website redirect location or encryption attributes.");
  }
  ObjectRow row = *source.object;
  row.modified_at = ctx.now;
  if (replace_tags) row.tags = std::move(tags);
  if (replace) {
    row.headers = std::move(headers);
  } else {  // encryption and storage class are never copied
    row.headers.storage_class = headers.storage_class;
    row.headers.encryption = headers.encryption;
    row.headers.kms_key = headers.kms_key;
  }
  shape::CopyObjectOutput output;
  auto& result = output.copy_object_result.emplace();
  result.etag = quoted(row.etag);
  result.last_modified = ctx.now;
  set_checksums(result, row.checksums);
  output.server_side_encryption = row.headers.encryption;
  output.sse_kms_key_id = row.headers.kms_key;
  state.put_object(ctx, key, std::move(row));
  return output;
}

}  // namespace s3
