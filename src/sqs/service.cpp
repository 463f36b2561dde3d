#include "sqs/service.h"

#include <algorithm>

#include "service/table_codec.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "sqs/state.h"

namespace sqs {

State::State(MetricSink& sink, Options rests)
    : options(rests),
      queues("sqs.queues", service::make_codec<QueueRow>()),
      deleted("sqs.deleted", service::make_codec<DeletedRow>()),
      counters("sqs.counters", service::make_codec<CounterRow>()),
      meters(sink) {}

namespace {

class Sqs : public service::Service {
 public:
  Sqs(MetricSink& metrics, Options options) : state_(metrics, options) {
    state_.queues.on_change = [this](const std::string& key, const QueueRow* before, const QueueRow* after) {
      if (before != nullptr) keys_.erase(before->id);
      if (after != nullptr) keys_[after->id] = key;
    };
  }

  void register_operations(service::Registry& registry) override;

  std::vector<service::TableBase*> tables() override {
    std::vector<service::TableBase*> all = {&state_.queues, &state_.deleted, &state_.counters};
    for (service::TableBase* table : state_.engine.tables()) all.push_back(table);
    return all;
  }

  void recovered(service::Context& ctx) override {
    for (const auto& [key, row] : state_.queues.rows()) {
      state_.engine.recover(row.id, traits(row), ctx.now);
      state_.meters.touch(row.id, ctx.now);
    }
    state_.engine.recovered(ctx.change);
  }

  base::TimePoint deadline() const override { return std::min(state_.engine.deadline(), state_.meters.deadline()); }

  void tick(service::Context& ctx) override {
    state_.engine.tick(ctx);
    if (state_.meters.deadline() > ctx.now) return;
    state_.meters.tick(ctx, state_.engine, [this](queue::QueueId id) { return find(id); });
    forget_rested(ctx);
  }

 private:
  template <class Op, class F>
  void on(service::Registry& registry, F operation) {
    registry.on<Op>([this, operation](const auto& in, service::Context& ctx) { return operation(state_, in, ctx); });
  }
  const QueueRow* find(queue::QueueId id) const {
    const auto key = keys_.find(id);
    return key == keys_.end() ? nullptr : state_.queues.find(key->second);
  }
  // Names whose rest is over need no row any more.
  void forget_rested(service::Context& ctx) {
    std::vector<std::string> rested;
    for (const auto& [key, row] : state_.deleted.rows()) {
      if (row.deleted_at + state_.options.name_rest <= ctx.now) rested.push_back(key);
    }
    for (const std::string& key : rested) state_.deleted.erase(ctx.change, key);
  }

  State state_;
  std::map<queue::QueueId, std::string> keys_;  // of the queue rows, by engine id
};

void Sqs::register_operations(service::Registry& registry) {
  on<api::sqs::CreateQueue>(registry, create_queue);
  on<api::sqs::DeleteQueue>(registry, delete_queue);
  on<api::sqs::GetQueueUrl>(registry, get_queue_url);
  on<api::sqs::ListQueues>(registry, list_queues);
  on<api::sqs::GetQueueAttributes>(registry, get_queue_attributes);
  on<api::sqs::SetQueueAttributes>(registry, set_queue_attributes);
  on<api::sqs::PurgeQueue>(registry, purge_queue);
  on<api::sqs::SendMessage>(registry, send_message);
  on<api::sqs::SendMessageBatch>(registry, send_message_batch);
  registry.on_late<api::sqs::ReceiveMessage>([this](const auto& in, service::Context& ctx, auto reply) {
    receive_message(state_, in, ctx, std::move(reply));
  });
  on<api::sqs::DeleteMessage>(registry, delete_message);
  on<api::sqs::DeleteMessageBatch>(registry, delete_message_batch);
  on<api::sqs::ChangeMessageVisibility>(registry, change_message_visibility);
  on<api::sqs::ChangeMessageVisibilityBatch>(registry, change_message_visibility_batch);
  on<api::sqs::TagQueue>(registry, tag_queue);
  on<api::sqs::UntagQueue>(registry, untag_queue);
  on<api::sqs::ListQueueTags>(registry, list_queue_tags);
}

}  // namespace

std::unique_ptr<service::Service> make_service(MetricSink& metrics, Options options) {
  return std::make_unique<Sqs>(metrics, options);
}

}  // namespace sqs
