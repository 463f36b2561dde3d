#pragma once

#include "api/ssm/operations.h"
#include "base/fault.h"
#include "service/context.h"
#include "ssm/state.h"

// One function per API operation.
namespace ssm {

#define SSM_OPERATION(function, Name)                                                              \
  base::Outcome<api::ssm::Name::Output> function(State& state, const api::ssm::Name::Input& input, \
                                                 service::Context& ctx)

// put_parameter.cpp
SSM_OPERATION(put_parameter, PutParameter);

// get_parameters.cpp
SSM_OPERATION(get_parameter, GetParameter);
SSM_OPERATION(get_parameters, GetParameters);
SSM_OPERATION(get_parameters_by_path, GetParametersByPath);
SSM_OPERATION(get_parameter_history, GetParameterHistory);

// describe_parameters.cpp
SSM_OPERATION(describe_parameters, DescribeParameters);

// delete_parameters.cpp
SSM_OPERATION(delete_parameter, DeleteParameter);
SSM_OPERATION(delete_parameters, DeleteParameters);

// labels.cpp
SSM_OPERATION(label_parameter_version, LabelParameterVersion);
SSM_OPERATION(unlabel_parameter_version, UnlabelParameterVersion);

// tags.cpp
SSM_OPERATION(add_tags_to_resource, AddTagsToResource);
SSM_OPERATION(remove_tags_from_resource, RemoveTagsFromResource);
SSM_OPERATION(list_tags_for_resource, ListTagsForResource);

}  // namespace ssm
