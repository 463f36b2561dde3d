#include "ecs/secrets.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

#include "api/secretsmanager/operations.h"
#include "api/ssm/operations.h"
#include "base/fault.h"
#include "wire/json.h"

namespace ecs {
namespace {

using Values = std::map<std::string, std::string>;

constexpr const char* kFailed = "ResourceInitializationError: unable to pull secrets or registry auth: ";
constexpr const char* kNoParameter =
    "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 "
    "time(s): ";
constexpr const char* kNoSecret =
    "execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 "
    "time(s): ";
constexpr std::size_t kParametersOfACall = 10;  // GetParameters
constexpr std::size_t kSecretArnParts = 7;      // arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME
constexpr std::size_t kWholeParts = kSecretArnParts + 3;
constexpr std::size_t kNameMax = 2048;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const std::size_t colon = text.find(':', start);
    parts.push_back(text.substr(start, colon - start));
    if (colon == std::string::npos) return parts;
    start = colon + 1;
  }
}

bool is_parameter_name(const std::string& name) {
  const auto good = [](unsigned char c) {
    return c < 128 && (std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_' || c == '/');
  };
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, good);
}

Obstacle refused(std::string why) {
  return {LaunchStep::Secrets, kFailed + std::move(why), false};
}

template <class Op>
Access ask(const Launcher& launcher, const std::string& host, const typename Op::Input& input, service::Context& ctx) {
  const Errand errand{host, launcher.execution_role, launcher.task.id, &Op::operation(), api::Object::of(input)};
  return launcher.network.ask(launcher.task.interface, errand, ctx);
}

service::Call call_in(const std::string& region, const service::Context& ctx) {
  service::Call call = ctx.call;
  call.region = region;
  return call;
}

// A variable and what it is to hold.
struct Wanted {
  std::string variable;
  SecretSource source;
};

std::vector<Wanted> wanted_by(const api::ecs::ContainerDefinition& container, const service::Context& ctx) {
  std::vector<Wanted> all;
  for (const auto& secret : container.secrets.value_or(std::vector<api::ecs::Secret>{})) {
    auto source = parse_secret_source(secret.value_from);
    if (!source) continue;  // refused when the definition was registered
    if (source->region.empty()) source->region = ctx.call.region;
    all.push_back({secret.name, std::move(*source)});
  }
  return all;
}

std::expected<void, Obstacle> fetch_parameters(const Launcher& launcher, const std::string& region,
                                               const std::vector<std::string>& names, Values& values,
                                               service::Context& ctx) {
  api::ssm::GetParametersRequest request;
  request.names = names;
  request.with_decryption = true;
  const Access access = ask<api::ssm::GetParameters>(launcher, "ssm." + region + ".amazonaws.com", request, ctx);
  if (access.answer == Access::Answer::Unreachable) {
    return std::unexpected(Obstacle{
        LaunchStep::Secrets,
        kFailed + std::string("unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems "
                              "Manager. There is a connection issue between the task and AWS Systems Manager Parameter "
                              "Store. Check your task network configuration. RequestCanceled: request context canceled "
                              "caused by: context deadline exceeded"),
        true});
  }
  if (access.answer == Access::Answer::Denied) {
    return std::unexpected(refused(std::string(kNoParameter) + "AccessDeniedException: " + access.why));
  }
  const service::Call call = call_in(region, ctx);
  service::Context there = ctx.as(call);
  const auto found = service::call<api::ssm::GetParameters>(std::move(request), there);
  if (!found) {
    return std::unexpected(
        refused(kNoParameter + std::string(found.error().shape->name) + ": " + found.error().message));
  }
  if (found->invalid_parameters && !found->invalid_parameters->empty()) {
    std::string missing;
    for (const std::string& name : *found->invalid_parameters) missing += (missing.empty() ? "" : ",") + name;
    return std::unexpected(refused(std::string(kNoParameter) + "invalid parameters: " + missing));
  }
  for (const auto& parameter : *found->parameters) {
    values[*parameter.name] = *parameter.value;
    values[*parameter.arn] = *parameter.value;  // who asks by ARN looks for it
  }
  return {};
}

std::expected<std::string, Obstacle> part_of(const std::string& text, const SecretSource& source) {
  if (source.json_key.empty()) return text;
  const auto document = wire::parse_json(text);
  if (!document || !document->is_object()) {
    // The words of AWS's agent quote the value here; these do not.
    return std::unexpected(refused(std::string(kNoSecret) + "the value of the secret is no JSON object"));
  }
  const base::Value* member = document->find(source.json_key);
  if (member == nullptr) {
    return std::unexpected(
        refused(kNoSecret + ("retrieved secret from Secrets Manager did not contain json key " + source.json_key)));
  }
  return member->is_scalar() ? member->to_text() : wire::write_json(*member);
}

