#include "sqs/attributes.h"
#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "sqs/redrive.h"
#include "sqs/tags.h"

namespace sqs {
namespace {

using Input = api::sqs::CreateQueueRequest;

constexpr std::string_view kCounter = "queue";
constexpr std::string_view kFifoSuffix = ".fifo";
constexpr std::size_t kNameMax = 80;  // of a FIFO queue with its suffix

bool asks_for_fifo(const Input& in) {
  if (!in.attributes) return false;
  const auto fifo = in.attributes->find("FifoQueue");
  return fifo != in.attributes->end() && (fifo->second == "true" || fifo->second == "True");
}

base::Outcome<void> check_name(const Input& in) {
  if (in.queue_name.empty()) {
    return invalid_value("Value for parameter QueueName is invalid. Reason: Must specify a queue name.");
  }
  if (!asks_for_fifo(in)) {
    if (is_plain_name(in.queue_name)) return {};
    return invalid_value("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
  }
  std::string_view stem = in.queue_name;
  const bool has_suffix = stem.ends_with(kFifoSuffix);
  if (has_suffix) stem.remove_suffix(kFifoSuffix.size());
  if (has_suffix && is_plain_name(in.queue_name.size() <= kNameMax ? stem : "")) return {};
  return invalid_value(
      "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
      ".fifo suffix and be 1 to 80 in length");
}

// CreateQueue of a name that is there: fine when what it asks for is what there is.
base::Outcome<void> check_same(const QueueRow& held, const QueueRow& asked, const Input& in) {
  const auto differs = [](std::string_view what) {
    return base::fault(faults::QueueNameExists,
                       "A queue already exists with the same name and a different value for " + std::string(what));
  };
  for (const auto& [name, text] : in.attributes.value_or(std::map<std::string, std::string>())) {
    if (!same_attribute(held, asked, name)) return differs("attribute " + name);
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

}  // namespace

base::Outcome<api::sqs::CreateQueueResult> create_queue(State& state, const Input& in, service::Context& ctx) {
  CHECK(check_name(in));
  const std::string key = service::key(ctx, {in.queue_name});
  const QueueRow* held = state.queues.find(key);
  QueueRow row;
  if (held != nullptr) row = *held;
  row.account = ctx.call.account;
  row.region = ctx.call.region;
  row.name = in.queue_name;
  row.fifo = asks_for_fifo(in);
  CHECK(set_attributes(row, in.attributes.value_or(std::map<std::string, std::string>())));
  if (held != nullptr) {
    CHECK(check_same(*held, row, in));
    state.meters.touch(held->id, ctx.now);
    return api::sqs::CreateQueueResult{queue_url(*held, ctx)};
  }
  if (!row.dead_letter_arn.empty()) CHECK(check_target(state, row));
  CHECK(add_tags(row, in.tags.value_or(std::map<std::string, std::string>())));
  CHECK(check_rest(state, key, ctx));
  row.id = next_number(state, ctx.change, kCounter);
  row.created_at = ctx.now;
  row.modified_at = ctx.now;
  state.engine.create(ctx.change, row.id, traits_of(state, row));
  state.meters.touch(row.id, ctx.now);
  api::sqs::CreateQueueResult result{queue_url(row, ctx)};
  const std::string arn = queue_arn(row);
  state.queues.put(ctx.change, key, std::move(row));
  relink_sources(state, ctx.change, arn);
  return result;
}

}  // namespace sqs
