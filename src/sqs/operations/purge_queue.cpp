#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {

base::Outcome<api::sqs::PurgeQueueOutput> purge_queue(State& state, const api::sqs::PurgeQueueRequest& in,
                                                      service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  if (row->purged_at != base::TimePoint::min() && ctx.now < row->purged_at + state.options.purge_rest) {
    return base::fault(faults::PurgeQueueInProgress,
                       "Only one PurgeQueue operation on " + row->name + " is allowed every 60 seconds.");
  }
  state.engine.purge(ctx.change, row->id);
  state.queues.modify(ctx.change, queue_key(*row), [&](QueueRow& edited) { edited.purged_at = ctx.now; });
  return api::sqs::PurgeQueueOutput{};
}

}  // namespace sqs
