#include "sqs/batch.h"
#include "sqs/faults.h"
#include "sqs/message.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

std::optional<std::string> unless_empty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

queue::Sent send(State& state, const QueueRow& queue, Outgoing& message, Meter& meter, service::Context& ctx) {
  meter.grouped = meter.grouped || (!queue.fifo && !message.message.group.empty());
  queue::Sent sent = state.engine.send(ctx.change, queue.id, std::move(message.message), ctx.now);
  if (sent.duplicate) {
    ++meter.deduplicated;
  } else {
    meter.count_sent(message.size);
  }
  return sent;
}

// What SendMessage answers, and each entry of SendMessageBatch. Of a duplicate: id and number of the first.
template <class Result>
void describe(Result& result, const QueueRow& queue, queue::Sent sent, Outgoing&& message) {
  result.message_id = std::move(sent.tag);
  result.md5_of_message_body = std::move(message.body_md5);
  result.md5_of_message_attributes = unless_empty(std::move(message.attributes_md5));
  result.md5_of_message_system_attributes = unless_empty(std::move(message.system_attributes_md5));
  if (queue.fifo) result.sequence_number = format_sequence(sent.number);
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
  const MessageInput input = message_input(in);
  if (in.message_body.empty()) return missing_parameter("MessageBody");
  CHECK(check_required_ids(*queue, input, How::Alone));
  Outgoing message;
  CHECK(check_message(*queue, input, How::Alone, ctx, message));
  seal(std::span(&message, 1), ctx.call.account);
  api::sqs::SendMessageResult result;
  Meter meter;
  queue::Sent sent = send(state, *queue, message, meter, ctx);
  state.meters.count(ctx.change, queue->id, ctx.now, meter);
  describe(result, *queue, std::move(sent), std::move(message));
  return result;
}

base::Outcome<api::sqs::SendMessageBatchResult> send_message_batch(State& state,
                                                                   const api::sqs::SendMessageBatchRequest& in,
                                                                   service::Context& ctx) {
  TRY(const QueueRow* queue, find_queue(state, in.queue_url, ctx));
  CHECK(check_batch(in.entries, "SendMessageBatchRequestEntry"));
  CHECK(check_bodies(in.entries));
  for (const auto& entry : in.entries) CHECK(check_required_ids(*queue, message_input(entry), How::InBatch));
  api::sqs::SendMessageBatchResult result;
  Meter meter;
  std::vector<Outgoing> messages;
  std::vector<const std::string*> ids;
  messages.reserve(in.entries.size());
  ids.reserve(in.entries.size());
  for (const auto& entry : in.entries) {
    Outgoing& message = messages.emplace_back();
    if (auto good = check_message(*queue, message_input(entry), How::InBatch, ctx, message); !good) {
      messages.pop_back();
      result.failed.push_back(failed_entry(entry.id, good.error()));
    } else {
      ids.push_back(&entry.id);
    }
  }
  seal(messages, ctx.call.account);
  result.successful.reserve(messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    queue::Sent sent = send(state, *queue, messages[i], meter, ctx);
    api::sqs::SendMessageBatchResultEntry& answer = result.successful.emplace_back();
    answer.id = *ids[i];
    describe(answer, *queue, std::move(sent), std::move(messages[i]));
  }
  state.meters.count(ctx.change, queue->id, ctx.now, meter);
  return result;
}

}  // namespace sqs
