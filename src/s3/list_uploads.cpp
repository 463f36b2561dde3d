#include <set>

#include "s3/check.h"
#include "s3/checksum.h"
#include "s3/limits.h"
#include "s3/listing.h"
#include "s3/operations.h"
#include "s3/upload.h"

namespace s3 {

namespace faults = api::s3::faults;

Outcome<shape::ListPartsOutput> list_parts(State& state, const shape::ListPartsRequest& input, Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  TRY(const UploadRow* upload, find_upload(state, input.bucket, input.key, input.upload_id));
  TRY(const std::int64_t page, page_size(input.max_parts, "max-parts"));
  const std::int64_t marker = input.part_number_marker.value_or(0);
  const std::string owner = canonical_id(bucket->account);
  shape::ListPartsOutput output;
  output.bucket = input.bucket;
  output.key = input.key;
  output.upload_id = input.upload_id;
  output.max_parts = page;
  output.part_number_marker = marker;
  output.owner = shape::Owner{.id = owner};
  output.initiator = shape::Initiator{.id = owner};
  output.storage_class = upload->headers.storage_class;
  output.checksum_algorithm = upload->checksum_algorithm;
  if (!upload->checksum_type.empty()) output.checksum_type = upload->checksum_type;
  output.is_truncated = false;
  for (const auto& [key, row] : state.parts.with_prefix(upload->id + '/')) {
    if (row.number <= marker) continue;
    if (!output.parts) output.parts.emplace();
    if (static_cast<std::int64_t>(output.parts->size()) == page) {
      output.is_truncated = true;
      break;
    }
    shape::Part& part = output.parts->emplace_back();
    part.part_number = row.number;
    part.etag = quoted(row.etag);
    part.size = static_cast<std::int64_t>(row.size);
    part.last_modified = row.modified_at;
    set_checksums(part, row.checksums);
  }
  if (output.parts && !output.parts->empty()) output.next_part_number_marker = output.parts->back().part_number;
  return output;
}

namespace {

// Where a walk over a bucket's uploads starts: after the upload, or after all uploads of the key.
bool is_before(const UploadRow& row, const shape::ListMultipartUploadsRequest& input) {
  if (!input.key_marker || input.key_marker->empty()) return false;
  if (row.key != *input.key_marker) return row.key < *input.key_marker;
  return !input.upload_id_marker || row.id <= *input.upload_id_marker;
}

}  // namespace

Outcome<shape::ListMultipartUploadsOutput> list_multipart_uploads(State& state,
                                                                  const shape::ListMultipartUploadsRequest& input,
                                                                  Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  TRY(const std::int64_t page, page_size(input.max_uploads, "max-uploads"));
  const bool url = input.encoding_type == "url";
  const auto encode = [&](const std::string& key) { return url ? url_form(key) : key; };
  const std::string prefix = input.prefix.value_or("");
  const std::string owner = canonical_id(bucket->account);
  shape::ListMultipartUploadsOutput output;
  output.bucket = input.bucket;
  output.prefix = encode(prefix);
  output.key_marker = encode(input.key_marker.value_or(""));
  output.upload_id_marker = input.upload_id_marker.value_or("");
  output.delimiter = input.delimiter;
  output.encoding_type = input.encoding_type;
  output.max_uploads = page;
  output.is_truncated = false;
  std::set<std::string> groups;
  std::int64_t count = 0;
  for (const auto& [key, row] : state.uploads.with_prefix(object_key(input.bucket, prefix))) {
    if (is_before(row, input)) continue;
    const std::size_t cut = input.delimiter && !input.delimiter->empty() ? row.key.find(*input.delimiter, prefix.size())
                                                                         : std::string::npos;
    const std::string group = cut == std::string::npos ? "" : row.key.substr(0, cut + input.delimiter->size());
    const bool in_known_group = !group.empty() && groups.contains(group);
    if (!in_known_group && count == page) {
      output.is_truncated = page > 0;
      break;
    }
    output.next_key_marker = encode(row.key);
    output.next_upload_id_marker = row.id;
    if (in_known_group) continue;
    ++count;
    if (!group.empty()) {
      groups.insert(group);
      continue;
    }
    if (!output.uploads) output.uploads.emplace();
    shape::MultipartUpload& upload = output.uploads->emplace_back();
    upload.key = encode(row.key);
    upload.upload_id = row.id;
    upload.initiated = row.initiated_at;
    upload.owner = shape::Owner{.id = owner};
    upload.initiator = shape::Initiator{.id = owner};
    upload.storage_class = row.headers.storage_class;
    upload.checksum_algorithm = row.checksum_algorithm;
  }
  for (const auto& group : groups) {
    if (!output.common_prefixes) output.common_prefixes.emplace();
    output.common_prefixes->push_back({.prefix = encode(group)});
  }
  if (!*output.is_truncated) {
    output.next_key_marker.reset();
    output.next_upload_id_marker.reset();
  }
  return output;
}

}  // namespace s3
