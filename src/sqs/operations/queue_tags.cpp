#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "sqs/tags.h"

namespace sqs {

base::Outcome<api::sqs::TagQueueOutput> tag_queue(State& state, const api::sqs::TagQueueRequest& in,
                                                  service::Context& ctx) {
  TRY(const QueueRow* held, find_queue(state, in.queue_url, ctx));
  if (in.tags.empty()) return missing_parameter("Tags");
  QueueRow row = *held;
  CHECK(add_tags(row, in.tags));
  const std::string key = queue_key(row);
  state.queues.put(ctx.change, key, std::move(row));
  return api::sqs::TagQueueOutput{};
}

base::Outcome<api::sqs::UntagQueueOutput> untag_queue(State& state, const api::sqs::UntagQueueRequest& in,
                                                      service::Context& ctx) {
  TRY(const QueueRow* held, find_queue(state, in.queue_url, ctx));
  if (in.tag_keys.empty()) return missing_parameter("TagKeys");
  state.queues.modify(ctx.change, queue_key(*held), [&](QueueRow& row) {
    for (const std::string& key : in.tag_keys) row.tags.erase(key);
  });
  return api::sqs::UntagQueueOutput{};
}

base::Outcome<api::sqs::ListQueueTagsResult> list_queue_tags(State& state, const api::sqs::ListQueueTagsRequest& in,
                                                             service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  api::sqs::ListQueueTagsResult result;
  if (!row->tags.empty()) result.tags = row->tags;
  return result;
}

}  // namespace sqs
