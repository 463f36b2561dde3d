#include "cloudformation/template/graph.h"

#include <algorithm>
#include <functional>

#include "base/fault.h"

namespace cloudformation {
namespace {

using base::Value;

// One walk over an expression. With conditions only the branch of Fn::If that counts is followed, without all are.
class Walk {
 public:
  Walk(const Template& source, const Conditions* conditions) : source_(source), conditions_(conditions) {}

  Result<void> visit(const Value& expression) {
    if (expression.is_array()) {
      for (const Value& item : expression.as_array()) CHECK(visit(item));
      return {};
    }
    if (!expression.is_object()) return {};
    const std::string_view name = function_name(expression);
    if (name.empty()) {
      for (const auto& [key, member] : expression.as_object()) {
        if (key.starts_with("Fn::ForEach::")) return problem("Fn::ForEach is not supported by renkei yet: " + key);
        CHECK(visit(member));
      }
      return {};
    }
    return visit_function(name, expression.as_object().front().second);
  }

  std::set<std::string> resources;   // declared, referred to
  std::vector<std::string> unknown;  // referred to by Ref or Sub, declared nowhere

 private:
  Result<void> visit_function(std::string_view name, const Value& argument) {
    if (name == "Ref") {
      if (!argument.is_string()) return problem("Template format error: Every Ref must be a string.");
      note(argument.as_string());
      return {};
    }
    if (name == "Fn::GetAtt") return visit_get_att(argument);
    if (name == "Fn::Sub") return visit_sub(argument);
    if (name == "Fn::If") return visit_if(argument);
    CHECK(check_shape(name, argument));
    return visit(argument);
  }

  static Result<void> check_shape(std::string_view name, const Value& argument) {
    const auto pair = [&] { return argument.is_array() && argument.as_array().size() == 2; };
    if (name == "Fn::Join" && (!pair() || argument.as_array()[0].is_array() || argument.as_array()[1].is_scalar())) {
      return problem(
          "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of "
          "strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.");
    }
    if (name == "Fn::Split" && (!pair() || argument.as_array()[1].is_array())) {
      return problem(
          "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to "
          "be split or a function that returns a string to be split.");
    }
    if (name == "Fn::Select" && (!pair() || argument.as_array()[1].is_scalar())) {
      return problem(
          "Template error: Fn::Select requires a list argument with two elements: an integer index and a list");
    }
    return {};
  }

  Result<void> visit_get_att(const Value& argument) {
    const auto wanted = attribute_name(argument);
    if (!wanted) {
      return problem(
          "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the "
          "resource attribute");
    }
    CHECK(visit(wanted->attribute));
    return note_attribute(wanted->resource);
  }

  Result<void> note_attribute(const std::string& resource) {
    if (source_.find_resource(resource) == nullptr) {
      return problem("Template error: instance of Fn::GetAtt references undefined resource " + resource);
    }
    resources.insert(resource);
    return {};
  }

  Result<void> visit_sub(const Value& argument) {
    const bool pair = argument.is_array() && argument.as_array().size() == 2;
    const Value* text = pair ? &argument.as_array()[0] : &argument;
    const Value* variables = pair ? &argument.as_array()[1] : nullptr;
    if (!text->is_string() || (pair && !variables->is_object())) {
      return problem(
          "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string "
          "as first argument, and an optional second argument to specify a mapping of values to replace in the string");
    }
    if (variables != nullptr) CHECK(visit(*variables));
    for (const SubPart& part : split_sub(text->as_string())) {
      if (!part.is_name || (variables != nullptr && variables->find(part.text) != nullptr)) continue;
      const std::string name = part.text.substr(0, part.text.find('.'));
      note(name);
    }
    return {};
  }

  Result<void> visit_if(const Value& argument) {
    if (!argument.is_array() || argument.as_array().size() != 3 || !argument.as_array()[0].is_string()) {
      return problem("Template error: Fn::If requires a list argument with the first element being a condition");
    }
    const auto& list = argument.as_array();
    const std::string& name = list[0].as_string();
    if (!source_.has_condition(name)) {
      return problem("Template error: unresolved condition dependency " + name + " in Fn::If");
    }
    if (conditions_ != nullptr) return visit(list[conditions_->at(name) ? 1 : 2]);
    CHECK(visit(list[1]));
    return visit(list[2]);
  }

