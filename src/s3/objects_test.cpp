// Objects through their operations: what clients see, what blobs are released, what a restart keeps.

#include <gtest/gtest.h>

#include <set>

#include "api/s3/operations.h"
#include "s3/service.h"
#include "service/bench_for_test.h"
#include "wire/digest.h"
#include "wire/text.h"

namespace s3 {
namespace {

namespace op = api::s3;

struct FakeBlobs : Blobs {
  void release(const std::string& blob) override { released.insert(blob); }
  std::multiset<std::string> released;
};

class S3Test : public ::testing::Test {
 protected:
  S3Test() { bench.ok<op::CreateBucket>({.bucket = "box"}); }

  void upload(const std::string& blob, const std::string& body) {
    service::Upload upload{
        .blob = blob, .size = body.size(), .md5 = wire::to_hex(wire::digest(wire::Algorithm::Md5, body))};
    upload.checksums["crc32"] = wire::to_base64(wire::digest(wire::Algorithm::Crc32, body));
    upload.checksums["crc64nvme"] = wire::to_base64(wire::digest(wire::Algorithm::Crc64Nvme, body));
    bench.call.upload = upload;
  }
  void upload_sized(const std::string& blob, std::uint64_t size) {
    upload(blob, blob);
    bench.call.upload->size = size;
  }
  op::PutObjectOutput put(const std::string& key, const std::string& blob, const std::string& body = "hello") {
    upload(blob, body);
    auto output = bench.ok<op::PutObject>({.bucket = "box", .key = key});
    bench.call.upload.reset();
    return output;
  }
  // The pieces of the body that a GET answers, as "blob:offset+length", or its fault.
  std::string body(op::GetObjectRequest input) {
    std::string text;
    const api::Object object = api::Object::of(std::move(input));
    bench.turn([&](service::Context& ctx) {
      const auto answer = bench.invoke(op::GetObject::operation(), object, ctx);
      if (!answer) {
        text = answer.error().shape->name;
        return;
      }
      for (const auto& piece : ctx.download->pieces) {
        if (!text.empty()) text += ' ';
        text += piece.blob + ':' + std::to_string(piece.offset) + '+' + std::to_string(piece.length);
      }
    });
    return text;
  }
  std::string keys(const op::ListObjectsV2Output& page) {
    std::string text;
    for (const auto& object : page.contents.value_or(std::vector<op::Object>{})) text += *object.key + ' ';
    for (const auto& group : page.common_prefixes.value_or(std::vector<op::CommonPrefix>{}))
      text += '[' + *group.prefix + "] ";
    return text;
  }
  std::string begin(std::optional<std::string> algorithm = {}, std::optional<std::string> type = {}) {
    return *bench
                .ok<op::CreateMultipartUpload>(
                    {.bucket = "box", .checksum_algorithm = algorithm, .checksum_type = type, .key = "big"})
                .upload_id;
  }
  op::CompletedPart part(const std::string& id, std::int64_t number, const std::string& blob, std::uint64_t size) {
    upload_sized(blob, size);
    const auto output =
        bench.ok<op::UploadPart>({.bucket = "box", .key = "big", .part_number = number, .upload_id = id});
    bench.call.upload.reset();
    return {.etag = output.etag, .part_number = number};
  }
  op::CompleteMultipartUploadRequest completion(const std::string& id, std::vector<op::CompletedPart> parts) {
    return {.bucket = "box",
            .key = "big",
            .multipart_upload = op::CompletedMultipartUpload{.parts = std::move(parts)},
            .upload_id = id};
  }

