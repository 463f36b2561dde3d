#pragma once

#include "api/secretsmanager/operations.h"
#include "base/fault.h"
#include "secretsmanager/state.h"
#include "service/context.h"

// One function per API operation.
namespace secretsmanager {

#define SECRETS_OPERATION(function, Name)                    \
  base::Outcome<api::secretsmanager::Name::Output> function( \
      State& state, const api::secretsmanager::Name::Input& input, service::Context& ctx)

// create_secret.cpp
SECRETS_OPERATION(create_secret, CreateSecret);
SECRETS_OPERATION(update_secret, UpdateSecret);

// values.cpp
SECRETS_OPERATION(get_secret_value, GetSecretValue);
SECRETS_OPERATION(put_secret_value, PutSecretValue);
SECRETS_OPERATION(update_secret_version_stage, UpdateSecretVersionStage);
SECRETS_OPERATION(list_secret_version_ids, ListSecretVersionIds);

// describe_secrets.cpp
SECRETS_OPERATION(describe_secret, DescribeSecret);
SECRETS_OPERATION(list_secrets, ListSecrets);

// delete_secret.cpp
SECRETS_OPERATION(delete_secret, DeleteSecret);
SECRETS_OPERATION(restore_secret, RestoreSecret);

// tags.cpp
SECRETS_OPERATION(tag_resource, TagResource);
SECRETS_OPERATION(untag_resource, UntagResource);

// policies.cpp
SECRETS_OPERATION(get_resource_policy, GetResourcePolicy);
SECRETS_OPERATION(put_resource_policy, PutResourcePolicy);
SECRETS_OPERATION(delete_resource_policy, DeleteResourcePolicy);

// random_password.cpp
SECRETS_OPERATION(get_random_password, GetRandomPassword);

}  // namespace secretsmanager
