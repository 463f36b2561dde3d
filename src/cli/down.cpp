#include <iostream>

#include "api/cloudformation/operations.h"
#include "cli/commands.h"
#include "cli/follow_stack.h"

namespace cli {
namespace {

namespace cfn = api::cloudformation;

// With no name given there must be exactly one stack that is not nested in another.
std::expected<cfn::Stack, std::string> choose(const std::vector<cfn::Stack>& stacks, const std::string& wanted) {
  std::vector<const cfn::Stack*> roots;
  std::string names;
  for (const cfn::Stack& stack : stacks) {
    if (stack.stack_name == wanted || stack.stack_id == wanted) return stack;
    if (stack.parent_id) continue;
    roots.push_back(&stack);
    names += (names.empty() ? "" : ", ") + stack.stack_name;
  }
  if (!wanted.empty()) {
    return std::unexpected("there is no stack " + wanted + (names.empty() ? "" : "; there are: " + names));
  }
  if (roots.empty()) return std::unexpected("there is no stack");
  if (roots.size() > 1) return std::unexpected("which stack? There are: " + names);
  return *roots.front();
}

}  // namespace

int down(const DownOptions& options) {
  client::Client client = connect(options.common);
  auto described = client.call<cfn::DescribeStacks>({});
  if (!described) return fail(options.common, "down", described.error());
  const auto stack = choose(described->stacks.value_or(std::vector<cfn::Stack>{}), options.stack);
  if (!stack) return fail(stack.error());
  StackFollower follower(client, *stack->stack_id);
  if (auto skipped = follower.skip_present(); !skipped) return fail(options.common, "down", skipped.error());
  if (auto deleted = client.call<cfn::DeleteStack>({.stack_name = *stack->stack_id}); !deleted) {
    return fail(options.common, "stack " + stack->stack_name, deleted.error());
  }
  const auto ended = follower.follow();
  if (!ended) return fail(options.common, "stack " + stack->stack_name, ended.error());
  if (*ended == "DELETE_COMPLETE") return 0;
  return fail("stack " + stack->stack_name + " ended in " + *ended + ": " + follower.first_cause());
}

}  // namespace cli
