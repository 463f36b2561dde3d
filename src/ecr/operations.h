#pragma once

#include "api/ecr/operations.h"
#include "base/fault.h"
#include "ecr/state.h"
#include "service/context.h"

// One function per API operation.
namespace ecr {

#define ECR_OPERATION(function, Name)                                                              \
  base::Outcome<api::ecr::Name::Output> function(State& state, const api::ecr::Name::Input& input, \
                                                 service::Context& ctx)

// repositories.cpp
ECR_OPERATION(create_repository, CreateRepository);
ECR_OPERATION(describe_repositories, DescribeRepositories);
ECR_OPERATION(delete_repository, DeleteRepository);
ECR_OPERATION(put_image_tag_mutability, PutImageTagMutability);
ECR_OPERATION(put_image_scanning_configuration, PutImageScanningConfiguration);
ECR_OPERATION(tag_resource, TagResource);
ECR_OPERATION(untag_resource, UntagResource);
ECR_OPERATION(list_tags_for_resource, ListTagsForResource);
ECR_OPERATION(get_authorization_token, GetAuthorizationToken);

// policies.cpp
ECR_OPERATION(put_lifecycle_policy, PutLifecyclePolicy);
ECR_OPERATION(get_lifecycle_policy, GetLifecyclePolicy);
ECR_OPERATION(delete_lifecycle_policy, DeleteLifecyclePolicy);
ECR_OPERATION(set_repository_policy, SetRepositoryPolicy);
ECR_OPERATION(get_repository_policy, GetRepositoryPolicy);
ECR_OPERATION(delete_repository_policy, DeleteRepositoryPolicy);

// put_image.cpp
ECR_OPERATION(put_image, PutImage);

// images.cpp
ECR_OPERATION(batch_get_image, BatchGetImage);
ECR_OPERATION(batch_delete_image, BatchDeleteImage);
ECR_OPERATION(list_images, ListImages);
ECR_OPERATION(describe_images, DescribeImages);

// layers.cpp
ECR_OPERATION(batch_check_layer_availability, BatchCheckLayerAvailability);
ECR_OPERATION(initiate_layer_upload, InitiateLayerUpload);
ECR_OPERATION(upload_layer_part, UploadLayerPart);
ECR_OPERATION(complete_layer_upload, CompleteLayerUpload);
ECR_OPERATION(get_download_url_for_layer, GetDownloadUrlForLayer);

#undef ECR_OPERATION

}  // namespace ecr
