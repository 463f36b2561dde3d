#include "logs/service.h"

#include "logs/operations/operations.h"
#include "logs/retention.h"
#include "logs/state.h"

namespace logs {
namespace {

class Logs : public service::Service {
 public:
  void register_operations(service::Registry& registry) override;
  std::vector<service::TableBase*> tables() override { return {&state_.groups, &state_.streams, &state_.counters}; }
  void recovered(service::Context& ctx) override { state_.next_expiry = ctx.now; }
  base::TimePoint deadline() const override { return state_.next_expiry; }
  void tick(service::Context& ctx) override { remove_expired(state_, ctx); }

 private:
  template <class Op, class F>
  void on(service::Registry& registry, F operation) {
    registry.on<Op>([this, operation](const auto& in, service::Context& ctx) { return operation(state_, in, ctx); });
  }

  State state_;
};

void Logs::register_operations(service::Registry& registry) {
  on<api::logs::CreateLogGroup>(registry, create_log_group);
  on<api::logs::DeleteLogGroup>(registry, delete_log_group);
  on<api::logs::DescribeLogGroups>(registry, describe_log_groups);
  on<api::logs::PutRetentionPolicy>(registry, put_retention_policy);
  on<api::logs::DeleteRetentionPolicy>(registry, delete_retention_policy);
  on<api::logs::CreateLogStream>(registry, create_log_stream);
  on<api::logs::DeleteLogStream>(registry, delete_log_stream);
  on<api::logs::DescribeLogStreams>(registry, describe_log_streams);
  on<api::logs::PutLogEvents>(registry, put_log_events);
  on<api::logs::GetLogEvents>(registry, get_log_events);
  on<api::logs::FilterLogEvents>(registry, filter_log_events);
  on<api::logs::TagResource>(registry, tag_resource);
  on<api::logs::UntagResource>(registry, untag_resource);
  on<api::logs::ListTagsForResource>(registry, list_tags_for_resource);
  on<api::logs::TagLogGroup>(registry, tag_log_group);
  on<api::logs::UntagLogGroup>(registry, untag_log_group);
  on<api::logs::ListTagsLogGroup>(registry, list_tags_log_group);
}

}  // namespace

std::unique_ptr<service::Service> make_service() {
  return std::make_unique<Logs>();
}

}  // namespace logs
