#include "wire/sigv4.h"

#include <gtest/gtest.h>

#include "wire/aws_chunked.h"
#include "wire/digest.h"
#include "wire/percent.h"

namespace {

using wire::sigv4::Header;

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const wire::sigv4::Scope kScope{"20130524", "us-east-1", "s3"};
const std::string kEmptyHash = wire::sha256_hex("");

const std::string kStreamCredential =
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,";

std::vector<Header> streaming_headers(bool trailer) {
  std::vector<Header> headers{{"host", "s3.amazonaws.com"},
                              {"x-amz-date", "20130524T000000Z"},
                              {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                              {"content-encoding", "aws-chunked"},
                              {"x-amz-decoded-content-length", "66560"}};
  std::string names = "content-encoding;";
  if (trailer) {
    headers.emplace_back("x-amz-content-sha256", wire::sigv4::kStreamingSignedTrailer);
    headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32c");
    names += "host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer";
  } else {
    headers.emplace_back("x-amz-content-sha256", wire::sigv4::kStreamingSigned);
    headers.emplace_back("content-length", "66824");
    names += "content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class";
  }
  const std::string seed = trailer ? "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
                                   : "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
  headers.emplace_back("authorization", kStreamCredential + "SignedHeaders=" + names + ",Signature=" + seed);
  return headers;
}

std::vector<wire::sigv4::HeaderView> views(const std::vector<Header>& headers) {
  return {headers.begin(), headers.end()};
}

std::string chunk(std::size_t size, std::string_view signature) {
  char head[32];
  std::snprintf(head, sizeof head, "%zx;chunk-signature=", size);
  return head + std::string(signature) + "\r\n" + std::string(size, 'a') + (size > 0 ? "\r\n" : "");
}

const std::string kSignedBody = chunk(65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
                                chunk(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
                                chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9") + "\r\n";
const std::string kTrailerBody =
    chunk(65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2") +
    chunk(1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7") +
    chunk(0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992") +
    "x-amz-checksum-crc32c:sOO8/Q==\r\n"
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

wire::ChunkSigning signing(std::string_view seed) {
  return {wire::sigv4::SigningKey(kSecret, kScope), "20130524T000000Z", kScope.text(), std::string(seed)};
}

struct Decoded {
  std::string data;
  bool done = false;
  std::optional<wire::AwsChunkDecoder::Error> error;
  std::vector<std::pair<std::string, std::string>> trailers;
};

Decoded decode(std::string_view body, std::size_t step, std::optional<wire::ChunkSigning> start = std::nullopt) {
  Decoded out;
  wire::AwsChunkDecoder decoder(std::move(start));
  for (std::size_t at = 0; at < body.size() && !out.error; at += step) {
    const auto result = decoder.feed(body.substr(at, step), [&](std::string_view piece) { out.data += piece; });
    if (!result) out.error = result.error();
  }
  out.done = decoder.done();
  out.trailers = decoder.trailers();
  return out;
}

}  // namespace

// Requests of the S3 API reference, "Signature calculations: examples".
TEST(Sigv4, VerifiesTheDocumentedGet) {
  const std::vector<Header> headers{
      {"host", "examplebucket.s3.amazonaws.com"},
      {"range", "bytes=0-9"},
      {"x-amz-content-sha256", kEmptyHash},
      {"x-amz-date", "20130524T000000Z"},
      {"authorization", kStreamCredential + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature="
                                            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"}};
  const auto seen = views(headers);
  const wire::sigv4::RequestView request{"GET", "/test.txt", "", seen};
  const auto claim = wire::sigv4::parse(request);
  ASSERT_TRUE(claim.has_value() && claim->has_value());
  EXPECT_EQ((*claim)->access_key, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ((*claim)->scope.region, "us-east-1");
  const wire::sigv4::SigningKey key(kSecret, kScope);
  EXPECT_TRUE(wire::sigv4::verify(request, **claim, kEmptyHash, key));
  EXPECT_FALSE(wire::sigv4::verify(request, **claim, wire::sha256_hex("x"), key));
  EXPECT_FALSE(wire::sigv4::verify({"PUT", "/test.txt", "", seen}, **claim, kEmptyHash, key));
}

TEST(Sigv4, PresignsAsDocumentedAndVerifiesIt) {
  const wire::sigv4::Credentials credentials{"AKIAIOSFODNN7EXAMPLE", std::string(kSecret), ""};
  const std::string host = "examplebucket.s3.amazonaws.com";
  const std::string query = wire::sigv4::presign(credentials, kScope, 1369353600, "GET", host, "/test.txt", "", 86400);
  EXPECT_TRUE(query.ends_with("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
      << query;
  const std::vector<Header> headers{{"host", host}};
  const auto seen = views(headers);
  const wire::sigv4::RequestView request{"GET", "/test.txt", query, seen};
  const auto claim = wire::sigv4::parse(request);
  ASSERT_TRUE(claim.has_value() && claim->has_value());
  EXPECT_TRUE((*claim)->presigned);
  EXPECT_EQ((*claim)->expires_seconds, 86400);
  EXPECT_TRUE(wire::sigv4::verify(request, **claim, wire::sigv4::kUnsignedPayload, {kSecret, kScope}));
}

TEST(Sigv4, VerifiesStreamingSeeds) {
  for (const bool trailer : {false, true}) {
    const std::vector<Header> headers = streaming_headers(trailer);
    const auto seen = views(headers);
    const wire::sigv4::RequestView request{"PUT", "/examplebucket/chunkObject.txt", "", seen};
    const auto claim = wire::sigv4::parse(request);
    ASSERT_TRUE(claim.has_value() && claim->has_value());
    const auto payload = trailer ? wire::sigv4::kStreamingSignedTrailer : wire::sigv4::kStreamingSigned;
    EXPECT_TRUE(wire::sigv4::verify(request, **claim, payload, {kSecret, kScope})) << trailer;
  }
}

TEST(Sigv4, SignsWhatItVerifies) {
  std::vector<Header> headers{{"host", "127.0.0.1:4566"}, {"x-amz-target", "AmazonSQS.SendMessage"}};
  const wire::sigv4::Scope scope{"20260101", "eu-west-1", "sqs"};
  const std::string hash = wire::sha256_hex("{}");
  wire::sigv4::sign({"AKID", "secret", "token"}, scope, 1767225600, "POST", "/a b/../c%20d/", "b=2&a=1&a", headers,
                    hash);
  const auto seen = views(headers);
  const wire::sigv4::RequestView request{"POST", "/a b/../c%20d/", "b=2&a=1&a", seen};
  const auto claim = wire::sigv4::parse(request);
  ASSERT_TRUE(claim.has_value() && claim->has_value()) << (claim ? "" : claim.error());
  EXPECT_EQ((*claim)->session_token, "token");
  EXPECT_EQ(wire::sigv4::parse_time((*claim)->time), 1767225600);
  EXPECT_TRUE(wire::sigv4::verify(request, **claim, hash, {"secret", scope}));
  EXPECT_FALSE(wire::sigv4::verify(request, **claim, hash, {"other", scope}));
}

TEST(Sigv4, RefusesHalfAHeader) {
  const auto parse = [](std::string authorization) {
    const std::vector<Header> headers{{"authorization", std::move(authorization)}};
    return wire::sigv4::parse({"GET", "/", "", views(headers)});
  };
  EXPECT_EQ(parse("AWS4-HMAC-SHA256 Credential=A/20130524/r/s/aws4_request").error(),
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
            "parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            "Authorization=AWS4-HMAC-SHA256 Credential=A/20130524/r/s/aws4_request");
  EXPECT_EQ(parse("AWS4-HMAC-SHA256 nonsense").error(),
            "'nonsense' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 "
            "nonsense'.");
  EXPECT_FALSE(parse("AWS4-HMAC-SHA256 Credential=A/b").has_value());
  EXPECT_EQ(parse("Basic QVdTOng=").value(), std::nullopt);
}

TEST(Sigv4, Times) {
  EXPECT_EQ(wire::sigv4::parse_time("20130524T000000Z"), 1369353600);
  EXPECT_EQ(wire::sigv4::format_time(1369353600), "20130524T000000Z");
  EXPECT_EQ(wire::sigv4::parse_time("2013-05-24"), std::nullopt);
  EXPECT_EQ(wire::sigv4::parse_time("20131324T000000Z"), std::nullopt);
}

TEST(AwsChunks, VerifiesTheDocumentedChains) {
  const auto plain =
      decode(kSignedBody, 1000, signing("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"));
  EXPECT_TRUE(plain.done);
  EXPECT_EQ(plain.data, std::string(66560, 'a'));
  const auto trailer =
      decode(kTrailerBody, 7, signing("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"));
  EXPECT_TRUE(trailer.done);
  ASSERT_EQ(trailer.trailers.size(), 1u);
  EXPECT_EQ(trailer.trailers[0], std::pair(std::string("x-amz-checksum-crc32c"), std::string("sOO8/Q==")));
  EXPECT_EQ(decode(kSignedBody, 1000, signing("00")).error, wire::AwsChunkDecoder::Error::SignatureMismatch);
  EXPECT_TRUE(decode(kSignedBody, 1000).done);  // unchecked
}

TEST(AwsChunks, AnySplitGivesTheSame) {
  const std::string body = "5\r\nhello\r\n3\r\n\r\n!\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
  for (std::size_t step = 1; step <= body.size(); ++step) {
    const auto out = decode(body, step);
    EXPECT_TRUE(out.done) << step;
    EXPECT_EQ(out.data, "hello\r\n!");
    EXPECT_EQ(out.trailers.size(), 1u);
  }
}

TEST(AwsChunks, RefusesNonsense) {
  EXPECT_EQ(decode("zz\r\n", 1).error, wire::AwsChunkDecoder::Error::Malformed);
  EXPECT_EQ(decode("1\r\nab\r\n", 1).error, wire::AwsChunkDecoder::Error::Malformed);
  EXPECT_EQ(decode("0\r\n\r\nx", 1).error, wire::AwsChunkDecoder::Error::Malformed);
  EXPECT_EQ(decode(std::string(10000, '1'), 100).error, wire::AwsChunkDecoder::Error::Malformed);
  EXPECT_FALSE(decode("5\r\nhello\r\n", 100).done);
}

TEST(Percent, RoundTrip) {
  EXPECT_EQ(wire::percent_encode("a b/c~é"), "a%20b%2Fc~%C3%A9");
  EXPECT_EQ(wire::percent_encode("a/b", wire::Slash::Keep), "a/b");
  EXPECT_EQ(wire::percent_decode("a%20b+c%zz%2", wire::Plus::Space), "a b c%zz%2");
  const auto pairs = wire::parse_query("a=1&b&&c=%26+x");
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[1].second, "");
  EXPECT_EQ(pairs[2].second, "& x");
}
