#include "sqs/batch.h"
#include "sqs/message.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

constexpr std::int64_t kVisibilityMax = 43'200;

std::unexpected<base::Fault> as_fault(queue::Refusal refusal, bool fifo, const std::string& handle,
                                      std::int64_t seconds) {
  if (refusal == queue::Refusal::HeldTooLong) {
    return invalid_parameter(std::to_string(seconds), "VisibilityTimeout",
                             "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
  }
  if (fifo && refusal != queue::Refusal::Gone) {
    return invalid_parameter(handle, "ReceiptHandle", "The receipt handle has expired.");
  }
  return invalid_parameter(handle, "ReceiptHandle",
                           "Message does not exist or is not available for visibility timeout change.");
}

base::Outcome<void> change(State& state, const QueueRow& queue, const std::string& handle, std::int64_t seconds,
                           service::Context& ctx) {
  if (seconds < 0 || seconds > kVisibilityMax) {
    return invalid_parameter(std::to_string(seconds), "VisibilityTimeout", "Must be between 0 and 43200.");
  }
  TRY(const queue::Receipt receipt, parse_receipt(queue, handle));
  const auto held = state.engine.hold(ctx.change, receipt, std::chrono::seconds(seconds), ctx.now);
  if (!held) return as_fault(held.error(), queue.fifo, handle, seconds);
  return {};
}

}  // namespace

base::Outcome<api::sqs::ChangeMessageVisibilityOutput> change_message_visibility(
    State& state, const api::sqs::ChangeMessageVisibilityRequest& in, service::Context& ctx) {
  TRY(const QueueRow* queue, find_queue(state, in.queue_url, ctx));
  if (!in.visibility_timeout) return missing_parameter("VisibilityTimeout");
  CHECK(change(state, *queue, in.receipt_handle, *in.visibility_timeout, ctx));
  return api::sqs::ChangeMessageVisibilityOutput{};
}

base::Outcome<api::sqs::ChangeMessageVisibilityBatchResult> change_message_visibility_batch(
    State& state, const api::sqs::ChangeMessageVisibilityBatchRequest& in, service::Context& ctx) {
  TRY(const QueueRow* queue, find_queue(state, in.queue_url, ctx));
  CHECK(check_batch(in.entries, "ChangeMessageVisibilityBatchRequestEntry"));
  for (std::size_t i = 0; i < in.entries.size(); ++i) {
    if (in.entries[i].visibility_timeout) continue;
    return missing_parameter("ChangeMessageVisibilityBatchRequestEntry." + std::to_string(i + 1) +
                             ".VisibilityTimeout");
  }
  api::sqs::ChangeMessageVisibilityBatchResult result;
  for (const auto& entry : in.entries) {
    const auto changed = change(state, *queue, entry.receipt_handle, *entry.visibility_timeout, ctx);
    if (!changed) {
      result.failed.push_back(failed_entry(entry.id, changed.error()));
    } else {
      result.successful.push_back({entry.id});
    }
  }
  return result;
}

}  // namespace sqs