std::expected<std::string, Obstacle> fetch_secret(const Launcher& launcher, const SecretSource& source,
                                                  service::Context& ctx) {
  api::secretsmanager::GetSecretValueRequest request;
  request.secret_id = source.id;
  if (!source.stage.empty()) request.version_stage = source.stage;
  if (!source.version_id.empty()) request.version_id = source.version_id;
  const std::string failed = "failed to fetch secret " + source.id + " from secrets manager: ";
  const std::string host = "secretsmanager." + source.region + ".amazonaws.com";
  const Access access = ask<api::secretsmanager::GetSecretValue>(launcher, host, request, ctx);
  if (access.answer == Access::Answer::Unreachable) {
    return std::unexpected(Obstacle{
        LaunchStep::Secrets,
        kFailed +
            std::string("unable to retrieve secret from asm: There is a connection issue between the task and "
                        "AWS Secrets Manager. Check your task network configuration. ") +
            failed +
            "operation error Secrets Manager: GetSecretValue, https response error StatusCode: 0, RequestID: , "
            "canceled, context deadline exceeded",
        true});
  }
  if (access.answer == Access::Answer::Denied) {
    return std::unexpected(refused(kNoSecret + failed + "AccessDeniedException: " + access.why));
  }
  const service::Call call = call_in(source.region, ctx);
  service::Context there = ctx.as(call);
  const auto found = service::call<api::secretsmanager::GetSecretValue>(std::move(request), there);
  if (!found) {
    return std::unexpected(
        refused(kNoSecret + failed + std::string(found.error().shape->name) + ": " + found.error().message));
  }
  return part_of(found->secret_string.value_or(""), source);
}

// Parameters of one region at once, as many as a call takes.
std::expected<Values, Obstacle> fetch_all_parameters(const Launcher& launcher, const std::vector<Wanted>& wanted,
                                                     service::Context& ctx) {
  std::map<std::string, std::vector<std::string>> by_region;
  for (const Wanted& one : wanted) {
    if (one.source.kind == SecretSource::Kind::Parameter) by_region[one.source.region].push_back(one.source.id);
  }
  Values values;
  for (const auto& [region, names] : by_region) {
    for (std::size_t first = 0; first < names.size(); first += kParametersOfACall) {
      const auto from = names.begin() + static_cast<std::ptrdiff_t>(first);
      const auto to = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), first + kParametersOfACall));
      Values found;
      CHECK(fetch_parameters(launcher, region, {from, to}, found, ctx));
      for (auto& [name, value] : found) values[region + " " + name] = std::move(value);
    }
  }
  return values;
}

}  // namespace

std::optional<SecretSource> parse_secret_source(const std::string& value_from) {
  if (!value_from.starts_with("arn:")) {
    if (!is_parameter_name(value_from)) return std::nullopt;
    return SecretSource{SecretSource::Kind::Parameter, "", value_from};
  }
  const std::vector<std::string> parts = split(value_from);
  if (parts.size() < 6 || parts[3].empty()) return std::nullopt;
  if (parts[2] == "ssm") {
    const bool good = parts.size() == 6 && parts[5].starts_with("parameter/") && is_parameter_name(parts[5]);
    return good ? std::optional(SecretSource{SecretSource::Kind::Parameter, parts[3], value_from}) : std::nullopt;
  }
  const bool good = parts[2] == "secretsmanager" && parts[5] == "secret" &&
                    (parts.size() == kSecretArnParts || parts.size() == kWholeParts) && !parts[6].empty();
  if (!good) return std::nullopt;
  SecretSource source{SecretSource::Kind::Secret, parts[3], ""};
  for (std::size_t i = 0; i < kSecretArnParts; ++i) source.id += (i == 0 ? "" : ":") + parts[i];
  if (parts.size() == kWholeParts) {
    source.json_key = parts[7];
    source.stage = parts[8];
    source.version_id = parts[9];
  }
  return source;
}

std::optional<std::string> secrets_complaint(const api::ecs::ContainerDefinition& container, bool has_execution_role) {
  if (!container.secrets || container.secrets->empty()) return std::nullopt;
  if (!has_execution_role) {
    return "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.";
  }
  std::set<std::string> names;
  if (container.environment) {
    for (const auto& pair : *container.environment) names.insert(pair.name.value_or(""));
  }
  for (const auto& secret : *container.secrets) {
    if (secret.name.empty()) return "The secret name must not be empty.";
    if (!names.insert(secret.name).second) {
      return "The secret name must be unique and not shared with any new or existing environment variables set on the "
             "container, such as '" +
             secret.name + "'.";
    }
    if (parse_secret_source(secret.value_from)) continue;
    if (secret.value_from.starts_with("arn:")) {
      return "The ARN " + secret.value_from + " specified for secret " + secret.name +
             " is invalid: it must be that of a Systems Manager parameter or of a Secrets Manager secret.";
    }
    return "The Systems Manager parameter name specified for secret " + secret.name +
           " is invalid. The parameter name can be up to 2048 characters and include the following letters and "
           "symbols: a to z, A to Z, 0 to 9, and . - _ /.";
  }
  return std::nullopt;
}

std::expected<Values, Obstacle> fetch_secrets(const Launcher& launcher, const api::ecs::ContainerDefinition& container,
                                              service::Context& ctx) {
  const std::vector<Wanted> wanted = wanted_by(container, ctx);
  if (wanted.empty()) return Values{};
  TRY(const Values parameters, fetch_all_parameters(launcher, wanted, ctx));
  Values values;
  for (const Wanted& one : wanted) {
    if (one.source.kind == SecretSource::Kind::Parameter) {
      values[one.variable] = parameters.at(one.source.region + " " + one.source.id);
      continue;
    }
    TRY(values[one.variable], fetch_secret(launcher, one.source, ctx));
  }
  return values;
}

std::optional<Obstacle> secrets_obstacle(const Launcher& launcher, const api::ecs::TaskDefinition& definition,
                                         service::Context& ctx) {
  for (const auto& container : *definition.container_definitions) {
    auto values = fetch_secrets(launcher, container, ctx);
    if (!values) return std::move(values).error();
  }
  return std::nullopt;
}

}  // namespace ecs
