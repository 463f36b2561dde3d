#pragma once

#include <cstddef>
#include <cstdint>

namespace s3 {

// Amazon S3 user guide, "Quotas" and "Amazon S3 multipart upload limits".
inline constexpr std::size_t kBucketsMax = 10'000;
inline constexpr std::size_t kKeyBytesMax = 1024;
inline constexpr std::size_t kMetadataBytesMax = 2048;
inline constexpr std::uint64_t kObjectBytesMax = 5ull << 30;  // in one request; also the largest part and copy
inline constexpr std::uint64_t kPartBytesMin = 5ull << 20;    // but for the last part
inline constexpr std::int64_t kPartNumberMax = 10'000;
inline constexpr std::int64_t kPageMax = 1000;  // of every listing, and keys of one DeleteObjects
inline constexpr std::size_t kPolicyBytesMax = 20 * 1024;
inline constexpr std::size_t kTagsMax = 50;  // of a bucket
inline constexpr std::size_t kObjectTagsMax = 10;

}  // namespace s3
