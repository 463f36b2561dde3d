#include "ssm/service.h"

#include "ssm/operations.h"
#include "ssm/state.h"

namespace ssm {
namespace {

class Ssm final : public service::Service {
 public:
  void register_operations(service::Registry& registry) override {
    using namespace api::ssm;
    add<PutParameter>(registry, put_parameter);
    add<GetParameter>(registry, get_parameter);
    add<GetParameters>(registry, get_parameters);
    add<GetParametersByPath>(registry, get_parameters_by_path);
    add<GetParameterHistory>(registry, get_parameter_history);
    add<DescribeParameters>(registry, describe_parameters);
    add<DeleteParameter>(registry, delete_parameter);
    add<DeleteParameters>(registry, delete_parameters);
    add<LabelParameterVersion>(registry, label_parameter_version);
    add<UnlabelParameterVersion>(registry, unlabel_parameter_version);
    add<AddTagsToResource>(registry, add_tags_to_resource);
    add<RemoveTagsFromResource>(registry, remove_tags_from_resource);
    add<ListTagsForResource>(registry, list_tags_for_resource);
  }

  std::vector<service::TableBase*> tables() override { return {&state_.parameters, &state_.versions}; }

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
  return std::make_unique<Ssm>();
}

}  // namespace ssm
