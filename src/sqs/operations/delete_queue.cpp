#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {

// At once, where AWS may take up to 60 seconds.
base::Outcome<api::sqs::DeleteQueueOutput> delete_queue(State& state, const api::sqs::DeleteQueueRequest& in,
                                                        service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  const std::string key = queue_key(*row);
  state.engine.remove(ctx.change, row->id);
  state.queues.erase(ctx.change, key);
  state.deleted.put(ctx.change, key, {ctx.now});
  return api::sqs::DeleteQueueOutput{};
}

}  // namespace sqs
