#include "gateway/registry_path.h"

#include <gtest/gtest.h>

using gateway::parse_registry_path;
using Kind = gateway::RegistryPath::Kind;

TEST(RegistryPath, NamesMayHoldSlashesAndReservedWords) {
  const auto expect = [](const char* path, Kind kind, const char* name, const char* reference) {
    const auto parsed = parse_registry_path(path);
    ASSERT_TRUE(parsed.has_value()) << path;
    EXPECT_EQ(parsed->kind, kind) << path;
    EXPECT_EQ(parsed->name, name) << path;
    EXPECT_EQ(parsed->reference, reference) << path;
  };
  expect("/v2/", Kind::Base, "", "");
  expect("/v2/a/manifests/latest", Kind::Manifest, "a", "latest");
  expect("/v2/a/manifests/b/manifests/sha256:00", Kind::Manifest, "a/manifests/b", "sha256:00");
  expect("/v2/a/b/blobs/sha256%3A00", Kind::Blob, "a/b", "sha256:00");
  expect("/v2/a/blobs/uploads/", Kind::NewUpload, "a", "");
  expect("/v2/a/blobs/uploads", Kind::NewUpload, "a", "");
  expect("/v2/a/blobs/uploads/x-1", Kind::Upload, "a", "x-1");
  expect("/v2/a/b/tags/list", Kind::Tags, "a/b", "");
  EXPECT_FALSE(parse_registry_path("/v2/a").has_value());
  EXPECT_FALSE(parse_registry_path("/v2/a/manifests/").has_value());
  EXPECT_FALSE(parse_registry_path("/v2/manifests/x").has_value());
}

TEST(RegistryPath, ByteRanges) {
  const auto range = gateway::parse_byte_range("bytes=2-", 10);
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->first, 2u);
  EXPECT_EQ(range->last, 9u);
  EXPECT_EQ(gateway::parse_byte_range("bytes=-3", 10)->first, 7u);
  EXPECT_EQ(gateway::parse_byte_range("bytes=0-99", 10)->last, 9u);
  EXPECT_FALSE(gateway::parse_byte_range("bytes=10-", 10).has_value());
  EXPECT_FALSE(gateway::parse_byte_range("bytes=5-4", 10).has_value());
  EXPECT_FALSE(gateway::parse_byte_range("lines=1-2", 10).has_value());
}
