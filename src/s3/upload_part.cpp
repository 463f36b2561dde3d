#include "s3/check.h"
#include "s3/checksum.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/range.h"
#include "s3/received.h"
#include "s3/source.h"
#include "s3/upload.h"
#include "wire/digest.h"

namespace s3 {

namespace faults = api::s3::faults;

Outcome<shape::UploadPartOutput> upload_part(State& state, const shape::UploadPartRequest& input, Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(check_part_number(input.part_number));
  TRY(const UploadRow* upload, find_upload(state, input.bucket, input.key, input.upload_id));
  TRY(Received received, received_body(ctx, input.content_md5, claimed_checksums(input)));
  shape::UploadPartOutput output{.etag = quoted(received.etag)};
  set_checksums(output, received.checksums);
  output.server_side_encryption = upload->headers.encryption;
  PartRow row{.number = input.part_number,
              .pieces = std::move(received.pieces),
              .size = received.size,
              .etag = received.etag,
              .modified_at = ctx.now,
              .checksums = std::move(received.checksums)};
  state.put_part(ctx, part_key(upload->id, input.part_number), std::move(row));
  return output;
}

namespace {

// "bytes=a-b", both given, inside the source.
Outcome<Range> source_range(const std::optional<std::string>& header, const ObjectRow& source) {
  if (!header) return Range{0, source.size};
  const bool has_both = header->starts_with("bytes=") && !header->starts_with("bytes=-") && !header->ends_with('-');
  if (has_both) {
    TRY(const auto range, parse_range(*header, source.size));
    if (range) return *range;
  }
  return base::fault(
      faults::InvalidArgument,
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
      "zero-based offsets of the first and last bytes to copy");
}

}  // namespace

// No byte is moved, so the MD5 of a cut-out part is not known; its entity tag is a digest of what was cut from where.
Outcome<shape::UploadPartCopyOutput> upload_part_copy(State& state, const shape::UploadPartCopyRequest& input,
                                                      Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(check_part_number(input.part_number));
  TRY(const UploadRow* upload, find_upload(state, input.bucket, input.key, input.upload_id));
  TRY(const Source source, find_source(state, ctx, input.copy_source, input.expected_source_bucket_owner,
                                       {input.copy_source_if_match, input.copy_source_if_none_match,
                                        input.copy_source_if_modified_since, input.copy_source_if_unmodified_since}));
  TRY(const Range range, source_range(input.copy_source_range, *source.object));
  if (range.length > kObjectBytesMax) {
    return base::fault(faults::EntityTooLarge, "Your proposed upload exceeds the maximum allowed size");
  }
  const bool whole = range.length == source.object->size;
  PartRow row{.number = input.part_number,
              .pieces = cut(source.object->pieces, range),
              .size = range.length,
              .etag = source.object->etag,
              .modified_at = ctx.now};
  if (whole) {
    row.checksums = source.object->checksum_type == "FULL_OBJECT" ? source.object->checksums : Checksums{};
  }
  if (!whole || !source.object->part_sizes.empty()) {
    row.etag = wire::to_hex(wire::digest(wire::Algorithm::Md5, source.object->etag + ' ' + std::to_string(range.first) +
                                                                   ' ' + std::to_string(range.length)));
  }
  shape::UploadPartCopyOutput output;
  auto& result = output.copy_part_result.emplace();
  result.etag = quoted(row.etag);
  result.last_modified = ctx.now;
  set_checksums(result, row.checksums);
  output.server_side_encryption = upload->headers.encryption;
  state.put_part(ctx, part_key(upload->id, input.part_number), std::move(row));
  return output;
}

}  // namespace s3
