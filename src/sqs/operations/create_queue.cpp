#include "sqs/attributes.h"
#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "sqs/tags.h"

namespace sqs {
namespace {

using Input = api::sqs::CreateQueueRequest;

constexpr std::string_view kCounter = "queue";

// Answers for FIFO queues before anything else is looked at.
base::Outcome<void> check_name(const Input& in) {
  if (in.queue_name.empty()) {
    return invalid_value("Value for parameter QueueName is invalid. Reason: Must specify a queue name.");
  }
  const auto attributes = in.attributes.value_or(std::map<std::string, std::string>());
  const auto fifo = attributes.find("FifoQueue");
  if (fifo != attributes.end() && (fifo->second == "true" || fifo->second == "True")) {
    std::string_view stem = in.queue_name;
    const bool has_suffix = stem.ends_with(".fifo");
    if (has_suffix) stem.remove_suffix(5);
    if (!has_suffix || in.queue_name.size() > 80 || !is_plain_name(stem)) {
      return invalid_value(
          "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
          ".fifo suffix and be 1 to 80 in length");
    }
    return not_supported("FIFO queues are");
  }
  if (!is_plain_name(in.queue_name)) {
    return invalid_value("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  return {};
}

// CreateQueue of a name that is there: fine when what it asks for is what there is.
base::Outcome<void> check_same(const QueueRow& held, const QueueRow& asked, const Input& in) {
  const auto differs = [](std::string_view what) {
    return base::fault(faults::QueueNameExists,
                       "A queue already exists with the same name and a different value for " + std::string(what));
  };
  for (const auto& [name, text] : in.attributes.value_or(std::map<std::string, std::string>())) {
    if (attribute(held, name) != attribute(asked, name)) return differs("attribute " + name);
  }
  if (in.tags && !in.tags->empty() && *in.tags != held.tags) return differs("tags");
  return {};
}

base::Outcome<void> check_rest(State& state, const std::string& key, service::Context& ctx) {
  const DeletedRow* deleted = state.deleted.find(key);
  if (deleted == nullptr) return {};
  if (ctx.now < deleted->deleted_at + state.options.name_rest) {
    return base::fault(
        faults::QueueDeletedRecently,
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
  }
  state.deleted.erase(ctx.change, key);
  return {};
}

std::uint64_t next_id(State& state, service::Change& change) {
  const CounterRow* counter = state.counters.find(kCounter);
  const std::uint64_t id = (counter == nullptr ? 0 : counter->last) + 1;
  state.counters.put(change, std::string(kCounter), {id});
  return id;
}

}  // namespace

base::Outcome<api::sqs::CreateQueueResult> create_queue(State& state, const Input& in, service::Context& ctx) {
  CHECK(check_name(in));
  const std::string key = service::key(ctx, {in.queue_name});
  const QueueRow* held = state.queues.find(key);
  QueueRow row;
  if (held != nullptr) row = *held;
  row.name = in.queue_name;
  CHECK(set_attributes(row, in.attributes.value_or(std::map<std::string, std::string>())));
  if (held != nullptr) {
    CHECK(check_same(*held, row, in));
    state.meters.touch(held->id, ctx.now);
    return api::sqs::CreateQueueResult{queue_url(*held, ctx)};
  }
  CHECK(add_tags(row, in.tags.value_or(std::map<std::string, std::string>())));
  CHECK(check_rest(state, key, ctx));
  row.id = next_id(state, ctx.change);
  row.account = ctx.call.account;
  row.region = ctx.call.region;
  row.created_at = ctx.now;
  row.modified_at = ctx.now;
  state.engine.create(ctx.change, row.id, traits(row));
  state.meters.touch(row.id, ctx.now);
  api::sqs::CreateQueueResult result{queue_url(row, ctx)};
  state.queues.put(ctx.change, key, std::move(row));
  return result;
}

}  // namespace sqs
