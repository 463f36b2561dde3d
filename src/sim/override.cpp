// Where the key of a what-if points, and the change there.

#include <algorithm>
#include <functional>

#include "base/fault.h"
#include "sim/what_if.h"
#include "wire/json.h"
#include "wire/yaml.h"

namespace sim {
namespace {

constexpr const char* kWorkloadKeys[] = {"services", "arrivals", "launch", "metrics", "call", "start", "events"};

std::expected<base::Value, Failure> parse_template(const std::string& file, const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && text[first] == '{';
  auto parsed = json ? wire::parse_json(text) : wire::parse_yaml(text);
  if (!parsed) {
    return std::unexpected(
        Failure{file + " is not well-formed " + parsed.error().place() + ": " + parsed.error().reason});
  }
  return std::move(*parsed);
}

// "8" is a number where a template has one; CloudFormation takes texts for numbers too, but a reader would wonder.
base::Value value_of(const std::string& text) {
  if (const auto parsed = wire::parse_json(text); parsed && parsed->is_scalar()) return *parsed;
  return text;
}

// A template of the scenario, and the stacks on the way to it ("ConsumerStack.").
struct Part {
  std::string file;
  std::string* text;
  base::Value document;
  std::string prefix;
};

void add_nested(Scenario& scenario, const base::Value& document, const std::string& prefix, std::vector<Part>& parts) {
  const base::Value* resources = document.find("Resources");
  if (resources == nullptr || !resources->is_object()) return;
  for (const auto& [name, resource] : resources->as_object()) {
    const base::Value* properties = resource.find("Properties");
    const base::Value* url = properties == nullptr ? nullptr : properties->find("TemplateURL");
    if (url == nullptr || !url->is_string()) continue;
    const auto nested = scenario.nested.find(url->as_string().substr(url->as_string().rfind('/') + 1));
    if (nested == scenario.nested.end()) continue;
    auto inner = parse_template(nested->second.file, nested->second.text);
    if (!inner) continue;  // the deployment says what is wrong with it
    parts.push_back({nested->second.file, &nested->second.text, *inner, prefix + name + "."});
    add_nested(scenario, *inner, prefix + name + ".", parts);
  }
}

std::expected<std::vector<Part>, Failure> parts_of(Scenario& scenario) {
  std::vector<Part> parts;
  for (StackTemplate& stack : scenario.stacks) {
    TRY(base::Value document, parse_template(stack.file, stack.text));
    parts.push_back({stack.file, &stack.text, document, ""});
    add_nested(scenario, document, "", parts);
  }
  return parts;
}

// The member that a path names below `at`; nullptr where there is none.
base::Value* follow(base::Value* at, std::string_view path) {
  while (!path.empty() && at != nullptr) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view step = path.substr(0, dot);
    path = dot == path.size() ? std::string_view() : path.substr(dot + 1);
    if (at->is_array()) {
      const bool number = !step.empty() && step.find_first_not_of("0123456789") == std::string_view::npos;
      const std::size_t index = number && step.size() < 9 ? std::stoul(std::string(step)) : SIZE_MAX;
      at = index < at->as_array().size() ? &at->as_array()[index] : nullptr;
    } else {
      at = at->find(step);
    }
  }
  return at;
}

using Visit = std::function<void(const std::string& path, base::Value& value)>;

// Every member with this name, in properties at any depth.
void find_members(base::Value& at, const std::string& path, const std::string& name, const Visit& visit) {
  if (at.is_array()) {
    for (std::size_t i = 0; i < at.as_array().size(); ++i) {
      find_members(at.as_array()[i], path + "." + std::to_string(i), name, visit);
    }
  }
  if (!at.is_object()) return;
  for (auto& [key, value] : at.as_object()) {
    if (key == name) visit(path + "." + key, value);
    find_members(value, path + "." + key, name, visit);
  }
}

struct Target {
  Part* part;
  base::Value* value;
  std::string path;
};

std::vector<Target> targets_of(std::vector<Part>& parts, const std::string& key) {
  std::vector<Target> found;
  for (Part& part : parts) {
    base::Value* resources = part.document.find("Resources");
    if (resources == nullptr || !resources->is_object()) continue;
    for (auto& [name, resource] : resources->as_object()) {
      base::Value* properties = resource.find("Properties");
      if (properties == nullptr) continue;
      if (key.find('.') == std::string::npos) {
        find_members(*properties, part.prefix + name, key,
                     [&](const std::string& path, base::Value& value) { found.push_back({&part, &value, path}); });
        continue;
      }
      for (const std::string& from : {part.prefix + name + ".", std::string(name) + "."}) {
        if (!key.starts_with(from)) continue;
        const std::string rest = key.substr(from.size());
        base::Value* value = follow(properties, rest);
        if (value == nullptr && rest.find('.') == std::string::npos) {
          properties->set(rest, nullptr);
          value = properties->find(rest);
        }
        if (value != nullptr) found.push_back({&part, value, part.prefix + name + "." + rest});
        break;
      }
    }
  }
  return found;
}

bool has_parameter(const std::vector<Part>& parts, const std::string& key) {
  return std::ranges::any_of(parts, [&](const Part& part) {
    const base::Value* parameters = part.prefix.empty() ? part.document.find("Parameters") : nullptr;
    return parameters != nullptr && parameters->find(key) != nullptr;
  });
}

std::string list_of(const std::vector<Target>& targets) {
  std::string text;
  for (const Target& target : targets) text += "\n  " + target.path + " (" + target.part->file + ")";
  return text;
}

}  // namespace

std::expected<void, Failure> apply(Scenario& scenario, const std::string& key, const std::string& value) {
  const std::string first = key.substr(0, key.find('.'));
  if (std::ranges::find(kWorkloadKeys, first) != std::end(kWorkloadKeys)) {
    if (scenario.workload_document.set(key, Document::scalar(value))) return {};
    return std::unexpected(Failure{scenario.workload_file + " has no place for " + key});
  }
  TRY(std::vector<Part> parts, parts_of(scenario));
  if (has_parameter(parts, key)) {
    scenario.parameters[key] = value;
    return {};
  }
  std::vector<Target> targets = targets_of(parts, key);
  if (targets.empty()) {
    return std::unexpected(Failure{"nothing is called " + key +
                                   ": no workload key, template parameter, path from a resource or property"});
  }
  if (targets.size() > 1) {
    return std::unexpected(Failure{key + " could be several things; name one of" + list_of(targets)});
  }
  *targets.front().value = value_of(value);
  *targets.front().part->text = wire::write_json(targets.front().part->document);
  return {};
}

}  // namespace sim
