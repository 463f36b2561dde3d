#include <memory>

#include "sqs/faults.h"
#include "sqs/message.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

using Input = api::sqs::ReceiveMessageRequest;
using Output = api::sqs::ReceiveMessageResult;

constexpr std::int64_t kMessagesMax = 10;
constexpr std::int64_t kWaitMax = 20;
constexpr std::int64_t kVisibilityMax = 43'200;

struct Ask {
  const QueueRow* queue;
  queue::Wanted wanted;
  base::Duration wait;
};

base::Outcome<Ask> check(State& state, const Input& in, service::Context& ctx) {
  Ask ask;
  TRY(ask.queue, find_queue(state, in.queue_url, ctx));
  const std::int64_t max = in.max_number_of_messages.value_or(1);
  if (max < 1 || max > kMessagesMax) {
    return invalid_parameter(std::to_string(max), "MaxNumberOfMessages", "Must be between 1 and 10, if provided.");
  }
  const std::int64_t wait = in.wait_time_seconds.value_or(ask.queue->wait_seconds);
  if (wait < 0 || wait > kWaitMax) {
    return invalid_parameter(std::to_string(wait), "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.");
  }
  const std::int64_t hold = in.visibility_timeout.value_or(ask.queue->visibility_seconds);
  if (hold < 0 || hold > kVisibilityMax) {
    return invalid_parameter(std::to_string(hold), "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.");
  }
  if (in.receive_request_attempt_id && !ask.queue->fifo) {
    return invalid_parameter(*in.receive_request_attempt_id, "ReceiveRequestAttemptId",
                             "The request include parameter that is not valid for this queue type.");
  }
  const std::string attempt = in.receive_request_attempt_id.value_or("");
  if (in.receive_request_attempt_id) CHECK(check_id(attempt, "ReceiveRequestAttemptId"));
  ask.wanted = {static_cast<std::size_t>(max), std::chrono::seconds(hold), attempt};
  ask.wait = std::chrono::seconds(wait);
  return ask;
}

Filter make_filter(const Input& in) {
  Filter filter{in.message_attribute_names.value_or(std::vector<std::string>()),
                in.attribute_names.value_or(std::vector<std::string>())};
  for (const std::string& name : in.message_system_attribute_names.value_or(std::vector<std::string>())) {
    filter.system_attributes.push_back(name);
  }
  return filter;
}

using Received = std::expected<std::vector<queue::Delivery>, store::Error>;

base::Outcome<Output> answer(State& state, queue::QueueId id, const Filter& filter, Received received,
                             service::Context& ctx) {
  const QueueRow* queue = state.find(id);
  if (!received) return store_failure(received.error());
  if (queue == nullptr) return internal_failure();
  Output output;
  if (received->empty()) {
    state.meters.count(ctx.change, id, ctx.now, {.empty_receives = 1});
    return output;
  }
  auto& messages = output.messages.emplace();
  messages.reserve(received->size());
  for (queue::Delivery& delivery : *received) {
    const queue::QueueId source = delivery.facts.source;
    std::string source_arn = source == 0 ? "" : state.arn_of(source);
    if (!to_message(*queue, std::move(delivery), filter, std::move(source_arn), messages.emplace_back())) {
      return internal_failure();
    }
  }
  state.meters.count(ctx.change, id, ctx.now, {.received = messages.size()});
  return output;
}

// Answers when there is something, or when the wait is over.
void wait(State& state, const Ask& ask, Filter filter, service::Context& ctx, service::Reply<Output> reply) {
  const queue::QueueId queue = ask.queue->id;
  auto owed = std::make_shared<service::Reply<Output>>(std::move(reply));
  const auto late = [&state, queue, filter, owed, protocol = ctx.call.protocol](service::Context& later,
                                                                                queue::Waiter::Result result) {
    if (result.queue_gone) return owed->send(later.change, no_such_queue(protocol));
    owed->send(later.change, answer(state, queue, filter, std::move(result.deliveries), later));
  };
  const bool waits = state.engine.wait(queue, {.deadline = ctx.now + ask.wait,
                                               .wanted = ask.wanted,
                                               .abandoned = [owed] { return owed->abandoned(); },
                                               .answer = late});
  if (!waits) owed->send(ctx.change, answer(state, queue, filter, {}, ctx));
}

}  // namespace

void receive_message(State& state, const Input& in, service::Context& ctx, service::Reply<Output> reply) {
  const base::Outcome<Ask> ask = check(state, in, ctx);
  if (!ask) return reply.send(ctx.change, std::unexpected(ask.error()));
  const queue::QueueId queue = ask->queue->id;
  const bool at_once = ask->wait == base::Duration::zero();
  // A long poll and a FIFO queue just get nothing more (facts, A5).
  if (at_once && !ask->queue->fifo && state.engine.counts(queue, ctx.now).in_flight >= queue::Engine::kInFlightMax) {
    return reply.send(ctx.change, base::fault(faults::OverLimit, "Too many messages are in flight for this queue."));
  }
  Filter filter = make_filter(in);
  Received received = state.engine.receive(ctx, queue, ask->wanted);
  if (!received || !received->empty() || at_once) {
    return reply.send(ctx.change, answer(state, queue, filter, std::move(received), ctx));
  }
  wait(state, *ask, std::move(filter), ctx, std::move(reply));
}

}  // namespace sqs