  FakeBlobs blobs;
  service::BenchForTest bench{[this] { return make_service(blobs); }};
};

constexpr std::uint64_t kFiveMiB = 5u << 20;

TEST_F(S3Test, BucketsAreMadeOnceAndGoWhenEmpty) {
  EXPECT_EQ(bench.fault<op::CreateBucket>({.bucket = "No"}), "InvalidBucketName: The specified bucket is not valid.");
  EXPECT_EQ(bench.fault<op::CreateBucket>({.bucket = "box"}), "");  // us-east-1 forgives it
  bench.call.region = "eu-west-1";
  EXPECT_EQ(
      bench.fault<op::CreateBucket>({.bucket = "far"}),
      "IllegalLocationConstraintException: The unspecified location constraint is incompatible for the region specific "
      "endpoint this request was sent to.");
  const op::CreateBucketConfiguration here{.location_constraint = "eu-west-1"};
  bench.ok<op::CreateBucket>({.bucket = "far", .create_bucket_configuration = here});
  EXPECT_EQ(
      bench.fault<op::CreateBucket>({.bucket = "far", .create_bucket_configuration = here}),
      "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it.");
  EXPECT_EQ(bench.ok<op::GetBucketLocation>({.bucket = "far"}).location_constraint, "eu-west-1");
  EXPECT_EQ(bench.ok<op::GetBucketLocation>({.bucket = "box"}).location_constraint, std::nullopt);
  put("k", "b1");
  EXPECT_EQ(bench.fault<op::DeleteBucket>({.bucket = "box"}),
            "BucketNotEmpty: The bucket you tried to delete is not empty");
  bench.ok<op::DeleteObject>({.bucket = "box", .key = "k"});
  bench.ok<op::DeleteBucket>({.bucket = "box"});
  EXPECT_EQ(bench.fault<op::HeadBucket>({.bucket = "box"}), "NoSuchBucket: The specified bucket does not exist");
  EXPECT_EQ(bench.ok<op::ListBuckets>({}).buckets->size(), 1u);
}

TEST_F(S3Test, ObjectsComeBackAfterARestart) {
  upload("b1", "hello");
  bench.ok<op::PutObject>({.bucket = "box",
                           .content_type = "text/plain",
                           .key = "a/b c",
                           .metadata = std::map<std::string, std::string>{{"who", "me"}}});
  bench.restart();
  const auto head = bench.ok<op::HeadObject>({.bucket = "box", .checksum_mode = "ENABLED", .key = "a/b c"});
  EXPECT_EQ(head.etag, "\"5d41402abc4b2a76b9719d911017c592\"");
  EXPECT_EQ(head.content_length, 5);
  EXPECT_EQ(head.content_type, "text/plain");
  EXPECT_EQ(head.metadata->at("who"), "me");
  EXPECT_EQ(head.checksum_crc64nvme, "M3eFcAZSQlc=");
  EXPECT_EQ(head.last_modified, bench.now);
  EXPECT_EQ(body({.bucket = "box", .key = "a/b c"}), "b1:0+5");
  EXPECT_EQ(body({.bucket = "box", .key = "x"}), "NoSuchKey");
  EXPECT_EQ(body({.bucket = "nope", .key = "x"}), "NoSuchBucket");
}

TEST_F(S3Test, ReleasesABlobWhenItsLastNameGoes) {
  put("one", "b1");
  bench.ok<op::CopyObject>({.bucket = "box", .copy_source = "/box/one", .key = "two"});
  put("one", "b2");
  EXPECT_TRUE(blobs.released.empty());
  bench.restart();
  bench.ok<op::DeleteObject>({.bucket = "box", .key = "two"});
  EXPECT_EQ(blobs.released, (std::multiset<std::string>{"b1"}));
  bench.ok<op::DeleteObjects>({.bucket = "box", .delete_ = {.objects = {{.key = "one"}, {.key = "never"}}}});
  EXPECT_EQ(blobs.released, (std::multiset<std::string>{"b1", "b2"}));
}

TEST_F(S3Test, RefusesBodiesThatChangedOnTheWay) {
  upload("b1", "hello");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .checksum_crc32 = "AAAAAA==", .key = "k"}),
            "BadDigest: The CRC32 you specified did not match the calculated checksum.");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .content_md5 = "AAAAAAAAAAAAAAAAAAAAAA==", .key = "k"}),
            "BadDigest: The Content-MD5 you specified did not match what we received.");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .content_md5 = "x", .key = "k"}),
            "InvalidDigest: The Content-MD5 you specified was invalid.");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .checksum_crc32 = "NhCmhg==", .key = "k"}), "");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .key = std::string(1025, 'k')}),
            "KeyTooLongError: Your key is too long");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .key = "k", .sse_customer_algorithm = "AES256"}),
            "NotImplemented: A header you provided implies functionality that is not implemented: "
            "x-amz-server-side-encryption-customer-algorithm");
}

