#include "s3/upload.h"

#include "s3/check.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/tags.h"
#include "wire/digest.h"

namespace s3 {

namespace faults = api::s3::faults;

base::Outcome<const UploadRow*> find_upload(const State& state, std::string_view bucket, std::string_view key,
                                            std::string_view id) {
  if (const UploadRow* upload = state.uploads.find(upload_key(bucket, key, id))) return upload;
  return base::fault(faults::NoSuchUpload,
                     "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                     "aborted or completed.");
}

base::Outcome<void> check_part_number(std::int64_t number) {
  if (number >= 1 && number <= kPartNumberMax) return {};
  return base::fault(faults::InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive");
}

namespace {

// FULL_OBJECT is what CRC64NVME always is; the others are COMPOSITE unless asked (user guide, "Checking object
// integrity for multipart uploads").
Outcome<std::string> checksum_type(const shape::CreateMultipartUploadRequest& input) {
  if (!input.checksum_algorithm) return std::string();
  if (!wire::checksum_algorithm(*input.checksum_algorithm)) {
    return base::fault(faults::InvalidRequest,
                       "Checksum algorithm provided is unsupported. Please try again with any of "
                       "the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
  }
  const bool crc64 = *input.checksum_algorithm == "CRC64NVME";
  const std::string type = input.checksum_type.value_or(crc64 ? "FULL_OBJECT" : "COMPOSITE");
  const bool sha = input.checksum_algorithm->starts_with("SHA");
  if ((type == "FULL_OBJECT" && sha) || (type == "COMPOSITE" && crc64) ||
      (type != "FULL_OBJECT" && type != "COMPOSITE")) {
    return base::fault(faults::InvalidRequest, "The " + type + " checksum type cannot be used with the " +
                                                   *input.checksum_algorithm + " checksum algorithm.");
  }
  return type;
}

}  // namespace

Outcome<shape::CreateMultipartUploadOutput> create_multipart_upload(State& state,
                                                                    const shape::CreateMultipartUploadRequest& input,
                                                                    Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(check_key(input.key));
  TRY(Headers headers, object_headers(input));
  TRY(auto tags, tags_of_header(input.tagging));
  TRY(const std::string type, checksum_type(input));
  constexpr std::size_t kIdLength = 96;
  UploadRow row{.bucket = input.bucket,
                .key = input.key,
                .id = base::draw(ctx.random, base::kMixedAlnum, kIdLength),
                .initiated_at = ctx.now,
                .headers = std::move(headers),
                .checksum_algorithm = input.checksum_algorithm,
                .checksum_type = type,
                .tags = std::move(tags)};
  shape::CreateMultipartUploadOutput output{.bucket = input.bucket, .key = input.key};
  output.upload_id = row.id;
  output.checksum_algorithm = input.checksum_algorithm;
  if (!type.empty()) output.checksum_type = type;
  output.server_side_encryption = row.headers.encryption;
  const std::string key = upload_key(input.bucket, input.key, row.id);
  state.uploads.put(ctx.change, key, std::move(row));
  return output;
}

Outcome<shape::AbortMultipartUploadOutput> abort_multipart_upload(State& state,
                                                                  const shape::AbortMultipartUploadRequest& input,
                                                                  Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(find_upload(state, input.bucket, input.key, input.upload_id));
  state.erase_upload(ctx, upload_key(input.bucket, input.key, input.upload_id));
  return shape::AbortMultipartUploadOutput{};
}

}  // namespace s3
