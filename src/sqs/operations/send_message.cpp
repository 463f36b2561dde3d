#include "sqs/batch.h"
#include "sqs/faults.h"
#include "sqs/message.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

void send(State& state, const QueueRow& queue, const Outgoing& message, service::Context& ctx) {
  queue::Outgoing out{encode_payload(message.row), message.delay, message.row.group_id, "", message.row.id};
  state.engine.send(ctx.change, queue.id, std::move(out), ctx.now);
  state.meters.count(ctx.change, queue.id, [size = message.size](Meter& meter) { meter.count_sent(size); });
}

std::optional<std::string> unless_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

// A body that is missing fails the whole batch, as missing parameters do; the total may not exceed one message.
base::Outcome<void> check_bodies(const std::vector<api::sqs::SendMessageBatchRequestEntry>& entries) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].message_body.empty()) {
      return missing_parameter("SendMessageBatchRequestEntry." + std::to_string(i + 1) + ".MessageBody");
    }
    total += message_size(message_input(entries[i]));
  }
  if (total <= static_cast<std::uint64_t>(kMessageSizeMax)) return {};
  return base::fault(faults::BatchRequestTooLong, "Batch requests cannot be longer than " +
                                                      std::to_string(kMessageSizeMax) + " bytes. You have sent " +
                                                      std::to_string(total) + " bytes.");
}

}  // namespace

base::Outcome<api::sqs::SendMessageResult> send_message(State& state, const api::sqs::SendMessageRequest& in,
                                                        service::Context& ctx) {
  TRY(const QueueRow* queue, find_queue(state, in.queue_url, ctx));
  TRY(Outgoing message, check_message(*queue, message_input(in), Sent::Alone, ctx));
  send(state, *queue, message, ctx);
  api::sqs::SendMessageResult result;
  result.message_id = std::move(message.row.id);
  result.md5_of_message_body = std::move(message.row.body_md5);
  result.md5_of_message_attributes = unless_empty(std::move(message.attributes_md5));
  result.md5_of_message_system_attributes = unless_empty(std::move(message.system_attributes_md5));
  return result;
}

base::Outcome<api::sqs::SendMessageBatchResult> send_message_batch(State& state,
                                                                   const api::sqs::SendMessageBatchRequest& in,
                                                                   service::Context& ctx) {
  TRY(const QueueRow* queue, find_queue(state, in.queue_url, ctx));
  CHECK(check_batch(in.entries, "SendMessageBatchRequestEntry"));
  CHECK(check_bodies(in.entries));
  api::sqs::SendMessageBatchResult result;
  for (const auto& entry : in.entries) {
    auto message = check_message(*queue, message_input(entry), Sent::InBatch, ctx);
    if (!message) {
      result.failed.push_back(failed_entry(entry.id, message.error()));
      continue;
    }
    send(state, *queue, *message, ctx);
    api::sqs::SendMessageBatchResultEntry sent;
    sent.id = entry.id;
    sent.message_id = std::move(message->row.id);
    sent.md5_of_message_body = std::move(message->row.body_md5);
    sent.md5_of_message_attributes = unless_empty(std::move(message->attributes_md5));
    sent.md5_of_message_system_attributes = unless_empty(std::move(message->system_attributes_md5));
    result.successful.push_back(std::move(sent));
  }
  return result;
}

}  // namespace sqs
