#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/policy.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

void set_policy(State& state, const QueueRow& row, std::string policy, service::Context& ctx) {
  state.queues.modify(ctx.change, queue_key(row), [&](QueueRow& edited) {
    edited.policy = std::move(policy);
    edited.modified_at = ctx.now;
  });
}

}  // namespace

base::Outcome<api::sqs::AddPermissionOutput> add_permission(State& state, const api::sqs::AddPermissionRequest& in,
                                                            service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  if (in.label.empty()) return missing_parameter("Label");
  if (in.actions.empty()) {
    return missing_parameter(ctx.call.protocol == api::Protocol::AwsQuery ? "ActionName" : "Actions");
  }
  TRY(std::string policy, with_permission(*row, {in.label, in.aws_account_ids, in.actions}));
  set_policy(state, *row, std::move(policy), ctx);
  return api::sqs::AddPermissionOutput{};
}

base::Outcome<api::sqs::RemovePermissionOutput> remove_permission(State& state,
                                                                  const api::sqs::RemovePermissionRequest& in,
                                                                  service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  TRY(std::string policy, without_permission(*row, in.label));
  set_policy(state, *row, std::move(policy), ctx);
  return api::sqs::RemovePermissionOutput{};
}

}  // namespace sqs
