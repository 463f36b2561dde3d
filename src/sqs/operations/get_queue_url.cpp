#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {

base::Outcome<api::sqs::GetQueueUrlResult> get_queue_url(State& state, const api::sqs::GetQueueUrlRequest& in,
                                                         service::Context& ctx) {
  if (in.queue_name.empty()) return missing_parameter("QueueName");
  const std::string account = in.queue_owner_aws_account_id.value_or(ctx.call.account);
  const QueueRow* row = state.queues.find(account + "/" + ctx.call.region + "/" + in.queue_name);
  if (row == nullptr && account != ctx.call.account) {
    return base::fault(faults::QueueDoesNotExist,
                       "The specified queue does not exist or you do not have access to it.");
  }
  if (row == nullptr) return no_such_queue(ctx.call.protocol);
  state.meters.touch(row->id, ctx.now);
  return api::sqs::GetQueueUrlResult{queue_url(*row, ctx)};
}

}  // namespace sqs
