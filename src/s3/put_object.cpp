#include "s3/check.h"
#include "s3/checksum.h"
#include "s3/condition.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/received.h"
#include "s3/tags.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

// What an empty body is, where the gateway had nothing to put on disk.
constexpr std::string_view kEmptyMd5 = "d41d8cd98f00b204e9800998ecf8427e";

}  // namespace

Outcome<Received> received_body(const Context& ctx, const std::optional<std::string>& content_md5,
                                const Checksums& claims) {
  service::Upload upload{.md5 = std::string(kEmptyMd5)};
  if (ctx.call.upload) upload = *ctx.call.upload;
  if (upload.size > kObjectBytesMax) {
    return base::fault(faults::EntityTooLarge, "Your proposed upload exceeds the maximum allowed size");
  }
  CHECK(check_claims(upload, content_md5, claims));
  Received received{.size = upload.size, .etag = upload.md5, .checksums = upload.checksums};
  if (!upload.blob.empty()) received.pieces.push_back({upload.blob, 0, upload.size});
  return received;
}

Outcome<shape::PutObjectOutput> put_object(State& state, const shape::PutObjectRequest& input, Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(check_key(input.key));
  CHECK(refuse_features({{input.write_offset_bytes.has_value(), "x-amz-write-offset-bytes"}}));
  TRY(Headers headers, object_headers(input));
  TRY(auto tags, tags_of_header(input.tagging));
  const std::string key = object_key(input.bucket, input.key);
  CHECK(check_write(input.if_match, input.if_none_match, state.objects.find(key)));
  TRY(Received received, received_body(ctx, input.content_md5, claimed_checksums(input)));
  shape::PutObjectOutput output{.etag = quoted(received.etag), .server_side_encryption = headers.encryption};
  set_checksums(output, received.checksums);
  if (!received.checksums.empty()) output.checksum_type = "FULL_OBJECT";
  output.sse_kms_key_id = headers.kms_key;
  ObjectRow row{.pieces = std::move(received.pieces),
                .size = received.size,
                .etag = received.etag,
                .modified_at = ctx.now,
                .headers = std::move(headers),
                .checksums = std::move(received.checksums),
                .tags = std::move(tags)};
  state.put_object(ctx, key, std::move(row));
  return output;
}

}  // namespace s3
