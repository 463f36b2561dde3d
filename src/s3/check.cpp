#include "s3/check.h"

#include <algorithm>

#include "s3/limits.h"
#include "wire/digest.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

// The model has no shape for it.
constexpr base::FaultShape kAccessControlListNotSupported{"AccessControlListNotSupported",
                                                          "AccessControlListNotSupported", 400, true};

constexpr std::string_view kStorageClasses[] = {"STANDARD",     "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                                "ONEZONE_IA",   "INTELLIGENT_TIERING", "GLACIER",
                                                "DEEP_ARCHIVE", "GLACIER_IR"};

bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool looks_like_address(std::string_view name) {
  return std::ranges::count(name, '.') == 3 && name.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

base::Outcome<const BucketRow*> find_bucket(const State& state, const service::Context&, std::string_view name,
                                            const std::optional<std::string>& expected_owner) {
  const BucketRow* bucket = state.buckets.find(name);
  if (bucket == nullptr) return base::fault(faults::NoSuchBucket, "The specified bucket does not exist");
  if (expected_owner && *expected_owner != bucket->account) return base::fault(faults::AccessDenied, "Access Denied");
  return bucket;
}

base::Outcome<void> check_key(std::string_view key) {
  if (key.size() <= kKeyBytesMax) return {};
  return base::fault(faults::KeyTooLongError, "Your key is too long");
}

// User guide, "General purpose bucket naming rules".
bool is_bucket_name(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  if (!is_lower_alnum(name.front()) || !is_lower_alnum(name.back())) return false;
  const bool characters = std::ranges::all_of(name, [](char c) { return is_lower_alnum(c) || c == '.' || c == '-'; });
  return characters && name.find("..") == std::string_view::npos && !looks_like_address(name) &&
         !name.starts_with("xn--") && !name.ends_with("-s3alias");
}

std::string canonical_id(std::string_view account) {
  return wire::sha256_hex("s3 owner " + std::string(account));
}

std::string quoted(std::string_view etag) {
  return std::string("\"").append(etag).append("\"");
}

std::string unquoted(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

base::Outcome<std::int64_t> page_size(const std::optional<std::int64_t>& wanted, std::string_view parameter) {
  if (wanted && (*wanted < 0 || *wanted > INT32_MAX)) {
    return base::fault(faults::InvalidArgument,
                       "Argument " + std::string(parameter) + " must be an integer between 0 and 2147483647");
  }
  return std::min(wanted.value_or(kPageMax), kPageMax);
}

base::Outcome<void> refuse_features(std::initializer_list<Feature> features) {
  for (const Feature& feature : features) {
    if (!feature.asked) continue;
    return base::fault(faults::NotImplemented, "A header you provided implies functionality that is not implemented: " +
                                                   std::string(feature.header));
  }
  return {};
}

base::Outcome<void> check_acl(const std::optional<std::string>& acl) {
  if (!acl || *acl == "private" || *acl == "bucket-owner-full-control") return {};
  return base::fault(kAccessControlListNotSupported, "The bucket does not allow ACLs");
}

base::Outcome<void> check_metadata(const std::map<std::string, std::string>& metadata) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : metadata) bytes += name.size() + value.size();
  if (bytes <= kMetadataBytesMax) return {};
  return base::fault(faults::MetadataTooLarge, "Your metadata headers exceed the maximum allowed metadata size");
}

base::Outcome<void> check_storage_class(const std::optional<std::string>& storage_class) {
  if (!storage_class || std::ranges::count(kStorageClasses, *storage_class) > 0) return {};
  return base::fault(faults::InvalidStorageClass, "The storage class you specified is not valid");
}

}  // namespace s3
