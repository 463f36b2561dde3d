#include <gtest/gtest.h>

#include "api/ecr/operations.h"
#include "ecr/service.h"
#include "ecr/state.h"
#include "service/bench_for_test.h"
#include "wire/digest.h"

namespace {

using namespace api::ecr;

class EcrTest : public testing::Test {
 protected:
  void SetUp() override { bench.ok<CreateRepository>({.repository_name = "team/app"}); }

  std::string add_layer(const std::string& bytes) {
    const std::string hash = wire::sha256_hex(bytes);
    bench.call.upload = service::Upload{.blob = hash, .size = bytes.size(), .sha256 = hash};
    bench.ok<CompleteLayerUpload>(
        {.layer_digests = {"sha256:" + hash}, .repository_name = "team/app", .upload_id = "u"});
    bench.call.upload.reset();
    return "sha256:" + hash;
  }
  std::string manifest(const std::string& layer, const std::string& extra = "") {
    return R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" + layer +
           R"(","size":7},"layers":[{"digest":")" + layer + R"(","size":5}])" + extra + "}";
  }
  std::string put(const std::string& text, const std::string& tag) {
    const auto out = bench.ok<PutImage>({.image_manifest = text, .image_tag = tag, .repository_name = "team/app"});
    return out.image ? out.image->image_id->image_digest.value() : "";
  }

  struct FakeBlobs : ecr::Blobs {
    void release(const std::string& digest) override { released.insert(digest); }
    void keep_only(const std::set<std::string>& digests) override { kept = digests; }
    std::set<std::string> released;
    std::set<std::string> kept;
  };
  bool has_layer(const std::string& digest) {
    const auto out = bench.ok<BatchCheckLayerAvailability>({.layer_digests = {digest}, .repository_name = "team/app"});
    return out.layers->front().layer_availability == "AVAILABLE";
  }

  FakeBlobs blobs;
  service::BenchForTest bench{[this] { return ecr::make_service(blobs); }};
};

}  // namespace

TEST_F(EcrTest, RepositoriesAsAwsDescribesThem) {
  const auto described = bench.ok<DescribeRepositories>({});
  ASSERT_EQ(described.repositories->size(), 1u);
  const Repository& repository = described.repositories->front();
  EXPECT_EQ(repository.repository_arn, "arn:aws:ecr:us-east-1:000000000000:repository/team/app");
  EXPECT_EQ(repository.repository_uri, "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/app");
  EXPECT_EQ(repository.image_tag_mutability, "MUTABLE");
  EXPECT_EQ(bench.fault<CreateRepository>({.repository_name = "team/app"}),
            "RepositoryAlreadyExistsException: The repository with name 'team/app' already exists in the registry with "
            "id '000000000000'");
  EXPECT_EQ(bench.fault<DeleteRepository>({.repository_name = "x1"}),
            "RepositoryNotFoundException: The repository with name 'x1' does not exist in the registry with id "
            "'000000000000'");
  for (const char* name : {"A1", "a", "a//b", "-ab", "ab-", "a..b"}) {
    EXPECT_TRUE(bench.fault<CreateRepository>({.repository_name = name}).starts_with("InvalidParameterException"))
        << name;
  }
}

TEST_F(EcrTest, AnImageNeedsItsLayers) {
  EXPECT_TRUE(bench
                  .fault<PutImage>({.image_manifest = manifest("sha256:" + std::string(64, '0')),
                                    .image_tag = "1",
                                    .repository_name = "team/app"})
                  .starts_with("LayersNotFoundException: "));
  const std::string layer = add_layer("layer");
  const std::string digest = put(manifest(layer), "1");
  bench.restart();
  const auto got = bench.ok<BatchGetImage>({.image_ids = {{.image_tag = "1"}}, .repository_name = "team/app"});
  ASSERT_EQ(got.images->size(), 1u);
  EXPECT_EQ(got.images->front().image_id->image_digest, digest);
  EXPECT_EQ(got.images->front().image_manifest, manifest(layer));
  EXPECT_EQ(got.images->front().image_manifest_media_type, "application/vnd.oci.image.manifest.v1+json");
  const auto described = bench.ok<DescribeImages>({.repository_name = "team/app"});
  EXPECT_EQ(described.image_details->front().image_size_in_bytes, 12);
  EXPECT_TRUE(bench.fault<DeleteRepository>({.repository_name = "team/app"}).starts_with("RepositoryNotEmpty"));
  bench.ok<DeleteRepository>({.force = true, .repository_name = "team/app"});
}

