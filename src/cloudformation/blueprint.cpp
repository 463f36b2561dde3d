#include "cloudformation/blueprint.h"

#include <algorithm>

#include "base/fault.h"
#include "cloudformation/lookup.h"
#include "wire/json.h"
#include "wire/yaml.h"

namespace cloudformation {
namespace {

using base::Value;

Result<Value> read_document(const std::string& body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return problem("Template format error: unsupported structure.");
  if (body[first] == '{') {
    auto document = wire::parse_json(body);
    if (document) return std::move(*document);
    // A YAML flow mapping may begin the same way.
    auto yaml = wire::parse_yaml(body);
    if (yaml) return std::move(*yaml);
    return problem("Template format error: JSON not well-formed. " + document.error().place());
  }
  auto document = wire::parse_yaml(body);
  if (!document) return problem("Template format error: YAML not well-formed. " + document.error().place());
  return std::move(*document);
}

// The resources in an order in which each comes after what it depends on.
std::vector<std::string> in_order(const Graph& graph) {
  std::vector<std::string> order;
  std::set<std::string> done;
  while (order.size() < graph.size()) {
    for (const auto& [name, needs] : graph) {
      if (done.contains(name) || !std::ranges::includes(done, needs)) continue;
      done.insert(name);
      order.push_back(name);
    }
  }
  return order;
}

}  // namespace

Result<Template> read_template(const std::string& body) {
  TRY(const Value document, read_document(body));
  return parse_template(document);
}

Result<std::shared_ptr<const Blueprint>> make_blueprint(const std::string& body, const Deployment& deployment,
                                                        const StackRow& stack) {
  auto blueprint = std::make_shared<Blueprint>();
  TRY(blueprint->source, read_template(body));
  CHECK(check_references(blueprint->source));
  blueprint->parameters = deployment.parameters;
  for (const auto& [name, value] : deployment.resolved) blueprint->parameters[name] = value;
  blueprint->pseudo = {
      .account = stack.account, .region = stack.region, .stack_id = stack.id, .stack_name = stack.name};
  TRY(blueprint->conditions, evaluate_conditions(blueprint->source, blueprint->parameters, blueprint->pseudo));
  CHECK(check_rules(blueprint->source, blueprint->parameters, blueprint->pseudo));
  TRY(blueprint->graph, dependency_graph(blueprint->source, blueprint->conditions));
  return blueprint;
}

Result<void> check_blueprint(const Blueprint& blueprint, const ProviderSet& providers,
                             const std::vector<std::string>& zones, service::Context& ctx) {
  std::vector<std::string> unknown;
  for (const ResourceDeclaration& resource : blueprint.source.resources) {
    const bool met = std::ranges::find(unknown, resource.type) != unknown.end();
    if (providers.find(resource.type) == nullptr && !met) unknown.push_back(resource.type);
  }
  if (!unknown.empty()) return problem("Template format error: Unrecognized resource types: [" + joined(unknown) + "]");

  StackSurroundings surroundings(blueprint, providers, zones);
  surroundings.ctx = &ctx;
  for (const std::string& name : in_order(blueprint.graph)) {
    const ResourceDeclaration& resource = *blueprint.source.find_resource(name);
    CHECK(resolve_properties(blueprint, resource, providers.find(resource.type)->schema(), surroundings));
  }
  const Scope scope{blueprint.source,     blueprint.parameters, blueprint.pseudo,
                    blueprint.conditions, surroundings,         Block::Outputs};
  for (const OutputDeclaration& output : blueprint.source.outputs) {
    if (!output.condition.empty() && !blueprint.conditions.at(output.condition)) continue;
    CHECK(evaluate(output.value, scope));
    CHECK(evaluate(output.export_name, scope));
  }
  return {};
}

Result<Value> StackSurroundings::reference(const std::string& resource) const {
  const ResourceRow* row =
      tables == nullptr || pending.contains(resource) ? nullptr : tables->find_resource(*stack, resource);
  if (row == nullptr || row->now.physical_id.empty()) return Value(kKnownAfterApply);
  return Value(row->now.physical_id);
}

Result<Value> StackSurroundings::attribute(const std::string& resource, const std::string& attribute) const {
  const ResourceDeclaration* declared = blueprint_.source.find_resource(resource);
  const Provider* provider = providers_.find(declared->type);
  if (provider != nullptr && !provider->schema().has_attribute(attribute)) {
    return problem("Template error: resource " + resource + " does not support attribute type " + attribute +
                   " in Fn::GetAtt");
  }
  const bool unknown = tables == nullptr || pending.contains(resource) || pending_attributes.contains(resource);
  const ResourceRow* row = unknown ? nullptr : tables->find_resource(*stack, resource);
  if (row == nullptr || row->now.physical_id.empty()) return Value(kKnownAfterApply);
  if (const Value* value = row->now.attributes.find(attribute)) return *value;
  return problem("Attribute '" + attribute + "' does not exist");
}

Result<Value> StackSurroundings::imported(const std::string& name) const {
  if (tables == nullptr) return Value(kKnownAfterApply);
  const auto found = find_export(*tables, *stack, name);
  if (!found) return problem("No export named " + name + " found.");
  imports.insert(name);
  return Value(found->output->value);
}

std::vector<std::string> StackSurroundings::zones(const std::string& region) const {
  std::vector<std::string> names;
  for (const std::string& zone : zones_) {
    names.push_back(zone.starts_with(blueprint_.pseudo.region) ? region + zone.substr(blueprint_.pseudo.region.size())
                                                               : zone);
  }
  return names;
}

Result<std::string> StackSurroundings::stored_parameter(const std::string& name) const {
  if (ctx == nullptr) return std::string(kKnownAfterApply);
  return look_up_parameter(name, *ctx);
}

Result<Value> resolve_properties(const Blueprint& blueprint, const ResourceDeclaration& resource,
                                 const TypeSchema& type, const Surroundings& surroundings) {
  const Scope scope{blueprint.source, blueprint.parameters, blueprint.pseudo, blueprint.conditions, surroundings};
  TRY(const auto value, evaluate(resource.properties, scope));
  TRY(const Value expanded, expand_parameters(value ? *value : Value(), type.name, [&](const std::string& name) {
        return surroundings.stored_parameter(name);
      }));
  return coerce_properties(type, expanded, resource.name);
}

Tags tags_for(const StackRow& stack, const Deployment& deployment, const std::string& logical_id,
              const TypeSchema& type) {
  Tags tags;
  if (type.find("Tags") == nullptr) return tags;
  tags = deployment.tags;
  if (!type.system_tags) return tags;
  tags.emplace_back("aws:cloudformation:stack-name", stack.name);
  tags.emplace_back("aws:cloudformation:logical-id", logical_id);
  tags.emplace_back("aws:cloudformation:stack-id", stack.id);
  return tags;
}

std::optional<ExportView> find_export(const Tables& tables, const StackRow& near, const std::string& name) {
  for (const auto& [key, stack] : tables.stacks.with_prefix(near.account + "/" + near.region + "/")) {
    for (const OutputRow& output : stack.outputs) {
      if (!stack.deleted_at && output.export_name == name && !name.empty()) return ExportView{&stack, &output};
    }
  }
  return std::nullopt;
}

std::vector<std::string> importers_of(const Tables& tables, const StackRow& near, const std::string& export_name) {
  std::set<std::string> names;
  const auto uses = [&](const Texts& imports) { return std::ranges::find(imports, export_name) != imports.end(); };
  for (const auto& [key, stack] : tables.stacks.with_prefix(near.account + "/" + near.region + "/")) {
    if (stack.deleted_at && stack.status == "DELETE_COMPLETE") continue;
    bool found = std::ranges::any_of(stack.outputs, [&](const OutputRow& output) { return uses(output.imports); });
    for (const ResourceRow* row : tables.resources_of(stack)) {
      found = found || uses(row->now.imports) || (row->before && uses(row->before->imports));
    }
    if (found) names.insert(stack.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace cloudformation
