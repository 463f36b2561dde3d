#pragma once

// A deployment with its template read: what the stack machine and the change sets work from.

#include <memory>
#include <set>
#include <string>

#include "cloudformation/provider.h"
#include "cloudformation/rows.h"
#include "cloudformation/tables.h"
#include "cloudformation/template/functions.h"
#include "cloudformation/template/graph.h"

namespace cloudformation {

struct Blueprint {
  Template source;
  ParameterTexts parameters;
  PseudoParameters pseudo;
  Conditions conditions;
  Graph graph;  // included resources only

  bool includes(const std::string& resource) const { return graph.contains(resource); }
};

// JSON or YAML text to a template.
Result<Template> read_template(const std::string& body);

// `body` is the deployment's template.
Result<std::shared_ptr<const Blueprint>> make_blueprint(const std::string& body, const Deployment& deployment,
                                                        const StackRow& stack);

// Refuses before anything is made: types that nobody provides, properties that their type does not have or take,
// attributes that do not exist, functions that can't be told. Everything that is knowable already is checked.
Result<void> check_blueprint(const Blueprint& blueprint, const ProviderSet& providers,
                             const std::vector<std::string>& zones, service::Context& ctx);

// Names outside a template, answered from a stack's rows. Resources that are not there yet, and everything of those in
// `pending`, are kKnownAfterApply.
class StackSurroundings : public Surroundings {
 public:
  StackSurroundings(const Blueprint& blueprint, const ProviderSet& providers, const std::vector<std::string>& zones)
      : blueprint_(blueprint), providers_(providers), zones_(zones) {}

  Result<base::Value> reference(const std::string& resource) const override;
  Result<base::Value> attribute(const std::string& resource, const std::string& attribute) const override;
  Result<base::Value> imported(const std::string& export_name) const override;
  std::vector<std::string> zones(const std::string& region) const override;
  Result<std::string> stored_parameter(const std::string& name) const override;

  service::Context* ctx = nullptr;           // null: Parameter Store can't be asked
  const Tables* tables = nullptr;            // null: nothing exists yet
  const StackRow* stack = nullptr;           // with `tables`
  std::set<std::string> pending;             // resources whose Ref and attributes will change
  std::set<std::string> pending_attributes;  // resources whose attributes may change
  mutable std::set<std::string> imports;     // exports that were asked for

 private:
  const Blueprint& blueprint_;
  const ProviderSet& providers_;
  const std::vector<std::string>& zones_;
};

// The properties a resource is to have, coerced, with the values of {{resolve:ssm:…}} and the references to secrets.
// Unknown parts are kKnownAfterApply.
Result<base::Value> resolve_properties(const Blueprint& blueprint, const ResourceDeclaration& resource,
                                       const TypeSchema& type, const Surroundings& surroundings);

// Tags that the machine adds to a resource of this type.
Tags tags_for(const StackRow& stack, const Deployment& deployment, const std::string& logical_id,
              const TypeSchema& type);

// The value of an export in a stack's account and region.
struct ExportView {
  const StackRow* stack;
  const OutputRow* output;
};
std::optional<ExportView> find_export(const Tables& tables, const StackRow& near, const std::string& name);
// Names of the stacks that use an export, sorted.
std::vector<std::string> importers_of(const Tables& tables, const StackRow& near, const std::string& export_name);

}  // namespace cloudformation
