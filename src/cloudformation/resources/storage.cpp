#include "api/ecr/operations.h"
#include "api/ecr/types.h"
#include "api/s3/operations.h"
#include "base/fault.h"
#include "cloudformation/resources/common.h"

namespace cloudformation {
namespace {

using base::Value;
namespace ecr = api::ecr;
namespace s3 = api::s3;

constexpr UpdateBehavior kReplace = UpdateBehavior::Replace;
constexpr UpdateBehavior kUnsupported = UpdateBehavior::Unsupported;

constexpr PropertySchema kLifecycleMembers[] = {{.name = "LifecyclePolicyText"}, {.name = "RegistryId"}};
constexpr PropertySchema kRepositoryProperties[] = {
    {.name = "EmptyOnDelete", .kind = PropertyKind::Boolean},
    {.name = "EncryptionConfiguration",
     .kind = PropertyKind::Shape,
     .update = kReplace,
     .shape = &ecr::EncryptionConfiguration::type},
    {.name = "ImageScanningConfiguration",
     .kind = PropertyKind::Shape,
     .shape = &ecr::ImageScanningConfiguration::type},
    {.name = "ImageTagMutability"},
    {.name = "ImageTagMutabilityExclusionFilters", .update = kUnsupported},
    {.name = "LifecyclePolicy", .kind = PropertyKind::Object, .members = kLifecycleMembers},
    {.name = "RepositoryName", .update = kReplace},
    {.name = "RepositoryPolicyText", .kind = PropertyKind::Json},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kRepositoryAttributes[] = {"Arn", "RepositoryUri"};
constexpr TypeSchema kRepository{.name = "AWS::ECR::Repository",
                                 .properties = kRepositoryProperties,
                                 .attributes = kRepositoryAttributes,
                                 .name_property = "RepositoryName",
                                 .system_tags = true};

std::expected<void, Failure> put_policies(const Job& job, const std::string& name) {
  const Value* before = job.before == nullptr ? nullptr : &job.before->properties;
  const Value repository = object({{"repositoryName", name}});
  if (const Value* text = at(job.properties, "LifecyclePolicy.LifecyclePolicyText")) {
    Value input = repository;
    input.set("lifecyclePolicyText", *text);
    CHECK(invoke(job, ecr::PutLifecyclePolicy::operation(), input));
  } else if (before != nullptr && before->find("LifecyclePolicy") != nullptr) {
    CHECK(invoke_gone(job, ecr::DeleteLifecyclePolicy::operation(), repository));
  }
  if (const Value* policy = job.property("RepositoryPolicyText")) {
    Value input = repository;
    input.set("policyText", document(*policy));
    CHECK(invoke(job, ecr::SetRepositoryPolicy::operation(), input));
  } else if (before != nullptr && before->find("RepositoryPolicyText") != nullptr) {
    CHECK(invoke_gone(job, ecr::DeleteRepositoryPolicy::operation(), repository));
  }
  return {};
}

Step create_repository(const Job& job) {
  const std::string name = name_of(job, "RepositoryName", 256, NameStyle::Lower);
  Value input = object({{"repositoryName", name}});
  copy(input, job.properties, {"EncryptionConfiguration", "ImageScanningConfiguration", "ImageTagMutability"});
  if (const Tags tags = merged_tags(job); !tags.empty()) input.set("tags", tag_list(tags));
  TRY(const Value made, invoke(job, ecr::CreateRepository::operation(), input));
  CHECK(put_policies(job, name));
  return done(name, object({{"Arn", text_at(made, "repository.repositoryArn")},
                            {"RepositoryUri", text_at(made, "repository.repositoryUri")}}));
}

Step update_repository(const Job& job) {
  const Value repository = object({{"repositoryName", job.physical_id}});
  CHECK(put_policies(job, job.physical_id));
  Value mutability = repository;
  mutability.set("imageTagMutability",
                 job.text("ImageTagMutability").empty() ? "MUTABLE" : job.text("ImageTagMutability"));
  CHECK(invoke(job, ecr::PutImageTagMutability::operation(), mutability));
  Value scanning = repository;
  const Value* wanted = job.property("ImageScanningConfiguration");
  scanning.set("imageScanningConfiguration", wanted == nullptr ? object({{"scanOnPush", false}}) : *wanted);
  CHECK(invoke(job, ecr::PutImageScanningConfiguration::operation(), scanning));
  const std::string arn = text_at(job.before->attributes, "Arn");
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    CHECK(invoke(job, ecr::UntagResource::operation(), object({{"resourceArn", arn}, {"tagKeys", tags.removed}})));
  }
  if (!tags.set.empty()) {
    CHECK(invoke(job, ecr::TagResource::operation(), object({{"resourceArn", arn}, {"tags", tag_list(tags.set)}})));
  }
  return done(job.physical_id);
}

Step remove_repository(const Job& job) {
  const Value* force = job.property("EmptyOnDelete");
  CHECK(invoke_gone(job, ecr::DeleteRepository::operation(),
                    object({{"repositoryName", job.physical_id}, {"force", force != nullptr && force->as_bool()}})));
  return done(job.physical_id);
}

constexpr PropertySchema kBucketProperties[] = {
    {.name = "BucketName", .update = kReplace},
    {.name = "AccessControl"},
    {.name = "BucketEncryption", .kind = PropertyKind::Json},
    {.name = "PublicAccessBlockConfiguration", .kind = PropertyKind::Json},
    {.name = "OwnershipControls", .kind = PropertyKind::Json},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "VersioningConfiguration", .update = kUnsupported},
    {.name = "LifecycleConfiguration", .update = kUnsupported},
    {.name = "CorsConfiguration", .update = kUnsupported},
    {.name = "LoggingConfiguration", .update = kUnsupported},
    {.name = "NotificationConfiguration", .update = kUnsupported},
    {.name = "ObjectLockEnabled", .update = kUnsupported},
    {.name = "ObjectLockConfiguration", .update = kUnsupported},
    {.name = "ReplicationConfiguration", .update = kUnsupported},
    {.name = "WebsiteConfiguration", .update = kUnsupported},
    {.name = "AccelerateConfiguration", .update = kUnsupported},
    {.name = "AnalyticsConfigurations", .update = kUnsupported},
    {.name = "InventoryConfigurations", .update = kUnsupported},
    {.name = "MetricsConfigurations", .update = kUnsupported},
    {.name = "IntelligentTieringConfigurations", .update = kUnsupported},
};
constexpr std::string_view kBucketAttributes[] = {"Arn", "DomainName", "DualStackDomainName", "RegionalDomainName",
                                                  "WebsiteURL"};
constexpr TypeSchema kBucket{.name = "AWS::S3::Bucket",
                             .properties = kBucketProperties,
                             .attributes = kBucketAttributes,
                             .name_property = "BucketName",
                             .system_tags = true};

// The API's names for what the template calls BucketEncryption.
Value encryption(const Value& property) {
  Value::Array rules;
  if (const Value* list = property.find("ServerSideEncryptionConfiguration"); list != nullptr && list->is_array()) {
    for (const Value& each : list->as_array()) {
      Value rule{Value::Object{}};
      if (const Value* chosen = each.find("ServerSideEncryptionByDefault")) {
        rule.set("ApplyServerSideEncryptionByDefault", *chosen);
      }
      copy(rule, each, {"BucketKeyEnabled"});
      rules.push_back(std::move(rule));
    }
  }
  return object({{"Rules", rules}});
}

std::expected<void, Failure> configure_bucket(const Job& job, const std::string& bucket) {
  if (const Value* wanted = job.property("BucketEncryption")) {
    CHECK(invoke(job, s3::PutBucketEncryption::operation(),
                 object({{"Bucket", bucket}, {"ServerSideEncryptionConfiguration", encryption(*wanted)}})));
  }
  if (const Value* wanted = job.property("PublicAccessBlockConfiguration")) {
    CHECK(invoke(job, s3::PutPublicAccessBlock::operation(),
                 object({{"Bucket", bucket}, {"PublicAccessBlockConfiguration", *wanted}})));
  } else if (job.before != nullptr && job.before->properties.find("PublicAccessBlockConfiguration") != nullptr) {
    CHECK(invoke_gone(job, s3::DeletePublicAccessBlock::operation(), object({{"Bucket", bucket}})));
  }
  const Tags tags = merged_tags(job);
  if (!tags.empty()) {
    CHECK(invoke(job, s3::PutBucketTagging::operation(),
                 object({{"Bucket", bucket}, {"Tagging", object({{"TagSet", tag_list(tags)}})}})));
  } else if (job.before != nullptr) {
    CHECK(invoke_gone(job, s3::DeleteBucketTagging::operation(), object({{"Bucket", bucket}})));
  }
  return {};
}

Step create_bucket(const Job& job) {
  const std::string bucket = name_of(job, "BucketName", 63, NameStyle::Lower);
  if (!job.text("BucketName").empty()) {
    TRY(const auto held, invoke_found(job, s3::HeadBucket::operation(), object({{"Bucket", bucket}})));
    if (held)
      return std::unexpected(handler_failure(
          job, bucket + " already exists (Service: S3, Status Code: 0, Request ID: null)", "AlreadyExists"));
  }
  Value input = object({{"Bucket", bucket}});
  if (job.stack.region != "us-east-1") {
    input.set("CreateBucketConfiguration", object({{"LocationConstraint", job.stack.region}}));
  }
  CHECK(invoke(job, s3::CreateBucket::operation(), input));
  CHECK(configure_bucket(job, bucket));
  const std::string& region = job.stack.region;
  return done(bucket, object({{"Arn", "arn:aws:s3:::" + bucket},
                              {"DomainName", bucket + ".s3.amazonaws.com"},
                              {"DualStackDomainName", bucket + ".s3.dualstack." + region + ".amazonaws.com"},
                              {"RegionalDomainName", bucket + ".s3." + region + ".amazonaws.com"},
                              {"WebsiteURL", "http://" + bucket + ".s3-website-" + region + ".amazonaws.com"}}));
}

Step update_bucket(const Job& job) {
  CHECK(configure_bucket(job, job.physical_id));
  return done(job.physical_id);
}

Step remove_bucket(const Job& job) {
  CHECK(invoke_gone(job, s3::DeleteBucket::operation(), object({{"Bucket", job.physical_id}})));
  return done(job.physical_id);
}

constexpr PropertySchema kMetadataProperties[] = {{.name = "Analytics"}};
constexpr TypeSchema kCdkMetadata{.name = "AWS::CDK::Metadata", .properties = kMetadataProperties};
constexpr TypeSchema kHandle{.name = "AWS::CloudFormation::WaitConditionHandle", .properties = {}};

Step make_nothing(const Job& job) {
  return done(physical_name(job.stack.name, job.logical_id, NameStyle::Mixed, 255, job.ctx.random));
}

// A handle that no condition waits for: its URL is a name and no more.
Step make_handle(const Job& job) {
  return done("https://cloudformation-waitcondition-" + job.stack.region + ".s3." + job.stack.region +
              ".amazonaws.com/" + job.stack.id + "/" + job.logical_id);
}

Step keep(const Job& job) {
  return done(job.physical_id);
}

}  // namespace

void add_storage(ProviderSet& providers) {
  add(providers, {&kRepository, create_repository, update_repository, remove_repository});
  add(providers, {&kBucket, create_bucket, update_bucket, remove_bucket});
  add(providers, {&kCdkMetadata, make_nothing, keep, keep});
  add(providers, {&kHandle, make_handle, keep, keep});
}

}  // namespace cloudformation
