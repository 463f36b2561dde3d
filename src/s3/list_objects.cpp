#include "s3/check.h"
#include "s3/limits.h"
#include "s3/listing.h"
#include "s3/operations.h"
#include "wire/percent.h"
#include "wire/text.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

// The first text after all that start with `prefix`; "" if there is none.
std::string after_all(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace

Listing list(const State& state, const Listing::Query& query) {
  Listing listing;
  const auto& rows = state.objects.rows();
  const std::string home = query.bucket + '/';
  const std::string within = home + query.prefix;
  auto at = rows.lower_bound(within);
  if (!query.after.empty()) {
    const std::string after = home + query.after;
    const bool after_group =
        !query.delimiter.empty() && query.after.ends_with(query.delimiter) && query.after.starts_with(query.prefix);
    if (after >= within) at = after_group ? rows.lower_bound(after_all(after)) : rows.upper_bound(after);
  }
  std::int64_t count = 0;
  while (at != rows.end() && at->first.starts_with(within)) {
    if (count == query.page) {
      listing.truncated = query.page > 0;
      break;
    }
    const std::string key = at->first.substr(home.size());
    const std::size_t cut =
        query.delimiter.empty() ? std::string::npos : key.find(query.delimiter, query.prefix.size());
    ++count;
    if (cut == std::string::npos) {
      listing.objects.emplace_back(key, &at->second);
      listing.last = key;
      ++at;
    } else {
      listing.last = key.substr(0, cut + query.delimiter.size());
      listing.groups.push_back(listing.last);
      at = rows.lower_bound(after_all(home + listing.last));
    }
  }
  return listing;
}

std::string url_form(std::string_view key) {
  std::string text = wire::percent_encode(key, wire::Slash::Keep);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 3, "%20") == 0) {
      out += '+';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

namespace {

using Encode = std::string (*)(const std::string&);

Outcome<Encode> encoder(const std::optional<std::string>& encoding_type) {
  if (!encoding_type) return [](const std::string& key) { return key; };
  if (*encoding_type == "url") return [](const std::string& key) { return url_form(key); };
  return base::fault(faults::InvalidArgument, "Invalid Encoding Method specified in Request");
}

std::optional<std::string> encoded(const std::optional<std::string>& text, Encode encode) {
  return text ? std::optional(encode(*text)) : std::nullopt;
}

template <class Output>
void fill(Output& output, const Listing& listing, Encode encode, const std::optional<std::string>& owner) {
  for (const auto& [key, row] : listing.objects) {
    if (!output.contents) output.contents.emplace();
    shape::Object& object = output.contents->emplace_back();
    object.key = encode(key);
    object.etag = quoted(row->etag);
    object.last_modified = row->modified_at;
    object.size = static_cast<std::int64_t>(row->size);
    object.storage_class = row->headers.storage_class;
    if (owner) object.owner = shape::Owner{.id = *owner};
  }
  for (const auto& group : listing.groups) {
    if (!output.common_prefixes) output.common_prefixes.emplace();
    output.common_prefixes->push_back({.prefix = encode(group)});
  }
  output.is_truncated = listing.truncated;
}

}  // namespace

Outcome<shape::ListObjectsOutput> list_objects(State& state, const shape::ListObjectsRequest& input, Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  TRY(const std::int64_t page, page_size(input.max_keys, "max-keys"));
  TRY(const Encode encode, encoder(input.encoding_type));
  const Listing listing = list(state, {.bucket = input.bucket,
                                       .prefix = input.prefix.value_or(""),
                                       .delimiter = input.delimiter.value_or(""),
                                       .after = input.marker.value_or(""),
                                       .page = page});
  shape::ListObjectsOutput output;
  output.name = input.bucket;
  output.prefix = encode(input.prefix.value_or(""));
  output.marker = encode(input.marker.value_or(""));
  output.delimiter = encoded(input.delimiter, encode);
  output.encoding_type = input.encoding_type;
  output.max_keys = page;
  // Without a delimiter the client goes on from the last key.
  if (listing.truncated && input.delimiter) output.next_marker = encode(listing.last);
  fill(output, listing, encode, canonical_id(bucket->account));
  return output;
}

Outcome<shape::ListObjectsV2Output> list_objects_v2(State& state, const shape::ListObjectsV2Request& input,
                                                    Context& ctx) {
  TRY(const BucketRow* bucket, find_bucket(state, ctx, input.bucket, input.expected_bucket_owner));
  TRY(const std::int64_t page, page_size(input.max_keys, "max-keys"));
  TRY(const Encode encode, encoder(input.encoding_type));
  std::string after = input.start_after.value_or("");
  if (input.continuation_token) {
    const auto key = wire::from_base64(*input.continuation_token);
    if (!key || key->empty()) {
      return base::fault(faults::InvalidArgument, "The continuation token provided is incorrect");
    }
    after = *key;
  }
  const Listing listing = list(state, {.bucket = input.bucket,
                                       .prefix = input.prefix.value_or(""),
                                       .delimiter = input.delimiter.value_or(""),
                                       .after = after,
                                       .page = page});
  shape::ListObjectsV2Output output;
  output.name = input.bucket;
  output.prefix = encode(input.prefix.value_or(""));
  output.delimiter = encoded(input.delimiter, encode);
  output.encoding_type = input.encoding_type;
  output.max_keys = page;
  output.key_count = static_cast<std::int64_t>(listing.objects.size() + listing.groups.size());
  output.continuation_token = input.continuation_token;
  output.start_after = encoded(input.start_after, encode);
  if (listing.truncated) output.next_continuation_token = wire::to_base64(listing.last);
  std::optional<std::string> owner;
  if (input.fetch_owner.value_or(false)) owner = canonical_id(bucket->account);
  fill(output, listing, encode, owner);
  return output;
}

}  // namespace s3
