#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/s3/types.h"
#include "base/time.h"

namespace s3 {

// Key: the bucket's name, which is unique over all accounts.
struct BucketRow {
  std::string name;
  std::string account;
  std::string region;
  base::TimePoint created_at{};
  std::optional<std::string> policy;
  std::vector<api::s3::Tag> tags;
  std::optional<api::s3::ServerSideEncryptionConfiguration> encryption;
  std::optional<api::s3::PublicAccessBlockConfiguration> public_access_block;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.account);
    field(3, row.region);
    field(4, row.created_at);
    field(5, row.policy);
    field(6, row.tags);
    field(7, row.encryption);
    field(8, row.public_access_block);
  }
};

// Bytes [offset, offset + size) of a blob.
struct Piece {
  std::string blob;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.blob);
    field(2, row.offset);
    field(3, row.size);
  }
};

// What a client says about an object and gets back with it.
struct Headers {
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;
  std::optional<std::string> content_language;
  std::optional<std::string> content_disposition;
  std::optional<std::string> cache_control;
  std::optional<base::TimePoint> expires;
  std::map<std::string, std::string> metadata;
  std::string storage_class = "STANDARD";
  std::string encryption = "AES256";
  std::optional<std::string> kms_key;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.content_type);
    field(2, row.content_encoding);
    field(3, row.content_language);
    field(4, row.content_disposition);
    field(5, row.cache_control);
    field(6, row.expires);
    field(7, row.metadata);
    field(8, row.storage_class);
    field(9, row.encryption);
    field(10, row.kms_key);
  }
};

using Checksums = std::map<std::string, std::string>;  // "crc32" -> base64, as service::Upload has them

// Key: bucket/key. Its pieces are one per part, in order.
struct ObjectRow {
  std::vector<Piece> pieces;
  std::uint64_t size = 0;
  std::string etag;  // without quotes
  base::TimePoint modified_at{};
  Headers headers;
  Checksums checksums;
  std::string checksum_type = "FULL_OBJECT";
  std::vector<std::uint64_t> part_sizes;  // empty for an object put up at once
  std::vector<api::s3::Tag> tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.pieces);
    field(2, row.size);
    field(3, row.etag);
    field(4, row.modified_at);
    field(5, row.headers);
    field(6, row.checksums);
    field(7, row.checksum_type);
    field(8, row.part_sizes);
    field(9, row.tags);
  }
};

// A multipart upload in progress. Key: bucket/key, a zero byte, the upload's id.
struct UploadRow {
  std::string bucket;
  std::string key;
  std::string id;
  base::TimePoint initiated_at{};
  Headers headers;
  std::optional<std::string> checksum_algorithm;  // as sent: "CRC32"
  std::string checksum_type;
  std::vector<api::s3::Tag> tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.bucket);
    field(2, row.key);
    field(3, row.id);
    field(4, row.initiated_at);
    field(5, row.headers);
    field(6, row.checksum_algorithm);
    field(7, row.checksum_type);
    field(8, row.tags);
  }
};

// Key: the upload's id, '/', five digits of the part's number.
struct PartRow {
  std::int64_t number = 0;
  std::vector<Piece> pieces;
  std::uint64_t size = 0;
  std::string etag;
  base::TimePoint modified_at{};
  Checksums checksums;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.number);
    field(2, row.pieces);
    field(3, row.size);
    field(4, row.etag);
    field(5, row.modified_at);
    field(6, row.checksums);
  }
};

}  // namespace s3