TEST_F(EcrTest, TagsMoveUnlessImmutable) {
  const std::string layer = add_layer("layer");
  const std::string first = put(manifest(layer), "latest");
  const std::string second = put(manifest(layer, R"(,"annotations":{})"), "latest");
  EXPECT_NE(first, second);
  const auto untagged =
      bench.ok<ListImages>({.filter = ListImagesFilter{.tag_status = "UNTAGGED"}, .repository_name = "team/app"});
  ASSERT_EQ(untagged.image_ids->size(), 1u);
  EXPECT_EQ(untagged.image_ids->front().image_digest, first);
  bench.ok<PutImageTagMutability>({.image_tag_mutability = "IMMUTABLE", .repository_name = "team/app"});
  EXPECT_EQ(
      bench.fault<PutImage>({.image_manifest = manifest(layer), .image_tag = "latest", .repository_name = "team/app"}),
      "ImageTagAlreadyExistsException: The image tag 'latest' already exists in the 'team/app' repository and "
      "cannot be overwritten because the repository is immutable.");
  put(manifest(layer), "v1");
}

TEST_F(EcrTest, AnIndexKeepsItsImages) {
  const std::string layer = add_layer("layer");
  const std::string child = put(manifest(layer), "child");
  put(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"digest":")" + child +
          R"("}]})",
      "all");
  const auto out = bench.ok<BatchDeleteImage>({.image_ids = {{.image_digest = child}}, .repository_name = "team/app"});
  ASSERT_EQ(out.failures->size(), 1u);
  EXPECT_EQ(out.failures->front().failure_code, "ImageReferencedByManifestList");
  const auto removed =
      bench.ok<BatchDeleteImage>({.image_ids = {{.image_tag = "all"}, {.image_tag = "child"}, {.image_tag = "none"}},
                                  .repository_name = "team/app"});
  EXPECT_EQ(removed.image_ids->size(), 2u);
  EXPECT_EQ(removed.failures->front().failure_code, "ImageNotFound");
}

TEST_F(EcrTest, PagesThroughImages) {
  const std::string layer = add_layer("layer");
  for (int i = 0; i < 5; ++i)
    put(manifest(layer, ",\"annotations\":{\"a\":\"" + std::to_string(i) + "\"}"), "t" + std::to_string(i));
  std::size_t seen = 0;
  std::optional<std::string> token;
  do {
    const auto page = bench.ok<DescribeImages>({.max_results = 2, .next_token = token, .repository_name = "team/app"});
    seen += page.image_details->size();
    token = page.next_token;
  } while (token);
  EXPECT_EQ(seen, 5u);
}

TEST_F(EcrTest, Policies) {
  EXPECT_TRUE(bench.fault<GetLifecyclePolicy>({.repository_name = "team/app"}).starts_with("LifecyclePolicyNotFound"));
  const std::string policy =
      R"({"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":3},"action":{"type":"expire"}}]})";
  bench.ok<PutLifecyclePolicy>({.lifecycle_policy_text = policy, .repository_name = "team/app"});
  EXPECT_EQ(bench.ok<GetLifecyclePolicy>({.repository_name = "team/app"}).lifecycle_policy_text, policy);
  EXPECT_TRUE(bench.fault<PutLifecyclePolicy>({.lifecycle_policy_text = "{}", .repository_name = "team/app"})
                  .starts_with("InvalidParameterException"));
  EXPECT_EQ(bench.ok<DeleteLifecyclePolicy>({.repository_name = "team/app"}).lifecycle_policy_text, policy);
  EXPECT_TRUE(
      bench.fault<DeleteLifecyclePolicy>({.repository_name = "team/app"}).starts_with("LifecyclePolicyNotFound"));
  EXPECT_TRUE(
      bench.fault<GetRepositoryPolicy>({.repository_name = "team/app"}).starts_with("RepositoryPolicyNotFound"));
  const std::string access = R"({"Version":"2012-10-17","Statement":[]})";
  bench.ok<SetRepositoryPolicy>({.policy_text = access, .repository_name = "team/app"});
  EXPECT_EQ(bench.ok<GetRepositoryPolicy>({.repository_name = "team/app"}).policy_text, access);
  EXPECT_EQ(bench.ok<DeleteRepositoryPolicy>({.repository_name = "team/app"}).policy_text, access);
  EXPECT_EQ(bench.fault<DeleteRepositoryPolicy>({.repository_name = "team/app"}),
            "RepositoryPolicyNotFoundException: Repository policy does not exist for the repository with name "
            "'team/app' in the registry with id '000000000000'");
}

