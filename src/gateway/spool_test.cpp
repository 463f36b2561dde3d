#include "gateway/spool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

class SpoolTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove_all(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  base::Outcome<service::Upload> upload(const net::Headers& head, std::string_view body) {
    gateway::ObjectSpool spool(net::HeaderViews(head.begin(), head.end()), folder, "blob", std::nullopt);
    spool.write(body);
    return spool.finish();
  }
  std::string code(const net::Headers& head, std::string_view body) {
    const auto result = upload(head, body);
    EXPECT_FALSE(std::filesystem::exists(folder + "/blob"));
    return result ? "" : std::string(result.error().shape->name);
  }

  const std::string folder = (std::filesystem::temp_directory_path() / ("spool_" + std::to_string(getpid()))).string();
};

}  // namespace

TEST_F(SpoolTest, KeepsAndMeasures) {
  const auto kept =
      upload({{"content-length", "5"},
              {"content-md5", "XUFAKrxLKna5cZ2REBfFkg=="},
              {"x-amz-checksum-crc64nvme", "M3eFcAZSQlc="},
              {"x-amz-content-sha256", "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}},
             "hello");
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  EXPECT_EQ(kept->size, 5u);
  EXPECT_EQ(kept->md5, "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(kept->checksums.at("crc64nvme"), "M3eFcAZSQlc=");
  std::ifstream file(folder + "/blob");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "hello");
}

TEST_F(SpoolTest, DecodesChunksAndChecksTheTrailer) {
  const net::Headers head{{"content-encoding", "aws-chunked"},
                          {"x-amz-trailer", "x-amz-checksum-crc32"},
                          {"x-amz-decoded-content-length", "5"},
                          {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}};
  const auto kept = upload(head, "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
  ASSERT_TRUE(kept.has_value()) << kept.error().message;
  EXPECT_EQ(kept->checksums.at("crc32"), "NhCmhg==");
  std::filesystem::remove(folder + "/blob");
  EXPECT_EQ(code(head, "5\r\nhellO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), "BadDigest");
  EXPECT_EQ(code(head, "4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), "IncompleteBody");
  EXPECT_EQ(code(head, "5\r\nhello\r\n"), "IncompleteBody");
}

TEST_F(SpoolTest, RefusesWhatDoesNotMatch) {
  EXPECT_EQ(code({{"content-md5", "XUFAKrxLKna5cZ2REBfFkg=="}}, "hell0"), "BadDigest");
  EXPECT_EQ(code({{"content-md5", "nonsense"}}, "hello"), "InvalidDigest");
  EXPECT_EQ(code({{"x-amz-checksum-crc32", "AAAAAA=="}}, "hello"), "BadDigest");
  EXPECT_EQ(code({{"x-amz-content-sha256", std::string(64, '0')}}, "hello"), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(code({{"content-length", "6"}}, "hello"), "IncompleteBody");
}
