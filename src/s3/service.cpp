#include "s3/service.h"

#include "api/s3/operations.h"
#include "s3/operations.h"

namespace s3 {
namespace {

namespace op = api::s3;

class S3 : public service::Service {
 public:
  explicit S3(Blobs& blobs) : state_(blobs) {}

  void register_operations(service::Registry& registry) override {
    add<op::CreateBucket, create_bucket>(registry);
    add<op::DeleteBucket, delete_bucket>(registry);
    add<op::HeadBucket, head_bucket>(registry);
    add<op::ListBuckets, list_buckets>(registry);
    add<op::GetBucketLocation, get_bucket_location>(registry);
    add<op::GetBucketVersioning, get_bucket_versioning>(registry);
    add<op::PutBucketPolicy, put_bucket_policy>(registry);
    add<op::GetBucketPolicy, get_bucket_policy>(registry);
    add<op::DeleteBucketPolicy, delete_bucket_policy>(registry);
    add<op::PutBucketTagging, put_bucket_tagging>(registry);
    add<op::GetBucketTagging, get_bucket_tagging>(registry);
    add<op::DeleteBucketTagging, delete_bucket_tagging>(registry);
    add<op::PutBucketEncryption, put_bucket_encryption>(registry);
    add<op::GetBucketEncryption, get_bucket_encryption>(registry);
    add<op::PutPublicAccessBlock, put_public_access_block>(registry);
    add<op::GetPublicAccessBlock, get_public_access_block>(registry);
    add<op::DeletePublicAccessBlock, delete_public_access_block>(registry);
    add<op::PutObject, put_object>(registry);
    add<op::GetObject, get_object>(registry);
    add<op::HeadObject, head_object>(registry);
    add<op::DeleteObject, delete_object>(registry);
    add<op::DeleteObjects, delete_objects>(registry);
    add<op::CopyObject, copy_object>(registry);
    add<op::GetObjectTagging, get_object_tagging>(registry);
    add<op::PutObjectTagging, put_object_tagging>(registry);
    add<op::DeleteObjectTagging, delete_object_tagging>(registry);
    add<op::ListObjects, list_objects>(registry);
    add<op::ListObjectsV2, list_objects_v2>(registry);
    add<op::CreateMultipartUpload, create_multipart_upload>(registry);
    add<op::AbortMultipartUpload, abort_multipart_upload>(registry);
    add<op::UploadPart, upload_part>(registry);
    add<op::UploadPartCopy, upload_part_copy>(registry);
    add<op::CompleteMultipartUpload, complete_multipart_upload>(registry);
    add<op::ListParts, list_parts>(registry);
    add<op::ListMultipartUploads, list_multipart_uploads>(registry);
  }

  std::vector<service::TableBase*> tables() override {
    return {&state_.buckets, &state_.objects, &state_.uploads, &state_.parts};
  }

 private:
  template <class Op, auto Function>
  void add(service::Registry& registry) {
    registry.on<Op>([this](const typename Op::Input& input, Context& ctx) { return Function(state_, input, ctx); });
  }

  State state_;
};

}  // namespace

std::unique_ptr<service::Service> make_service(Blobs& blobs) {
  return std::make_unique<S3>(blobs);
}

}  // namespace s3