  void note(const std::string& name) {
    if (is_pseudo_parameter(name) || source_.find_parameter(name) != nullptr) return;
    if (source_.find_resource(name) != nullptr) {
      resources.insert(name);
    } else if (std::ranges::find(unknown, name) == unknown.end()) {
      unknown.push_back(name);
    }
  }

  const Template& source_;
  const Conditions* conditions_;
};

Result<void> check_condition_name(const Template& source, const std::string& name, std::string_view block) {
  if (name.empty() || source.has_condition(name)) return {};
  return problem("Template format error: Unresolved condition dependency " + name + " in the " + std::string(block) +
                 " block of the template");
}

// The members of the cycles: what is left when everything that can be built is taken away, and then everything that
// only waits for a cycle.
std::vector<std::string> members_of_cycles(Graph graph) {
  const auto drop_leaves = [](Graph& edges) {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto node = edges.begin(); node != edges.end();) {
        std::erase_if(node->second, [&](const std::string& target) { return !edges.contains(target); });
        if (node->second.empty()) {
          node = edges.erase(node);
          changed = true;
        } else {
          ++node;
        }
      }
    }
  };
  drop_leaves(graph);
  Graph reversed;
  for (const auto& [name, targets] : graph) {
    reversed[name];
    for (const std::string& target : targets) reversed[target].insert(name);
  }
  drop_leaves(reversed);
  std::vector<std::string> names;
  for (const auto& [name, sources] : reversed) names.push_back(name);
  return names;
}

}  // namespace

bool is_included(const ResourceDeclaration& resource, const Conditions& conditions) {
  if (resource.condition.empty()) return true;
  const auto found = conditions.find(resource.condition);
  return found != conditions.end() && found->second;
}

Result<void> check_references(const Template& source) {
  Walk walk(source, nullptr);
  for (const ResourceDeclaration& resource : source.resources) {
    CHECK(check_condition_name(source, resource.condition, "Resources"));
    CHECK(walk.visit(resource.properties));
    for (const std::string& name : resource.depends_on) {
      if (source.find_resource(name) == nullptr) walk.unknown.push_back(name);
    }
  }
  if (!walk.unknown.empty()) {
    std::ranges::sort(walk.unknown);
    const auto repeated = std::ranges::unique(walk.unknown);
    walk.unknown.erase(repeated.begin(), repeated.end());
    return problem("Template format error: Unresolved resource dependencies [" + joined(walk.unknown) +
                   "] in the Resources block of the template");
  }
  Walk outputs(source, nullptr);
  for (const OutputDeclaration& output : source.outputs) {
    CHECK(check_condition_name(source, output.condition, "Outputs"));
    CHECK(outputs.visit(output.value));
    CHECK(outputs.visit(output.export_name));
  }
  if (!outputs.unknown.empty()) {
    return problem("Unresolved resource dependencies [" + joined(outputs.unknown) +
                   "] in the Outputs block of the template");
  }
  return {};
}

Result<Graph> dependency_graph(const Template& source, const Conditions& conditions) {
  std::set<std::string> included;
  for (const ResourceDeclaration& resource : source.resources) {
    if (is_included(resource, conditions)) included.insert(resource.name);
  }
  Graph graph;
  for (const ResourceDeclaration& resource : source.resources) {
    if (!included.contains(resource.name)) continue;
    Walk walk(source, &conditions);
    CHECK(walk.visit(resource.properties));
    for (const std::string& name : resource.depends_on) walk.resources.insert(name);
    std::erase_if(walk.resources, [&](const std::string& name) { return !included.contains(name); });
    graph.emplace(resource.name, std::move(walk.resources));
  }
  const auto cycle = members_of_cycles(graph);
  if (!cycle.empty()) return problem("Circular dependency between resources: [" + joined(cycle) + "]");
  return graph;
}

}  // namespace cloudformation
