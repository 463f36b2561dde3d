#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cloudformation/machine.h"
#include "cloudformation/ports.h"
#include "cloudformation/tables.h"

namespace cloudformation {

struct State {
  explicit State(TemplateSource& templates);

  Tables tables;
  ProviderSet providers;
  TemplateSource& source;
  Machine machine;
};

// Every resource type of this build; resources/.
void add_providers(ProviderSet& providers, Machine& machine, TemplateSource& source);

// Texts of a region's availability zones, from EC2.
std::vector<std::string> list_zones(service::Context& ctx);

std::unexpected<base::Fault> refuse(std::string message);  // ValidationError

// bucket.s3.REGION.amazonaws.com/key and its other forms, path style on any other host (our own endpoint).
base::Outcome<ObjectLocation> parse_template_url(const std::string& url);
base::Outcome<std::string> fetch_template(TemplateSource& source, const std::string& url, service::Context& ctx);

// What a caller proposes for a stack, with everything checked that AWS checks in the call.
struct Proposal {
  Deployment deployment;  // without template id
  std::string body;
  std::vector<GivenParameter> given;
  const ParameterTexts* previous = nullptr;
};
base::Outcome<std::shared_ptr<const Blueprint>> check_proposal(const ProviderSet& providers,
                                                               const std::vector<std::string>& zones,
                                                               const StackRow& stack, Proposal& proposal,
                                                               service::Context& ctx);

// CAPABILITY_IAM, CAPABILITY_NAMED_IAM or ""; and the types that need it.
struct CapabilityNeed {
  std::string capability;
  std::vector<std::string> types;
};
CapabilityNeed capability_need(const Template& source, const ProviderSet& providers);

// What an update would change, as DescribeChangeSet lists it: [{Action, LogicalResourceId, …}].
struct ChangePlan {
  base::Value::Array changes;
  bool outputs_change = false;
  bool any() const { return !changes.empty() || outputs_change; }
};
ChangePlan plan_changes(State& state, const StackRow& stack, const Blueprint& wanted, const Deployment& deployment,
                        const std::vector<std::string>& zones, service::Context& ctx);

}  // namespace cloudformation
