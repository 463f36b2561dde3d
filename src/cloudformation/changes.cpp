// What an update would change, told before it is made.

#include <algorithm>

#include "cloudformation/state.h"

namespace cloudformation {
namespace {

using base::Value;

// Parameters and resources that an expression names.
void collect(const Value& expression, const Template& source, std::set<std::string>& parameters,
             std::set<std::string>& resources) {
  const auto note = [&](const std::string& name) {
    if (source.find_parameter(name) != nullptr) parameters.insert(name);
    if (source.find_resource(name) != nullptr) resources.insert(name);
  };
  if (expression.is_array()) {
    for (const Value& item : expression.as_array()) collect(item, source, parameters, resources);
    return;
  }
  if (!expression.is_object()) return;
  const std::string_view name = function_name(expression);
  for (const auto& [key, member] : expression.as_object()) {
    if (name == "Ref" && member.is_string()) note(member.as_string());
    if (name == "Fn::GetAtt") {
      if (const auto wanted = attribute_name(member)) note(wanted->resource);
    }
    if (name == "Fn::Sub") {
      const Value& text = member.is_array() && !member.as_array().empty() ? member.as_array()[0] : member;
      if (text.is_string()) {
        for (const SubPart& part : split_sub(text.as_string())) {
          if (part.is_name) note(part.text.substr(0, part.text.find('.')));
        }
      }
    }
    collect(member, source, parameters, resources);
  }
}

Value::Object target(std::string_view name, UpdateBehavior update) {
  Value::Object target = {{"Attribute", name == "Tags" ? "Tags" : "Properties"}};
  if (name != "Tags") target.emplace_back("Name", name);
  target.emplace_back("RequiresRecreation", update == UpdateBehavior::Replace       ? "Always"
                                            : update == UpdateBehavior::Conditional ? "Conditionally"
                                                                                    : "Never");
  return target;
}

Value detail(const char* source, const char* evaluation, const std::string& cause, Value::Object target) {
  Value value;
  value.set("ChangeSource", source);
  value.set("Evaluation", evaluation);
  if (!cause.empty()) value.set("CausingEntity", cause);
  value.set("Target", std::move(target));
  return value;
}

struct Planner {
  State& state;
  const StackRow& stack;
  const Blueprint& wanted;
  const Deployment& deployment;
  StackSurroundings surroundings;
  std::map<std::string, Value> changes{};
  std::set<std::string> changing{};

  Value add(const ResourceDeclaration& resource) {
    Value change;
    change.set("Action", "Add");
    change.set("LogicalResourceId", resource.name);
    change.set("ResourceType", resource.type);
    change.set("Scope", Value::Array{});
    change.set("Details", Value::Array{});
    return change;
  }

  Value::Array details(const ResourceDeclaration& resource, const TypeSchema& type, const Difference& difference) {
    Value::Array list;
    for (const std::string& name : difference.properties) {
      const PropertySchema* property = type.find(name);
      const UpdateBehavior update = property == nullptr ? UpdateBehavior::InPlace : property->update;
      std::set<std::string> parameters;
      std::set<std::string> resources;
      if (const Value* expression = resource.properties.find(name)) {
        collect(*expression, wanted.source, parameters, resources);
      }
      bool dynamic = false;
      for (const std::string& parameter : parameters) {
        const bool held = stack.present.parameters.contains(parameter);
        if (held && stack.present.value_of(parameter) == deployment.value_of(parameter)) continue;
        list.push_back(detail("ParameterReference", "Static", parameter, target(name, update)));
        dynamic = true;
      }
      for (const std::string& other : resources) {
        if (!changing.contains(other)) continue;
        list.push_back(detail("ResourceReference", "Dynamic", other, target(name, update)));
        dynamic = true;
      }
      list.push_back(detail("DirectModification", dynamic ? "Dynamic" : "Static", "", target(name, update)));
    }
    if (list.empty()) list.push_back(detail("Automatic", "Dynamic", "", target("", UpdateBehavior::InPlace)));
    return list;
  }