TEST_F(S3Test, AnswersRanges) {
  put("k", "b1", "0123456789");
  const auto range = [&](const char* header) { return body({.bucket = "box", .key = "k", .range = header}); };
  EXPECT_EQ(range("bytes=2-4"), "b1:2+3");
  EXPECT_EQ(range("bytes=7-"), "b1:7+3");
  EXPECT_EQ(range("bytes=-4"), "b1:6+4");
  EXPECT_EQ(range("bytes=8-99"), "b1:8+2");
  EXPECT_EQ(range("bytes=10-"), "InvalidRange");
  EXPECT_EQ(range("bytes=4-2"), "b1:0+10");
  EXPECT_EQ(range("bytes=0-1,3-4"), "b1:0+10");
  EXPECT_EQ(bench.ok<op::GetObject>({.bucket = "box", .key = "k", .range = "bytes=2-4"}).content_range, "bytes 2-4/10");
}

TEST_F(S3Test, HoldsToConditions) {
  const std::string etag = *put("k", "b1").etag;
  const auto get = [&](op::GetObjectRequest input) {
    input.bucket = "box";
    input.key = "k";
    return body(std::move(input));
  };
  EXPECT_EQ(get({.if_match = etag}), "b1:0+5");
  EXPECT_EQ(get({.if_match = "\"x\""}), "PreconditionFailed");
  EXPECT_EQ(get({.if_none_match = etag}), "NotModified");
  EXPECT_EQ(get({.if_none_match = "\"x\", \"y\""}), "b1:0+5");
  EXPECT_EQ(get({.if_modified_since = bench.now}), "NotModified");
  EXPECT_EQ(get({.if_unmodified_since = bench.now - std::chrono::seconds(1)}), "PreconditionFailed");
  EXPECT_EQ(get({.if_match = etag, .if_unmodified_since = bench.now - std::chrono::seconds(1)}), "b1:0+5");
  upload("b2", "x");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .if_none_match = "*", .key = "k"}),
            "PreconditionFailed: At least one of the pre-conditions you specified did not hold");
  EXPECT_EQ(bench.fault<op::PutObject>({.bucket = "box", .if_match = etag, .key = "k"}), "");
}

TEST_F(S3Test, ListsByPrefixAndDelimiterPageByPage) {
  for (const auto* key : {"a", "b/1", "b/2", "b/c/3", "d e", "z"}) put(key, key);
  EXPECT_EQ(keys(bench.ok<op::ListObjectsV2>({.bucket = "box"})), "a b/1 b/2 b/c/3 d e z ");
  EXPECT_EQ(keys(bench.ok<op::ListObjectsV2>({.bucket = "box", .delimiter = "/"})), "a d e z [b/] ");
  EXPECT_EQ(keys(bench.ok<op::ListObjectsV2>({.bucket = "box", .delimiter = "/", .prefix = "b/"})), "b/1 b/2 [b/c/] ");
  EXPECT_EQ(keys(bench.ok<op::ListObjectsV2>({.bucket = "box", .encoding_type = "url", .prefix = "d"})), "d+e ");
  EXPECT_EQ(keys(bench.ok<op::ListObjectsV2>({.bucket = "box", .start_after = "b/2"})), "b/c/3 d e z ");
  std::string all;
  std::optional<std::string> token;
  do {
    const auto page =
        bench.ok<op::ListObjectsV2>({.bucket = "box", .continuation_token = token, .delimiter = "/", .max_keys = 1});
    EXPECT_EQ(page.key_count, 1);
    all += keys(page);
    token = page.next_continuation_token;
  } while (token);
  EXPECT_EQ(all, "a [b/] d e z ");
  const auto old = bench.ok<op::ListObjects>({.bucket = "box", .delimiter = "/", .max_keys = 2});
  EXPECT_EQ(old.next_marker, "b/");
  EXPECT_EQ(bench.ok<op::ListObjects>({.bucket = "box", .delimiter = "/", .marker = "b/"}).contents->size(), 2u);
}

TEST_F(S3Test, CopiesWithAndWithoutNewMetadata) {
  upload("b1", "hello");
  bench.ok<op::PutObject>({.bucket = "box", .content_type = "text/plain", .key = "k ü"});
  bench.ok<op::CopyObject>({.bucket = "box", .copy_source = "box/k%20%C3%BC", .key = "same"});
  EXPECT_EQ(bench.ok<op::HeadObject>({.bucket = "box", .key = "same"}).content_type, "text/plain");
  bench.ok<op::CopyObject>({.bucket = "box",
                            .content_type = "x/y",
                            .copy_source = "box/same",
                            .key = "same",
                            .metadata_directive = "REPLACE"});
  EXPECT_EQ(bench.ok<op::HeadObject>({.bucket = "box", .key = "same"}).content_type, "x/y");
  EXPECT_EQ(bench.fault<op::CopyObject>({.bucket = "box", .copy_source = "box/same", .key = "same"}).substr(0, 15),
            "InvalidRequest:");
  EXPECT_EQ(bench.fault<op::CopyObject>({.bucket = "box", .copy_source = "box/none", .key = "same"}),
            "NoSuchKey: The specified key does not exist.");
}

