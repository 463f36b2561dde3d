#include "sqs/move_tasks.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "sqs/redrive.h"

namespace sqs {

// At once, where AWS may take up to 60 seconds.
base::Outcome<api::sqs::DeleteQueueOutput> delete_queue(State& state, const api::sqs::DeleteQueueRequest& in,
                                                        service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  const std::string key = queue_key(*row);
  const std::string arn = queue_arn(*row);
  forget_moves(state, ctx.change, row->id);
  state.engine.remove(ctx.change, row->id);
  state.former.put(ctx.change, padded(row->id), {arn, ctx.now});
  state.queues.erase(ctx.change, key);
  state.deleted.put(ctx.change, key, {ctx.now});
  relink_sources(state, ctx.change, arn);
  return api::sqs::DeleteQueueOutput{};
}

}  // namespace sqs
