#include "s3/check.h"
#include "s3/checksum.h"
#include "s3/condition.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/upload.h"
#include "wire/digest.h"
#include "wire/percent.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

using Parts = std::vector<const PartRow*>;

std::unexpected<base::Fault> invalid_part() {
  return base::fault(
      faults::InvalidPart,
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
      "specified entity tag may not match the part's entity tag.");
}

Outcome<Parts> chosen_parts(const State& state, const UploadRow& upload,
                            const std::optional<shape::CompletedMultipartUpload>& wanted) {
  if (!wanted || !wanted->parts || wanted->parts->empty()) {
    return base::fault(faults::MalformedXML,
                       "The XML you provided was not well-formed or did not validate against our published schema");
  }
  Parts parts;
  for (const auto& part : *wanted->parts) {
    const std::int64_t number = part.part_number.value_or(0);
    if (!parts.empty() && number <= parts.back()->number) {
      return base::fault(faults::InvalidPartOrder,
                         "The list of parts was not in ascending order. Parts must be ordered by part number.");
    }
    const PartRow* row = state.parts.find(part_key(upload.id, number));
    if (row == nullptr || unquoted(part.etag.value_or("")) != row->etag) return invalid_part();
    for (const auto& [name, value] : claimed_checksums(part)) {
      const auto held = row->checksums.find(name);
      if (held == row->checksums.end() || held->second != value) return invalid_part();
    }
    parts.push_back(row);
  }
  for (const PartRow* part : parts) {
    if (part != parts.back() && part->size < kPartBytesMin) {
      return base::fault(faults::EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size");
    }
  }
  return parts;
}

// MD5 over the parts' raw MD5s, with "-N" behind it.
std::string whole_etag(const Parts& parts) {
  std::string raw;
  for (const PartRow* part : parts) {
    for (std::size_t i = 0; i + 1 < part->etag.size(); i += 2) {
      raw.push_back(static_cast<char>(std::stoi(part->etag.substr(i, 2), nullptr, 16)));
    }
  }
  return wire::to_hex(wire::digest(wire::Algorithm::Md5, raw)) + '-' + std::to_string(parts.size());
}

// The checksum of the whole, where the upload asked for one; BadDigest when the request claims another.
Outcome<Checksums> whole_checksums(const UploadRow& upload, const Parts& parts, const Checksums& claims) {
  Checksums checksums;
  if (upload.checksum_algorithm) {
    const auto algorithm = wire::checksum_algorithm(*upload.checksum_algorithm);
    const std::string name(wire::checksum_name(*algorithm));
    std::string value =
        upload.checksum_type == "COMPOSITE" ? composite_checksum(name, parts) : full_object_checksum(name, parts);
    if (!value.empty()) checksums.emplace(name, std::move(value));
  }
  for (const auto& [name, value] : claims) {
    const auto computed = checksums.find(name);
    if (computed != checksums.end() && computed->second != value) {
      return base::fault(faults::BadDigest,
                         "The " + algorithm_name(name) + " you specified did not match the calculated checksum.");
    }
  }
  return checksums;
}

ObjectRow assembled(const UploadRow& upload, const Parts& parts, Checksums checksums, base::TimePoint now) {
  ObjectRow row{.etag = whole_etag(parts),
                .modified_at = now,
                .headers = upload.headers,
                .checksums = std::move(checksums),
                .tags = upload.tags};
  if (!upload.checksum_type.empty()) row.checksum_type = upload.checksum_type;
  for (const PartRow* part : parts) {
    row.pieces.insert(row.pieces.end(), part->pieces.begin(), part->pieces.end());
    row.part_sizes.push_back(part->size);
    row.size += part->size;
  }
  return row;
}

}  // namespace

Outcome<shape::CompleteMultipartUploadOutput> complete_multipart_upload(
    State& state, const shape::CompleteMultipartUploadRequest& input, Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  TRY(const UploadRow* upload, find_upload(state, input.bucket, input.key, input.upload_id));
  TRY(const Parts parts, chosen_parts(state, *upload, input.multipart_upload));
  const std::string key = object_key(input.bucket, input.key);
  CHECK(check_write(input.if_match, input.if_none_match, state.objects.find(key)));
  TRY(Checksums checksums, whole_checksums(*upload, parts, claimed_checksums(input)));
  ObjectRow row = assembled(*upload, parts, std::move(checksums), ctx.now);
  if (input.mpu_object_size && static_cast<std::uint64_t>(*input.mpu_object_size) != row.size) {
    return base::fault(faults::InvalidRequest,
                       "The provided 'x-amz-mp-object-size' header does not match what was computed.");
  }
  shape::CompleteMultipartUploadOutput output{.bucket = input.bucket, .etag = quoted(row.etag), .key = input.key};
  output.location = ctx.call.base_url + '/' + input.bucket + '/' + wire::percent_encode(input.key, wire::Slash::Keep);
  set_checksums(output, row.checksums);
  if (!row.checksums.empty()) output.checksum_type = row.checksum_type;
  output.server_side_encryption = row.headers.encryption;
  // The object first: from then on it holds the parts' blobs.
  state.put_object(ctx, key, std::move(row));
  state.erase_upload(ctx, upload_key(input.bucket, input.key, input.upload_id));
  return output;
}

}  // namespace s3
