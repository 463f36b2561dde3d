#include "sqs/batch.h"
#include "sqs/message.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

// Standard queue: with any receipt of the message, also an old one, also when the message is gone; deleting is
// idempotent, and each such call counts. FIFO: only while the receipt holds (facts, A4 and A10).
base::Outcome<void> erase(State& state, const QueueRow& queue, const std::string& handle, service::Context& ctx) {
  TRY(const queue::Receipt receipt, parse_receipt(queue, handle));
  if (!state.engine.erase(ctx.change, receipt, ctx.now)) {
    return invalid_parameter(handle, "ReceiptHandle", "The receipt handle has expired.");
  }
  return {};
}

}  // namespace

base::Outcome<api::sqs::DeleteMessageOutput> delete_message(State& state, const api::sqs::DeleteMessageRequest& in,
                                                            service::Context& ctx) {
  TRY(const QueueRow* queue, find_queue(state, in.queue_url, ctx));
  CHECK(erase(state, *queue, in.receipt_handle, ctx));
  state.meters.count(ctx.change, queue->id, ctx.now, {.deleted = 1});
  return api::sqs::DeleteMessageOutput{};
}

base::Outcome<api::sqs::DeleteMessageBatchResult> delete_message_batch(State& state,
                                                                       const api::sqs::DeleteMessageBatchRequest& in,
                                                                       service::Context& ctx) {
  TRY(const QueueRow* queue, find_queue(state, in.queue_url, ctx));
  CHECK(check_batch(in.entries, "DeleteMessageBatchRequestEntry"));
  api::sqs::DeleteMessageBatchResult result;
  for (const auto& entry : in.entries) {
    if (const auto erased = erase(state, *queue, entry.receipt_handle, ctx); !erased) {
      result.failed.push_back(failed_entry(entry.id, erased.error()));
    } else {
      result.successful.push_back({entry.id});
    }
  }
  state.meters.count(ctx.change, queue->id, ctx.now, {.deleted = result.successful.size()});
  return result;
}

}  // namespace sqs