TEST_F(S3Test, AssemblesUploadsOfParts) {
  const std::string id = begin();
  const auto first = part(id, 1, "p1", kFiveMiB);
  part(id, 2, "p2", kFiveMiB);
  const auto last = part(id, 7, "p7", 10);
  EXPECT_EQ(bench.ok<op::ListParts>({.bucket = "box", .key = "big", .upload_id = id}).parts->size(), 3u);
  EXPECT_EQ(bench.ok<op::ListMultipartUploads>({.bucket = "box"}).uploads->size(), 1u);
  bench.restart();
  const auto done = bench.ok<op::CompleteMultipartUpload>(completion(id, {first, last}));
  const std::string raw = wire::digest(wire::Algorithm::Md5, "p1") + wire::digest(wire::Algorithm::Md5, "p7");
  EXPECT_EQ(done.etag, '"' + wire::to_hex(wire::digest(wire::Algorithm::Md5, raw)) + "-2\"");
  EXPECT_EQ(body({.bucket = "box", .key = "big"}), "p1:0+5242880 p7:0+10");
  EXPECT_EQ(body({.bucket = "box", .key = "big", .range = "bytes=5242878-5242882"}), "p1:5242878+2 p7:0+3");
  EXPECT_EQ(body({.bucket = "box", .key = "big", .part_number = 2}), "p7:0+10");
  EXPECT_EQ(blobs.released, (std::multiset<std::string>{"p2"}));
  EXPECT_EQ(bench.fault<op::ListParts>({.bucket = "box", .key = "big", .upload_id = id}).substr(0, 13),
            "NoSuchUpload:");
}

TEST_F(S3Test, RefusesWrongCompletions) {
  const std::string id = begin();
  const auto one = part(id, 1, "p1", 10);
  const auto two = part(id, 2, "p2", 10);
  const auto code = [&](std::vector<op::CompletedPart> parts) {
    const std::string text = bench.fault<op::CompleteMultipartUpload>(completion(id, std::move(parts)));
    return text.substr(0, text.find(':'));
  };
  EXPECT_EQ(code({two, one}), "InvalidPartOrder");
  EXPECT_EQ(code({one, two}), "EntityTooSmall");
  EXPECT_EQ(code({{.etag = "x", .part_number = 1}}), "InvalidPart");
  EXPECT_EQ(code({{.etag = one.etag, .part_number = 3}}), "InvalidPart");
  EXPECT_EQ(code({}), "MalformedXML");
  bench.ok<op::AbortMultipartUpload>({.bucket = "box", .key = "big", .upload_id = id});
  EXPECT_EQ(blobs.released, (std::multiset<std::string>{"p1", "p2"}));
}

// The checksum of the whole, from the parts' alone, is that of the bytes put together.
TEST_F(S3Test, CombinesChecksumsOfParts) {
  const std::string a(kFiveMiB, 'a');
  const std::string b = "tail of it";
  const std::string id = begin("CRC64NVME");
  std::vector<op::CompletedPart> parts;
  for (const auto& [number, bytes] : {std::pair<std::int64_t, std::string>{1, a}, {2, b}}) {
    upload("p" + std::to_string(number), bytes);
    const auto output =
        bench.ok<op::UploadPart>({.bucket = "box", .key = "big", .part_number = number, .upload_id = id});
    parts.push_back({.checksum_crc64nvme = output.checksum_crc64nvme, .etag = output.etag, .part_number = number});
  }
  const auto done = bench.ok<op::CompleteMultipartUpload>(completion(id, parts));
  EXPECT_EQ(done.checksum_crc64nvme, wire::to_base64(wire::digest(wire::Algorithm::Crc64Nvme, a + b)));
  EXPECT_EQ(done.checksum_type, "FULL_OBJECT");
}

