// S3: its permissions are not named like its operations (S3 guide, "Required permissions for Amazon S3 API
// operations").

#include <array>

#include "cloud/access/asking.h"
#include "wire/percent.h"

namespace cloud::access {
namespace {

struct Named {
  std::string_view operation;
  std::string_view action;
};

constexpr std::array<Named, 21> kOfBuckets = {{
    {"ListObjects", "ListBucket"},
    {"ListObjectsV2", "ListBucket"},
    {"HeadBucket", "ListBucket"},
    {"ListMultipartUploads", "ListBucketMultipartUploads"},
    {"CreateBucket", "CreateBucket"},
    {"DeleteBucket", "DeleteBucket"},
    {"DeleteBucketPolicy", "DeleteBucketPolicy"},
    {"DeleteBucketTagging", "PutBucketTagging"},
    {"DeletePublicAccessBlock", "PutBucketPublicAccessBlock"},
    {"GetBucketEncryption", "GetEncryptionConfiguration"},
    {"GetBucketLocation", "GetBucketLocation"},
    {"GetBucketPolicy", "GetBucketPolicy"},
    {"GetBucketTagging", "GetBucketTagging"},
    {"GetBucketVersioning", "GetBucketVersioning"},
    {"GetPublicAccessBlock", "GetBucketPublicAccessBlock"},
    {"PutBucketEncryption", "PutEncryptionConfiguration"},
    {"PutBucketPolicy", "PutBucketPolicy"},
    {"PutBucketTagging", "PutBucketTagging"},
    {"PutPublicAccessBlock", "PutBucketPublicAccessBlock"},
    {"GetBucketAcl", "GetBucketAcl"},
    {"PutBucketAcl", "PutBucketAcl"},
}};

constexpr std::array<Named, 14> kOfObjects = {{
    {"GetObject", "GetObject"},
    {"HeadObject", "GetObject"},
    {"PutObject", "PutObject"},
    {"CopyObject", "PutObject"},
    {"CreateMultipartUpload", "PutObject"},
    {"UploadPart", "PutObject"},
    {"UploadPartCopy", "PutObject"},
    {"CompleteMultipartUpload", "PutObject"},
    {"AbortMultipartUpload", "AbortMultipartUpload"},
    {"ListParts", "ListMultipartUploadParts"},
    {"DeleteObject", "DeleteObject"},
    {"GetObjectTagging", "GetObjectTagging"},
    {"PutObjectTagging", "PutObjectTagging"},
    {"DeleteObjectTagging", "DeleteObjectTagging"},
}};

// S3 puts the ARN into quotation marks.
Asked& ask_for(Asking& asking, std::string_view action, const std::string& resource) {
  return asking.ask(action, resource, "\"" + resource + "\"");
}

// "/bucket/key?versionId=…", percent-encoded.
std::string source_arn(const std::string& source) {
  std::string path = wire::percent_decode(source.substr(0, source.find("?versionId=")));
  if (path.starts_with('/')) path.erase(0, 1);
  return path.starts_with("arn:") ? path : "arn:aws:s3:::" + path;
}

void add_listing_keys(const Input& in, Asked& asked) {
  for (const auto& [member, key] : {std::pair<const char*, const char*>{"Prefix", "s3:prefix"},
                                    {"Delimiter", "s3:delimiter"},
                                    {"MaxKeys", "s3:max-keys"}}) {
    std::string value = in.text(member);
    if (!value.empty()) asked.keys.emplace_back(key, std::move(value));
  }
}

}  // namespace

void ask_s3(Asking& asking) {
  const Input& in = asking.input;
  if (asking.operation == "ListBuckets") {
    ask_for(asking, "ListAllMyBuckets", "arn:aws:s3:::*");
    return;
  }
  const std::string bucket = "arn:aws:s3:::" + in.text("Bucket");
  if (asking.operation == "DeleteObjects") {
    const auto list = in.part("Delete");
    if (!list) return;
    for (const Input& object : list->parts("Objects")) {
      ask_for(asking, "DeleteObject", bucket + "/" + object.text("Key"));
    }
    return;
  }
  if (const auto found = std::ranges::find(kOfBuckets, asking.operation, &Named::operation);
      found != kOfBuckets.end()) {
    add_listing_keys(in, ask_for(asking, found->action, bucket));
    return;
  }
  const auto found = std::ranges::find(kOfObjects, asking.operation, &Named::operation);
  const std::string action(found == kOfObjects.end() ? asking.operation : found->action);
  const bool versioned = !in.text("VersionId").empty() && action.ends_with("Object") && action != "PutObject";
  ask_for(asking, versioned ? action + "Version" : action, bucket + "/" + in.text("Key"));
  if (const std::string source = in.text("CopySource"); !source.empty()) {
    ask_for(asking, "GetObject", source_arn(source));
  }
}

}  // namespace cloud::access
