#include "s3/check.h"
#include "s3/checksum.h"
#include "s3/condition.h"
#include "s3/limits.h"
#include "s3/operations.h"
#include "s3/range.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

struct Found {
  const ObjectRow* object;
  Range range;
  bool partial;
};

Outcome<Range> part_range(const ObjectRow& object, std::int64_t number) {
  if (number < 1 || number > kPartNumberMax) {
    return base::fault(faults::InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive");
  }
  const auto index = static_cast<std::size_t>(number - 1);
  const std::size_t parts = std::max<std::size_t>(object.part_sizes.size(), 1);
  if (index >= parts) {
    return base::fault(faults::InvalidRange, "The requested partnumber is not satisfiable");
  }
  if (object.part_sizes.empty()) return Range{0, object.size};
  Range range;
  for (std::size_t i = 0; i < index; ++i) range.first += object.part_sizes[i];
  range.length = object.part_sizes[index];
  return range;
}

template <class Input>
Outcome<Found> find(const State& state, const Input& input, const Context& ctx) {
  CHECK(find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  CHECK(
      refuse_features({{input.sse_customer_algorithm.has_value(), "x-amz-server-side-encryption-customer-algorithm"}}));
  const ObjectRow* object = state.objects.find(object_key(input.bucket, input.key));
  if (object == nullptr) return base::fault(faults::NoSuchKey, "The specified key does not exist.");
  if (input.version_id && *input.version_id != "null") {
    return base::fault(faults::NoSuchVersion, "The specified version does not exist.");
  }
  CHECK(check_read({input.if_match, input.if_none_match, input.if_modified_since, input.if_unmodified_since}, *object));
  Found found{object, {0, object->size}, false};
  if (input.part_number) {
    if (input.range) {
      return base::fault(faults::InvalidRequest, "Cannot specify both Range header and partNumber query parameter.");
    }
    TRY(found.range, part_range(*object, *input.part_number));
    found.partial = true;
  } else if (input.range) {
    TRY(const auto range, parse_range(*input.range, object->size));
    if (range) found.range = *range;
    found.partial = range.has_value();
  }
  return found;
}

template <class Output, class Input>
Output describe(const Found& found, const Input& input) {
  const ObjectRow& object = *found.object;
  const Headers& headers = object.headers;
  Output output{};
  output.accept_ranges = "bytes";
  output.etag = quoted(object.etag);
  output.last_modified = object.modified_at;
  output.content_type = input.response_content_type
                            ? input.response_content_type
                            : std::optional(headers.content_type.value_or("binary/octet-stream"));
  const auto either = [](const auto& wanted, const auto& held) { return wanted ? wanted : held; };
  output.content_encoding = either(input.response_content_encoding, headers.content_encoding);
  output.content_language = either(input.response_content_language, headers.content_language);
  output.content_disposition = either(input.response_content_disposition, headers.content_disposition);
  output.cache_control = either(input.response_cache_control, headers.cache_control);
  output.expires = either(input.response_expires, headers.expires);
  if (!headers.metadata.empty()) output.metadata = headers.metadata;
  if (headers.storage_class != "STANDARD") output.storage_class = headers.storage_class;
  output.server_side_encryption = headers.encryption;
  output.sse_kms_key_id = headers.kms_key;
  if (input.part_number && !object.part_sizes.empty()) {
    output.parts_count = static_cast<std::int64_t>(object.part_sizes.size());
  }
  if (!object.tags.empty()) output.tag_count = static_cast<std::int64_t>(object.tags.size());
  const bool wants_checksums = input.checksum_mode == "ENABLED" && !found.partial && !object.checksums.empty();
  if (wants_checksums) {
    set_checksums(output, object.checksums);
    output.checksum_type = object.checksum_type;
  }
  output.content_length = static_cast<std::int64_t>(found.range.length);
  if (found.partial && object.size > 0) {
    output.content_range = "bytes " + std::to_string(found.range.first) + '-' +
                           std::to_string(found.range.first + found.range.length - 1) + '/' +
                           std::to_string(object.size);
  }
  return output;
}

}  // namespace

Outcome<shape::GetObjectOutput> get_object(State& state, const shape::GetObjectRequest& input, Context& ctx) {
  TRY(const Found found, find(state, input, ctx));
  service::Download& download = ctx.download.emplace();
  for (const Piece& piece : cut(found.object->pieces, found.range)) {
    download.pieces.push_back({piece.blob, piece.offset, piece.size});
  }
  return describe<shape::GetObjectOutput>(found, input);
}

// A HEAD has no body to tell errors by, so a missing object's code is only the status.
Outcome<shape::HeadObjectOutput> head_object(State& state, const shape::HeadObjectRequest& input, Context& ctx) {
  TRY(const Found found, find(state, input, ctx));
  return describe<shape::HeadObjectOutput>(found, input);
}

}  // namespace s3