TEST_F(EcrTest, WhatNoImageNeedsGoesAfterAGrace) {
  const std::string shared = add_layer("shared");
  const std::string own = add_layer("own");
  const std::string first = put(manifest(shared), "first");
  const std::string second =
      put(R"({"schemaVersion":2,"config":{"digest":")" + shared + R"("},"layers":[{"digest":")" + own + R"("}]})",
          "second");
  bench.advance(24 * ecr::kGrace);
  EXPECT_TRUE(blobs.released.empty());

  bench.ok<BatchDeleteImage>({.image_ids = {{.image_tag = "second"}}, .repository_name = "team/app"});
  bench.advance(ecr::kGrace - std::chrono::seconds(1));
  EXPECT_TRUE(blobs.released.empty());
  bench.advance(std::chrono::seconds(1));
  EXPECT_EQ(blobs.released, std::set<std::string>{second}) << "the manifest";
  EXPECT_FALSE(has_layer(own));
  EXPECT_TRUE(has_layer(shared));
  bench.restart();
  EXPECT_EQ(blobs.kept, (std::set<std::string>{first, own, shared})) << "a retired blob is not lost in a crash";
  bench.advance(ecr::kGrace);
  EXPECT_EQ(blobs.released, (std::set<std::string>{second, own}));

  bench.ok<DeleteRepository>({.force = true, .repository_name = "team/app"});
  bench.advance(ecr::kGrace);
  EXPECT_EQ(blobs.released, (std::set<std::string>{first, second, own, shared}));
}

TEST_F(EcrTest, APushInProgressKeepsItsLayers) {
  const std::string layer = add_layer("layer");
  const std::string digest = put(manifest(layer), "one");
  bench.ok<BatchDeleteImage>({.image_ids = {{.image_tag = "one"}}, .repository_name = "team/app"});
  bench.advance(ecr::kGrace - std::chrono::seconds(1));
  ASSERT_TRUE(has_layer(layer));  // a push asks, and sends only its manifest
  bench.advance(ecr::kGrace / 2);
  EXPECT_EQ(put(manifest(layer), "two"), digest);
  bench.advance(24 * ecr::kGrace);
  EXPECT_EQ(blobs.released, std::set<std::string>{digest}) << "the manifest alone, which the push brought again";
  EXPECT_TRUE(has_layer(layer));
}

TEST_F(EcrTest, AnAbandonedPushLeavesNothing) {
  const std::string layer = add_layer("layer");
  bench.advance(ecr::kGrace);
  EXPECT_FALSE(has_layer(layer));
  bench.advance(ecr::kGrace);
  EXPECT_EQ(blobs.released, std::set<std::string>{layer});
}

TEST_F(EcrTest, ABlobStaysWhileAnotherRepositoryNamesIt) {
  const std::string layer = add_layer("layer");
  put(manifest(layer), "one");
  bench.ok<CreateRepository>({.repository_name = "other"});
  const std::string hash = layer.substr(7);
  bench.call.upload = service::Upload{.blob = hash, .size = 5, .sha256 = hash};
  bench.ok<CompleteLayerUpload>({.layer_digests = {layer}, .repository_name = "other", .upload_id = "u"});
  bench.ok<PutImage>({.image_manifest = manifest(layer), .image_tag = "one", .repository_name = "other"});
  bench.ok<DeleteRepository>({.force = true, .repository_name = "team/app"});
  bench.advance(24 * ecr::kGrace);
  EXPECT_TRUE(blobs.released.empty());
}
