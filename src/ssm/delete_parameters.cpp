#include "ssm/operations.h"

namespace ssm {

SSM_OPERATION(delete_parameter, DeleteParameter) {
  TRY(const ParameterRow* parameter, parameter_or_fault(state, input.name, ctx));
  state.erase(std::string(parameter->name), ctx);
  return api::ssm::DeleteParameter::Output{};
}

SSM_OPERATION(delete_parameters, DeleteParameters) {
  api::ssm::DeleteParameters::Output out;
  auto& deleted = out.deleted_parameters.emplace();
  auto& missing = out.invalid_parameters.emplace();
  for (const std::string& name : input.names) {
    const auto parameter = parameter_or_fault(state, name, ctx);
    if (parameter) state.erase(std::string((*parameter)->name), ctx);
    (parameter ? deleted : missing).push_back(name);
  }
  return out;
}

}  // namespace ssm
