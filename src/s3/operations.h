#pragma once

// One function per operation. Names and texts are AWS's; limits are in limits.h.

#include "api/s3/types.h"
#include "s3/state.h"
#include "service/context.h"

namespace s3 {

namespace shape = api::s3;
using base::Outcome;
using service::Context;

// buckets.cpp
Outcome<shape::CreateBucketOutput> create_bucket(State&, const shape::CreateBucketRequest&, Context&);
Outcome<shape::DeleteBucketOutput> delete_bucket(State&, const shape::DeleteBucketRequest&, Context&);
Outcome<shape::HeadBucketOutput> head_bucket(State&, const shape::HeadBucketRequest&, Context&);
Outcome<shape::ListBucketsOutput> list_buckets(State&, const shape::ListBucketsRequest&, Context&);
Outcome<shape::GetBucketLocationOutput> get_bucket_location(State&, const shape::GetBucketLocationRequest&, Context&);

// bucket_settings.cpp
Outcome<shape::GetBucketVersioningOutput> get_bucket_versioning(State&, const shape::GetBucketVersioningRequest&,
                                                                Context&);
Outcome<shape::PutBucketPolicyOutput> put_bucket_policy(State&, const shape::PutBucketPolicyRequest&, Context&);
Outcome<shape::GetBucketPolicyOutput> get_bucket_policy(State&, const shape::GetBucketPolicyRequest&, Context&);
Outcome<shape::DeleteBucketPolicyOutput> delete_bucket_policy(State&, const shape::DeleteBucketPolicyRequest&,
                                                              Context&);
Outcome<shape::PutBucketTaggingOutput> put_bucket_tagging(State&, const shape::PutBucketTaggingRequest&, Context&);
Outcome<shape::GetBucketTaggingOutput> get_bucket_tagging(State&, const shape::GetBucketTaggingRequest&, Context&);
Outcome<shape::DeleteBucketTaggingOutput> delete_bucket_tagging(State&, const shape::DeleteBucketTaggingRequest&,
                                                                Context&);
Outcome<shape::PutBucketEncryptionOutput> put_bucket_encryption(State&, const shape::PutBucketEncryptionRequest&,
                                                                Context&);
Outcome<shape::GetBucketEncryptionOutput> get_bucket_encryption(State&, const shape::GetBucketEncryptionRequest&,
                                                                Context&);
Outcome<shape::PutPublicAccessBlockOutput> put_public_access_block(State&, const shape::PutPublicAccessBlockRequest&,
                                                                   Context&);
Outcome<shape::GetPublicAccessBlockOutput> get_public_access_block(State&, const shape::GetPublicAccessBlockRequest&,
                                                                   Context&);
Outcome<shape::DeletePublicAccessBlockOutput> delete_public_access_block(State&,
                                                                         const shape::DeletePublicAccessBlockRequest&,
                                                                         Context&);

// put_object.cpp, get_object.cpp, delete_object.cpp, copy_object.cpp, list_objects.cpp
Outcome<shape::PutObjectOutput> put_object(State&, const shape::PutObjectRequest&, Context&);
Outcome<shape::GetObjectOutput> get_object(State&, const shape::GetObjectRequest&, Context&);
Outcome<shape::HeadObjectOutput> head_object(State&, const shape::HeadObjectRequest&, Context&);
Outcome<shape::DeleteObjectOutput> delete_object(State&, const shape::DeleteObjectRequest&, Context&);
Outcome<shape::DeleteObjectsOutput> delete_objects(State&, const shape::DeleteObjectsRequest&, Context&);
Outcome<shape::CopyObjectOutput> copy_object(State&, const shape::CopyObjectRequest&, Context&);
Outcome<shape::ListObjectsOutput> list_objects(State&, const shape::ListObjectsRequest&, Context&);
Outcome<shape::ListObjectsV2Output> list_objects_v2(State&, const shape::ListObjectsV2Request&, Context&);

// tags.cpp
Outcome<shape::GetObjectTaggingOutput> get_object_tagging(State&, const shape::GetObjectTaggingRequest&, Context&);
Outcome<shape::PutObjectTaggingOutput> put_object_tagging(State&, const shape::PutObjectTaggingRequest&, Context&);
Outcome<shape::DeleteObjectTaggingOutput> delete_object_tagging(State&, const shape::DeleteObjectTaggingRequest&,
                                                                Context&);

// upload.cpp, upload_part.cpp, complete_upload.cpp, list_uploads.cpp
Outcome<shape::CreateMultipartUploadOutput> create_multipart_upload(State&, const shape::CreateMultipartUploadRequest&,
                                                                    Context&);
Outcome<shape::AbortMultipartUploadOutput> abort_multipart_upload(State&, const shape::AbortMultipartUploadRequest&,
                                                                  Context&);
Outcome<shape::UploadPartOutput> upload_part(State&, const shape::UploadPartRequest&, Context&);
Outcome<shape::UploadPartCopyOutput> upload_part_copy(State&, const shape::UploadPartCopyRequest&, Context&);
Outcome<shape::CompleteMultipartUploadOutput> complete_multipart_upload(State&,
                                                                        const shape::CompleteMultipartUploadRequest&,
                                                                        Context&);
Outcome<shape::ListPartsOutput> list_parts(State&, const shape::ListPartsRequest&, Context&);
Outcome<shape::ListMultipartUploadsOutput> list_multipart_uploads(State&, const shape::ListMultipartUploadsRequest&,
                                                                  Context&);

}  // namespace s3
