#include "cloudformation/state.h"

#include <algorithm>
#include <set>

#include "api/cloudformation/operations.h"
#include "api/ec2/operations.h"
#include "base/fault.h"
#include "cloudformation/lookup.h"
#include "wire/percent.h"

namespace cloudformation {
namespace {

namespace faults = api::cloudformation::faults;

constexpr std::size_t kStackNameMax = 128;

}  // namespace

State::State(TemplateSource& templates) : source(templates), machine(tables, providers, list_zones) {
  add_providers(providers, machine, source);
}

std::vector<std::string> list_zones(service::Context& ctx) {
  std::vector<std::string> zones;
  const auto answer = service::call<api::ec2::DescribeAvailabilityZones>({}, ctx);
  if (answer && answer->availability_zones) {
    for (const auto& zone : *answer->availability_zones) zones.push_back(zone.zone_name.value_or(""));
  }
  if (zones.empty()) zones = {ctx.call.region + "a", ctx.call.region + "b", ctx.call.region + "c"};
  std::ranges::sort(zones);
  return zones;
}

std::unexpected<base::Fault> refuse(std::string message) {
  return base::fault(faults::ValidationError, std::move(message));
}

base::Outcome<ObjectLocation> parse_template_url(const std::string& url) {
  const auto scheme = url.find("://");
  if (url.starts_with("s3://")) {
    const std::string rest = url.substr(5);
    return refuse("S3 error: Domain name specified in " + rest.substr(0, rest.find('/')) + " is not a valid S3 domain");
  }
  if (scheme == std::string::npos || (!url.starts_with("https://") && !url.starts_with("http://"))) {
    return refuse("TemplateURL must be a supported URL.");
  }
  std::string rest = url.substr(scheme + 3);
  ObjectLocation location;
  if (const auto query = rest.find('?'); query != std::string::npos) {
    const std::string text = rest.substr(query + 1);
    if (text.starts_with("versionId=")) location.version = text.substr(10, text.find('&') - 10);
    rest.resize(query);
  }
  const auto slash = rest.find('/');
  if (slash == std::string::npos) return refuse("TemplateURL must be a supported URL.");
  const std::string host = rest.substr(0, slash);
  std::string path = rest.substr(slash + 1);
  const auto virtual_host = std::min(host.find(".s3."), host.find(".s3-"));
  if (virtual_host != std::string::npos) {
    location.bucket = host.substr(0, virtual_host);
  } else {
    const auto end = path.find('/');
    if (end == std::string::npos) return refuse("TemplateURL must be a supported URL.");
    location.bucket = path.substr(0, end);
    path = path.substr(end + 1);
  }
  location.key = wire::percent_decode(path);
  if (location.bucket.empty() || location.key.empty()) return refuse("TemplateURL must be a supported URL.");
  return location;
}

base::Outcome<std::string> fetch_template(TemplateSource& source, const std::string& url, service::Context& ctx) {
  TRY(const ObjectLocation location, parse_template_url(url));
  auto body = source.fetch(location, ctx);
  if (body) return body;
  return refuse("S3 error: " + (body.error().message.empty() ? std::string("Access Denied") : body.error().message) +
                "\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html");
}

CapabilityNeed capability_need(const Template& source, const ProviderSet& providers) {
  CapabilityNeed need;
  std::set<std::string> types;
  for (const ResourceDeclaration& resource : source.resources) {
    const Provider* provider = providers.find(resource.type);
    if (provider == nullptr || !provider->schema().needs_iam_capability) continue;
    types.insert(resource.type);
    const std::string_view name = provider->schema().name_property;
    const bool named = !name.empty() && resource.properties.find(name) != nullptr;
    if (named || need.capability.empty()) need.capability = named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";
    if (named) break;
  }
  for (const ResourceDeclaration& resource : source.resources) {
    const Provider* provider = providers.find(resource.type);
    if (provider != nullptr && provider->schema().needs_iam_capability) types.insert(resource.type);
  }
  need.types.assign(types.begin(), types.end());
  return need;
}

base::Outcome<std::shared_ptr<const Blueprint>> check_proposal(const ProviderSet& providers,
                                                               const std::vector<std::string>& zones,
                                                               const StackRow& stack, Proposal& proposal,
                                                               service::Context& ctx) {
  if (stack.name.size() > kStackNameMax) return refuse("Stack name is longer than 128 characters.");
  auto source = read_template(proposal.body);
  if (!source) return refuse(source.error().message);
  auto bound = bind_parameters(*source, proposal.given, proposal.previous);
  if (!bound) return refuse(bound.error().message);
  auto resolved = resolve_typed_parameters(*source, *bound, ctx);
  if (!resolved) return refuse(resolved.error().message);
  proposal.deployment.parameters = std::move(*bound);
  proposal.deployment.resolved = std::move(*resolved);
  auto blueprint = make_blueprint(proposal.body, proposal.deployment, stack);
  if (!blueprint) return refuse(blueprint.error().message);
  if (const auto checked = check_blueprint(**blueprint, providers, zones, ctx); !checked) {
    return refuse(checked.error().message);
  }
  const Texts& given = proposal.deployment.capabilities;
  const auto has = [&](std::string_view name) { return std::ranges::find(given, name) != given.end(); };
  const CapabilityNeed need = capability_need(*source, providers);
  const bool enough = need.capability.empty() || has("CAPABILITY_NAMED_IAM") ||
                      (need.capability == "CAPABILITY_IAM" && has("CAPABILITY_IAM"));
  if (!enough) {
    return base::fault(faults::InsufficientCapabilitiesException, "Requires capabilities : [" + need.capability + "]");
  }
  if (!source->transforms.empty() && !has("CAPABILITY_AUTO_EXPAND")) {
    return base::fault(faults::InsufficientCapabilitiesException, "Requires capabilities : [CAPABILITY_AUTO_EXPAND]");
  }
  return *blueprint;
}

}  // namespace cloudformation