TEST_F(S3Test, CopiesRangesIntoParts) {
  put("src", "b1", "0123456789");
  const std::string id = begin();
  bench.ok<op::UploadPartCopy>({.bucket = "box",
                                .copy_source = "box/src",
                                .copy_source_range = "bytes=2-5",
                                .key = "big",
                                .part_number = 1,
                                .upload_id = id});
  const auto listed = bench.ok<op::ListParts>({.bucket = "box", .key = "big", .upload_id = id});
  bench.ok<op::CompleteMultipartUpload>(completion(id, {{.etag = listed.parts->at(0).etag, .part_number = 1}}));
  EXPECT_EQ(body({.bucket = "box", .key = "big"}), "b1:2+4");
}

TEST_F(S3Test, TagsObjects) {
  upload("b1", "hello");
  bench.ok<op::PutObject>({.bucket = "box", .key = "k", .tagging = "a=1&b=x%20y"});
  const auto tags = [&](const char* key) {
    return bench.ok<op::GetObjectTagging>({.bucket = "box", .key = key}).tag_set;
  };
  EXPECT_EQ(tags("k"), (std::vector<op::Tag>{{"a", "1"}, {"b", "x y"}}));
  EXPECT_EQ(bench.ok<op::HeadObject>({.bucket = "box", .key = "k"}).tag_count, 2);
  bench.ok<op::CopyObject>({.bucket = "box", .copy_source = "box/k", .key = "copy"});
  bench.ok<op::PutObjectTagging>({.bucket = "box", .key = "k", .tagging = {.tag_set = {{"c", "3"}}}});
  bench.restart();
  EXPECT_EQ(tags("k"), (std::vector<op::Tag>{{"c", "3"}}));
  EXPECT_EQ(tags("copy").size(), 2u);
  bench.ok<op::DeleteObjectTagging>({.bucket = "box", .key = "k"});
  EXPECT_TRUE(tags("k").empty());
  EXPECT_TRUE(blobs.released.empty());
}

TEST_F(S3Test, KeepsBucketSettings) {
  EXPECT_EQ(bench.fault<op::GetBucketPolicy>({.bucket = "box"}),
            "NoSuchBucketPolicy: The bucket policy does not exist");
  EXPECT_EQ(bench.fault<op::PutBucketPolicy>({.bucket = "box", .policy = "no"}).substr(0, 16), "MalformedPolicy:");
  bench.ok<op::PutBucketPolicy>({.bucket = "box", .policy = R"({"Statement":[]})"});
  bench.ok<op::PutBucketTagging>({.bucket = "box", .tagging = {.tag_set = {{"k", "v"}}}});
  bench.restart();
  EXPECT_EQ(bench.ok<op::GetBucketPolicy>({.bucket = "box"}).policy, R"({"Statement":[]})");
  EXPECT_EQ(bench.ok<op::GetBucketTagging>({.bucket = "box"}).tag_set.at(0).value, "v");
  EXPECT_TRUE(
      *bench.ok<op::GetPublicAccessBlock>({.bucket = "box"}).public_access_block_configuration->block_public_acls);
  bench.ok<op::DeletePublicAccessBlock>({.bucket = "box"});
  EXPECT_EQ(bench.fault<op::GetPublicAccessBlock>({.bucket = "box"}).substr(0, 37),
            "NoSuchPublicAccessBlockConfiguration:");
}

TEST_F(S3Test, TagsOfTheCloudItselfAreNotTheCallersToChange) {
  const op::Tag system{"aws:cloudformation:stack-name", "app"};
  bench.ok<op::PutBucketTagging>({.bucket = "box", .tagging = {.tag_set = {system}}});
  bench.call.principal_arn = "arn:aws:iam::000000000000:root";
  EXPECT_EQ(bench.fault<op::PutBucketTagging>({.bucket = "box", .tagging = {.tag_set = {{"k", "v"}}}}),
            "InvalidTag: System tags cannot be removed by requester");
  EXPECT_EQ(bench.fault<op::PutBucketTagging>({.bucket = "box", .tagging = {.tag_set = {system, {"aws:k", "v"}}}}),
            "InvalidTag: System tags cannot be added/updated by requester");
  bench.ok<op::PutBucketTagging>({.bucket = "box", .tagging = {.tag_set = {system, {"k", "v"}}}});
  bench.ok<op::DeleteBucketTagging>({.bucket = "box"});
  EXPECT_EQ(bench.ok<op::GetBucketTagging>({.bucket = "box"}).tag_set, std::vector{system});
}

}  // namespace
}  // namespace s3
