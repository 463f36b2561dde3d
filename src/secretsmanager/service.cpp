#include "secretsmanager/service.h"

#include "secretsmanager/operations.h"
#include "secretsmanager/state.h"

namespace secretsmanager {
namespace {

class SecretsManager final : public service::Service {
 public:
  void register_operations(service::Registry& registry) override {
    using namespace api::secretsmanager;
    add<CreateSecret>(registry, create_secret);
    add<UpdateSecret>(registry, update_secret);
    add<GetSecretValue>(registry, get_secret_value);
    add<PutSecretValue>(registry, put_secret_value);
    add<UpdateSecretVersionStage>(registry, update_secret_version_stage);
    add<ListSecretVersionIds>(registry, list_secret_version_ids);
    add<DescribeSecret>(registry, describe_secret);
    add<ListSecrets>(registry, list_secrets);
    add<DeleteSecret>(registry, delete_secret);
    add<RestoreSecret>(registry, restore_secret);
    add<TagResource>(registry, tag_resource);
    add<UntagResource>(registry, untag_resource);
    add<GetResourcePolicy>(registry, get_resource_policy);
    add<PutResourcePolicy>(registry, put_resource_policy);
    add<DeleteResourcePolicy>(registry, delete_resource_policy);
    add<GetRandomPassword>(registry, get_random_password);
  }

  std::vector<service::TableBase*> tables() override { return {&state_.secrets, &state_.versions}; }
  base::TimePoint deadline() const override { return state_.next_end(); }
  void tick(service::Context& ctx) override { state_.erase_due(ctx); }

 private:
  template <class Op>
  using Function = base::Outcome<typename Op::Output> (*)(State&, const typename Op::Input&, service::Context&);

  template <class Op>
  void add(service::Registry& registry, Function<Op> function) {
    registry.on<Op>([this, function](const typename Op::Input& input, service::Context& ctx) {
      return function(state_, input, ctx);
    });
  }

  State state_;
};

}  // namespace

std::unique_ptr<service::Service> make_service() {
  return std::make_unique<SecretsManager>();
}

}  // namespace secretsmanager
