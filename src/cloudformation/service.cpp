#include "cloudformation/service.h"

#include "cloudformation/operations/operations.h"

namespace cloudformation {
namespace {

class CloudFormation final : public service::Service {
 public:
  explicit CloudFormation(TemplateSource& templates) : state_(templates) {}

  void register_operations(service::Registry& registry) override {
    add<cfn::CreateStack>(registry, create_stack);
    add<cfn::UpdateStack>(registry, update_stack);
    add<cfn::DeleteStack>(registry, delete_stack);
    add<cfn::CancelUpdateStack>(registry, cancel_update_stack);
    add<cfn::ContinueUpdateRollback>(registry, continue_update_rollback);
    add<cfn::UpdateTerminationProtection>(registry, update_termination_protection);
    add<cfn::DescribeStacks>(registry, describe_stacks);
    add<cfn::ListStacks>(registry, list_stacks);
    add<cfn::DescribeStackEvents>(registry, describe_stack_events);
    add<cfn::DescribeStackResource>(registry, describe_stack_resource);
    add<cfn::DescribeStackResources>(registry, describe_stack_resources);
    add<cfn::ListStackResources>(registry, list_stack_resources);
    add<cfn::ListExports>(registry, list_exports);
    add<cfn::ListImports>(registry, list_imports);
    add<cfn::GetTemplate>(registry, get_template);
    add<cfn::GetTemplateSummary>(registry, get_template_summary);
    add<cfn::ValidateTemplate>(registry, validate_template);
    add<cfn::CreateChangeSet>(registry, create_change_set);
    add<cfn::DescribeChangeSet>(registry, describe_change_set);
    add<cfn::ExecuteChangeSet>(registry, execute_change_set);
    add<cfn::DeleteChangeSet>(registry, delete_change_set);
    add<cfn::ListChangeSets>(registry, list_change_sets);
  }

  std::vector<service::TableBase*> tables() override { return state_.tables.all(); }
  base::TimePoint deadline() const override { return state_.machine.deadline(); }
  void tick(service::Context& ctx) override { state_.machine.tick(ctx); }
  bool follows_changes() const override { return state_.machine.busy(); }

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

std::unique_ptr<service::Service> make_service(TemplateSource& templates) {
  return std::make_unique<CloudFormation>(templates);
}

}  // namespace cloudformation
