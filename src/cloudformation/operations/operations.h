#pragma once

// One function per operation; service.cpp registers them.

#include "api/cloudformation/operations.h"
#include "cloudformation/state.h"

namespace cloudformation {

namespace cfn = api::cloudformation;

// input type, output type, function
#define CLOUDFORMATION_OPERATION(Name, function) \
  base::Outcome<cfn::Name::Output> function(State& state, const cfn::Name::Input& input, service::Context& ctx)

CLOUDFORMATION_OPERATION(CreateStack, create_stack);
CLOUDFORMATION_OPERATION(UpdateStack, update_stack);
CLOUDFORMATION_OPERATION(DeleteStack, delete_stack);
CLOUDFORMATION_OPERATION(CancelUpdateStack, cancel_update_stack);
CLOUDFORMATION_OPERATION(ContinueUpdateRollback, continue_update_rollback);
CLOUDFORMATION_OPERATION(UpdateTerminationProtection, update_termination_protection);
CLOUDFORMATION_OPERATION(DescribeStacks, describe_stacks);
CLOUDFORMATION_OPERATION(ListStacks, list_stacks);
CLOUDFORMATION_OPERATION(DescribeStackEvents, describe_stack_events);
CLOUDFORMATION_OPERATION(DescribeStackResource, describe_stack_resource);
CLOUDFORMATION_OPERATION(DescribeStackResources, describe_stack_resources);
CLOUDFORMATION_OPERATION(ListStackResources, list_stack_resources);
CLOUDFORMATION_OPERATION(ListExports, list_exports);
CLOUDFORMATION_OPERATION(ListImports, list_imports);
CLOUDFORMATION_OPERATION(GetTemplate, get_template);
CLOUDFORMATION_OPERATION(GetTemplateSummary, get_template_summary);
CLOUDFORMATION_OPERATION(ValidateTemplate, validate_template);
CLOUDFORMATION_OPERATION(CreateChangeSet, create_change_set);
CLOUDFORMATION_OPERATION(DescribeChangeSet, describe_change_set);
CLOUDFORMATION_OPERATION(ExecuteChangeSet, execute_change_set);
CLOUDFORMATION_OPERATION(DeleteChangeSet, delete_change_set);
CLOUDFORMATION_OPERATION(ListChangeSets, list_change_sets);

// Shared by the operations.
// The text of a template from its body or URL; neither is refused.
base::Outcome<std::string> template_text(State& state, const std::optional<std::string>& body,
                                         const std::optional<std::string>& url, service::Context& ctx);
std::vector<GivenParameter> given_parameters(const std::optional<std::vector<cfn::Parameter>>& parameters);
std::vector<cfn::Parameter> shown_parameters(const State& state, const StackRow& stack, const Deployment& deployment);
base::Outcome<Tags> given_tags(const std::optional<std::vector<cfn::Tag>>& tags);
std::vector<cfn::Tag> shown_tags(const Tags& tags);
// The role that the stack is to be changed with: it must be there, and CloudFormation must be trusted to assume it.
// What it may do is not evaluated. Without one, `before`.
base::Outcome<std::string> given_role(const std::optional<std::string>& arn, const std::string& before,
                                      service::Context& ctx);
base::Outcome<void> check_resource_types(const Blueprint& blueprint,
                                         const std::optional<std::vector<std::string>>& allowed);
// What calls that begin an operation can ask for and don't get here. Empty forms of it are fine.
struct Wishes {
  const std::optional<std::vector<std::string>>& notification_arns;
  const std::optional<cfn::RollbackConfiguration>& rollback;
  const std::optional<cfn::DeploymentConfig>& deployment;
};
base::Outcome<void> refuse_wishes(const Wishes& wishes);
std::unexpected<base::Fault> not_supported(const std::string& parameter);
base::Outcome<void> check_stack_name(const std::string& name);
// A stack that must be there, refused in the words of the operations whose text is "Stack [n] does not exist".
base::Outcome<const StackRow*> stack_or_fault(const State& state, const std::string& name, service::Context& ctx);
StackRow new_stack(const std::string& name, service::Context& ctx);
// A page of at most `size` of `items`, from the position that the token names.
struct Page {
  std::size_t first, last;
  std::optional<std::string> next;
};
base::Outcome<Page> page(std::size_t count, std::size_t size, const std::optional<std::string>& token);
// Whether an operation of this token was begun before: true, and nothing is to be done; a fault if it was another one.
base::Outcome<bool> seen_token(const StackRow& stack, const std::optional<std::string>& token,
                               const std::string& fingerprint);
void remember_token(State& state, const std::string& stack, const std::optional<std::string>& token,
                    const std::string& fingerprint, service::Context& ctx);

}  // namespace cloudformation
