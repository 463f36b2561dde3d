#include "sim/deploy.h"

#include <algorithm>
#include <set>
#include <vector>

#include "api/cloudformation/operations.h"
#include "base/fault.h"
#include "sim/quantity.h"

namespace sim {
namespace {

namespace cfn = api::cloudformation;

struct Cause {
  std::string resource, type, reason, physical;
};

// Oldest first, all pages.
std::vector<cfn::StackEvent> events_of(World& world, const std::string& stack) {
  std::vector<cfn::StackEvent> events;
  cfn::DescribeStackEventsInput input;
  input.stack_name = stack;
  for (;;) {
    auto page = world.call<cfn::DescribeStackEvents>(input);
    if (!page || !page->stack_events) break;
    std::ranges::move(*page->stack_events, std::back_inserter(events));
    if (!page->next_token) break;
    input.next_token = page->next_token;
  }
  std::ranges::reverse(events);
  return events;
}

// The first failure that follows from no other; of a nested stack, the one inside it.
Cause first_cause(World& world, const std::string& stack) {
  for (const cfn::StackEvent& event : events_of(world, stack)) {
    const std::string status = event.resource_status.value_or("");
    const std::string reason = event.resource_status_reason.value_or("");
    if (!status.ends_with("_FAILED") || reason.find("cancelled") != std::string::npos) continue;
    const std::string physical = event.physical_resource_id.value_or("");
    if (event.resource_type == "AWS::CloudFormation::Stack" && !physical.empty() && physical != event.stack_id) {
      Cause inner = first_cause(world, physical);
      if (!inner.reason.empty()) return inner;
    }
    return {event.logical_resource_id.value_or(""), event.resource_type.value_or(""), reason, physical};
  }
  return {};
}

const Document* parameters_of(const Document& document) {
  const Document* parameters = document.find("Parameters");
  return parameters != nullptr && parameters->is_map() ? parameters : nullptr;
}

std::expected<void, Failure> check_parameters(const Scenario& scenario) {
  for (const auto& [name, value] : scenario.parameters) {
    const bool known = std::ranges::any_of(scenario.stacks, [&](const StackTemplate& stack) {
      const auto document = Document::parse(stack.text);
      return document && parameters_of(*document) != nullptr && parameters_of(*document)->find(name) != nullptr;
    });
    if (!known) return std::unexpected(Failure{"no template has a parameter " + name});
  }
  return {};
}

cfn::CreateStackInput stack_input(const Scenario& scenario, const StackTemplate& stack, const std::string& url) {
  cfn::CreateStackInput input;
  input.stack_name = stack.stack;
  input.template_url = url;
  input.capabilities = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"};
  const auto document = Document::parse(stack.text);
  const Document* declared = document ? parameters_of(*document) : nullptr;
  auto& parameters = input.parameters.emplace();
  for (const auto& [name, value] : scenario.parameters) {
    if (declared == nullptr || declared->find(name) == nullptr) continue;
    parameters.emplace_back();
    parameters.back().parameter_key = name;
    parameters.back().parameter_value = value;
  }
  return input;
}

std::expected<void, Failure> create(World& world, const Scenario& scenario, const StackTemplate& stack,
                                    base::TimePoint end) {
  const auto url = world.put_template("root-" + stack.stack + ".template", stack.text);
  if (!url) return std::unexpected(Failure{stack.file + ": " + url.error().message});
  const auto created = world.call<cfn::CreateStack>(stack_input(scenario, stack, *url));
  if (!created) return std::unexpected(Failure{stack.file + ": " + created.error().message});
  const std::string id = created->stack_id.value_or(stack.stack);
  std::string status;
  const bool ended = world.run_until(end, [&] {
    const auto stacks = world.call<cfn::DescribeStacks>({.stack_name = id});
    status = stacks && stacks->stacks ? stacks->stacks->front().stack_status : "";
    return !status.ends_with("_IN_PROGRESS");
  });
  if (ended && status == "CREATE_COMPLETE") return {};
  const Cause cause = first_cause(world, id);
  if (!cause.reason.empty()) {
    return std::unexpected(
        Failure{place_of(scenario, cause.resource) + ": " + cause.resource + " (" + cause.type + "): " + cause.reason});
  }
  return std::unexpected(Failure{stack.file + ": the stack " + stack.stack + " is " + status + " at the end of the " +
                                 span_text(scenario.span) + " that are simulated; its tasks may never become stable"});
}

}  // namespace

std::string template_url(const std::string& region, const std::string& key) {
  return "https://s3." + region + ".amazonaws.com/renkei-templates/" + key;
}

std::string place_of(const Scenario& scenario, const std::string& text) {
  const auto look = [&](const std::string& file, const std::string& source) -> std::string {
    const auto document = Document::parse(source);
    const std::size_t line = document ? document->line_of(text) : 0;
    return line == 0 ? "" : file + ":" + std::to_string(line);
  };
  for (const auto& [key, nested] : scenario.nested) {
    if (std::string place = look(nested.file, nested.text); !place.empty()) return place;
  }
  for (const StackTemplate& stack : scenario.stacks) {
    if (std::string place = look(stack.file, stack.text); !place.empty()) return place;
  }
  return scenario.stacks.empty() ? "template" : scenario.stacks.back().file;
}

std::expected<void, Failure> deploy(World& world, const Scenario& scenario, base::TimePoint end) {
  CHECK(check_parameters(scenario));
  for (const auto& [key, nested] : scenario.nested) {
    if (const auto put = world.put_template(key, nested.text); !put) {
      return std::unexpected(Failure{nested.file + ": " + put.error().message});
    }
  }
  for (const StackTemplate& stack : scenario.stacks) CHECK(create(world, scenario, stack, end));
  return {};
}

}  // namespace sim