  void plan(const ResourceDeclaration& resource) {
    const Provider& provider = *state.providers.find(resource.type);
    const TypeSchema& type = provider.schema();
    const ResourceRow* row = state.tables.find_resource(stack, resource.name);
    if (row == nullptr || row->now.physical_id.empty()) {
      changes.emplace(resource.name, add(resource));
      changing.insert(resource.name);
      surroundings.pending.insert(resource.name);
      return;
    }
    const auto properties = resolve_properties(wanted, resource, type, surroundings);
    const Tags tags = tags_for(stack, deployment, resource.name, type);
    const Difference difference =
        properties ? compare(type, row->now, *properties, tags) : Difference{.any = true, .replace = false};
    if (!difference.any && !provider.always_updates()) return;
    std::string replacement = difference.replace ? "True" : "False";
    for (const std::string& name : difference.properties) {
      const PropertySchema* property = type.find(name);
      if (property == nullptr) continue;
      const Value* value = properties ? properties->find(name) : nullptr;
      const bool unknown = value != nullptr && !is_known(*value);
      if (property->update == UpdateBehavior::Conditional && replacement == "False") replacement = "Conditional";
      if (property->update == UpdateBehavior::Replace && unknown) replacement = "Conditional";
    }
    Value change;
    if (replacement == "True") {
      change.set("PolicyAction", resource.update_replace_policy == "Retain" ? "ReplaceAndRetain" : "ReplaceAndDelete");
    }
    change.set("Action", "Modify");
    change.set("LogicalResourceId", resource.name);
    change.set("PhysicalResourceId", row->now.physical_id);
    change.set("ResourceType", resource.type);
    change.set("Replacement", replacement);
    const bool only_tags = difference.properties == std::vector<std::string>{"Tags"};
    change.set("Scope", Value::Array{only_tags ? "Tags" : "Properties"});
    change.set("Details", details(resource, type, difference));
    changes.emplace(resource.name, std::move(change));
    changing.insert(resource.name);
    if (replacement != "False") surroundings.pending.insert(resource.name);
    if (provider.always_updates()) surroundings.pending_attributes.insert(resource.name);
  }

  void plan_removals() {
    for (const ResourceRow* row : state.tables.resources_of(stack)) {
      if (wanted.includes(row->logical_id) || row->now.physical_id.empty()) continue;
      Value change;
      change.set("PolicyAction", row->deletion_policy == "Retain" ? "Retain" : "Delete");
      change.set("Action", "Remove");
      change.set("LogicalResourceId", row->logical_id);
      change.set("PhysicalResourceId", row->now.physical_id);
      change.set("ResourceType", row->type);
      change.set("Scope", Value::Array{});
      change.set("Details", Value::Array{});
      changes.emplace(row->logical_id, std::move(change));
    }
  }

  bool outputs_change() {
    const Scope scope{wanted.source, wanted.parameters, wanted.pseudo, wanted.conditions, surroundings, Block::Outputs};
    std::map<std::string, std::pair<std::string, std::string>> before;
    for (const OutputRow& output : stack.outputs) before[output.key] = {output.value, output.export_name};
    std::map<std::string, std::pair<std::string, std::string>> after;
    for (const OutputDeclaration& output : wanted.source.outputs) {
      if (!output.condition.empty() && !wanted.conditions.at(output.condition)) continue;
      const auto value = evaluate(output.value, scope);
      const auto name = evaluate(output.export_name, scope);
      if (!value || !name || !*value) return true;
      after[output.name] = {(*value)->to_text(), *name ? (*name)->to_text() : ""};
    }
    return before != after;
  }
};

}  // namespace

ChangePlan plan_changes(State& state, const StackRow& stack, const Blueprint& wanted, const Deployment& deployment,
                        const std::vector<std::string>& zones, service::Context& ctx) {
  Planner planner{state, stack, wanted, deployment, StackSurroundings(wanted, state.providers, zones)};
  planner.surroundings.ctx = &ctx;
  planner.surroundings.tables = &state.tables;
  planner.surroundings.stack = &stack;
  std::set<std::string> done;
  while (done.size() < wanted.graph.size()) {
    for (const auto& [name, needs] : wanted.graph) {
      if (done.contains(name) || !std::ranges::includes(done, needs)) continue;
      done.insert(name);
      planner.plan(*wanted.source.find_resource(name));
    }
  }
  planner.plan_removals();
  ChangePlan plan;
  plan.outputs_change = planner.outputs_change();
  for (auto& [name, change] : planner.changes) plan.changes.push_back(std::move(change));
  return plan;
}

}  // namespace cloudformation
