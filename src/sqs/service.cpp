#include "sqs/service.h"

#include <algorithm>

#include "sqs/move_tasks.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "sqs/redrive.h"
#include "sqs/state.h"

namespace sqs {

namespace {

// No message lives longer in a dead-letter queue (MessageRetentionPeriod).
constexpr base::Duration kFormerKept = std::chrono::days(14);

class Sqs : public SqsService {
 public:
  Sqs(MetricSink& metrics, Options options) : state_(metrics, std::move(options)) {}

  void register_operations(service::Registry& registry) override;

  const std::string* policy_of(std::string_view arn) const override {
    const QueueRow* queue = find_by_arn(state_, arn);
    return queue == nullptr || queue->policy.empty() ? nullptr : &queue->policy;
  }

  std::vector<service::TableBase*> tables() override { return state_.tables(); }
  store::Recovery* journal() override { return &state_.engine.recovery(); }

  void recovered(service::Context& ctx) override {
    for (const auto& [key, row] : state_.queues.rows()) {
      state_.engine.recover(row.id, traits_of(state_, row), ctx.now);
      state_.meters.touch(row.id, ctx.now);
    }
    state_.engine.recovered(ctx.change);
    state_.meters.recovered(ctx.change);
  }

  void keep_counters(service::Context& ctx) override { state_.meters.keep_all(ctx); }

  base::TimePoint deadline() const override {
    const auto& moves = state_.move_agenda;
    const base::TimePoint move = moves.empty() ? base::kNever : moves.begin()->first;
    return std::min({state_.engine.deadline(), state_.meters.deadline(), move});
  }

  void tick(service::Context& ctx) override {
    state_.engine.tick(ctx);
    tick_moves(state_, ctx);
    if (state_.meters.deadline() > ctx.now) return;
    state_.meters.tick(ctx, state_.engine, [this](queue::QueueId id) { return state_.find(id); });
    forget(state_.deleted, state_.options.name_rest, ctx);
    forget(state_.former, kFormerKept, ctx);
  }

 private:
  template <class Op, class F>
  void on(service::Registry& registry, F operation) {
    registry.on<Op>([this, operation](const auto& in, service::Context& ctx) { return operation(state_, in, ctx); });
  }
  // Rows of what was deleted long enough ago.
  template <class Row>
  static void forget(service::Table<Row>& table, base::Duration kept, service::Context& ctx) {
    std::vector<std::string> old;
    for (const auto& [key, row] : table.rows()) {
      if (row.deleted_at + kept <= ctx.now) old.push_back(key);
    }
    for (const std::string& key : old) table.erase(ctx.change, key);
  }

  State state_;
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
  on<api::sqs::AddPermission>(registry, add_permission);
  on<api::sqs::RemovePermission>(registry, remove_permission);
  on<api::sqs::ListDeadLetterSourceQueues>(registry, list_dead_letter_source_queues);
  on<api::sqs::StartMessageMoveTask>(registry, start_message_move_task);
  on<api::sqs::CancelMessageMoveTask>(registry, cancel_message_move_task);
  on<api::sqs::ListMessageMoveTasks>(registry, list_message_move_tasks);
}

}  // namespace

std::unique_ptr<SqsService> make_service(MetricSink& metrics, Options options) {
  return std::make_unique<Sqs>(metrics, options);
}

}  // namespace sqs
