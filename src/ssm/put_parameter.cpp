#include <algorithm>
#include <regex>

#include "ssm/limits.h"
#include "ssm/operations.h"
#include "ssm/tags.h"
#include "wire/text.h"
#include "wire/validate.h"

namespace ssm {
namespace {

using Request = api::ssm::PutParameterRequest;

constexpr const char* kOwnKey = "alias/aws/ssm";
constexpr std::size_t kSealedLength = 120;

base::Outcome<void> check_supported(const Request& input) {
  if (input.policies && !input.policies->empty() && *input.policies != "[]")
    return not_supported("Parameter policies are");
  const std::string key = input.key_id.value_or(kOwnKey);
  if (key != kOwnKey) return not_supported("KMS keys (KeyId " + key + ") other than " + kOwnKey + " are");
  const std::string data = input.data_type.value_or("text");
  if (data == "aws:ec2:image" || data == "aws:ssm:integration") return not_supported("The data type " + data + " is");
  if (data != "text") {
    return invalid("The following data type is not supported: " + data + " (Data type names are all lowercase.)");
  }
  return {};
}

base::Outcome<void> check_pattern(const VersionRow& version) {
  if (version.allowed_pattern.empty()) return {};
  // The engine's stack grows with the text.
  if (version.value.size() > wire::kPatternTextMax) {
    return not_supported("An AllowedPattern for values of more than 4096 bytes is");
  }
  try {
    const std::regex pattern(version.allowed_pattern, std::regex::ECMAScript);
    if (std::regex_match(version.value, pattern)) return {};
  } catch (const std::regex_error&) {
    return base::fault(faults::InvalidAllowedPatternException,
                       "The request doesn't meet the regular expression requirement: " + version.allowed_pattern);
  }
  return base::fault(faults::ParameterPatternMismatchException,
                     "Parameter value, cannot be validated against allowedPattern: " + version.allowed_pattern);
}

// An advanced parameter stays one. "Intelligent-Tiering" takes the cheapest tier that holds the value.
base::Outcome<std::string> choose_tier(const Request& input, const VersionRow* before) {
  const std::size_t length = wire::character_count(input.value);
  const std::string asked = input.tier.value_or(before == nullptr ? "Standard" : before->tier);
  std::string tier = asked;
  if (asked == "Intelligent-Tiering") {
    const bool advanced = length > kStandardValueMax || (before != nullptr && before->tier == "Advanced");
    tier = advanced ? "Advanced" : "Standard";
  }
  if (tier == "Standard" && before != nullptr && before->tier == "Advanced") {
    return invalid(
        "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter "
        "tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a "
        "standard parameter.");
  }
  if (tier == "Standard" && length > kStandardValueMax) {
    return invalid(
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter "
        "value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html");
  }
  if (length > kAdvancedValueMax) {
    return invalid("Advanced tier parameters support a maximum parameter value of 8192 characters.");
  }
  return tier;
}

// What is not given stays as it was.
base::Outcome<VersionRow> next_version(const Request& input, const VersionRow* before, service::Context& ctx) {
  VersionRow version;
  if (before != nullptr) version = *before;
  if (before == nullptr && !input.type_) return invalid("A parameter type is required when you create a parameter.");
  version.number = before == nullptr ? 1 : before->number + 1;
  version.type = input.type_.value_or(version.type);
  version.value = input.value;
  version.description = input.description.value_or(version.description);
  version.allowed_pattern = input.allowed_pattern.value_or(version.allowed_pattern);
  version.data_type = "text";
  TRY(version.tier, choose_tier(input, before));
  version.modified_at = ctx.now;
  version.modified_by =
      ctx.call.principal_arn.empty() ? "arn:aws:iam::" + ctx.call.account + ":root" : ctx.call.principal_arn;
  version.labels.clear();
  version.sealed.clear();
  version.key_id.clear();
  if (version.type == "SecureString") {
    version.key_id = kOwnKey;
    version.sealed = wire::to_base64(base::draw(ctx.random, base::kMixedAlnum, kSealedLength));
  } else if (input.key_id) {
    return invalid("KeyId is only allowed for SecureString parameters.");
  }
  CHECK(check_pattern(version));
  return version;
}

// The oldest version makes room, unless a label holds it.
base::Outcome<void> make_room(State& state, const ParameterRow& parameter, service::Context& ctx) {
  const auto versions = state.versions_of(parameter, ctx);
  if (static_cast<std::int64_t>(versions.size()) < kVersionsMax) return {};
  const VersionRow& oldest = *versions.front();
  const std::string number = std::to_string(oldest.number);
  if (!oldest.labels.empty()) {
    return base::fault(faults::ParameterMaxVersionLimitExceeded,
                       "You attempted to create a new version of " + parameter.name +
                           " by calling the PutParameter API with the overwrite flag. Version " + number +
                           ", the oldest version, can't be deleted because it has a label associated with it. Move the "
                           "label to another version of the parameter, and try again.");
  }
  state.versions.erase(ctx.change, version_key(parameter.name, oldest.number, ctx));
  return {};
}

base::Outcome<void> check_count(const State& state, const std::string& tier, const service::Context& ctx) {
  const std::size_t most = tier == "Standard" ? kStandardParametersMax : kAdvancedParametersMax;
  if (state.parameters.rows().size() < most) return {};  // of all accounts and regions: the count would cost too much
  std::size_t count = 0;
  for (const auto& [key, parameter] : state.parameters.with_prefix(service::scope_prefix(ctx.call))) {
    count += state.newest(parameter, ctx).tier == tier ? 1 : 0;
  }
  if (count < most) return {};
  return base::fault(faults::ParameterLimitExceeded,
                     "You have reached the maximum number of " + tier + " parameters for this account and Region.");
}

}  // namespace

SSM_OPERATION(put_parameter, PutParameter) {
  if (input.value.empty()) {
    return invalid(
        "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length "
        "greater "
        "than or equal to 1.");
  }
  const bool overwrite = input.overwrite.value_or(false);
  const bool tagged = input.tags && !input.tags->empty();
  if (overwrite && tagged) {
    return invalid(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove "
        "overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
        "RemoveTagsFromResource.");
  }
  CHECK(check_supported(input));
  TRY(const Reference reference, parse_reference(input.name, ctx));
  const ParameterRow* held = state.find(reference, ctx);
  ParameterRow parameter = held != nullptr ? *held : ParameterRow{.name = reference.name};
  if (parameter.name.empty()) parameter.name = (reference.arn_rest.contains('/') ? "/" : "") + reference.arn_rest;
  if (!reference.selector.empty()) return invalid("Parameter name: a version or label can't be set with a new value.");
  CHECK(check_new_name(parameter.name, ctx));
  if (held != nullptr && !overwrite) {
    return base::fault(faults::ParameterAlreadyExists,
                       "The parameter already exists. To overwrite this value, set the overwrite option in the request "
                       "to true.");
  }
  TRY(VersionRow version, next_version(input, held == nullptr ? nullptr : &state.newest(*held, ctx), ctx));
  if (held == nullptr) {
    CHECK(check_count(state, version.tier, ctx));
    CHECK(add_tags(parameter, input.tags.value_or(std::vector<api::ssm::Tag>{})));
  } else {
    CHECK(make_room(state, parameter, ctx));
  }
  api::ssm::PutParameter::Output out;
  out.version = parameter.last_version = version.number;
  out.tier = version.tier;
  const std::string of_version = version_key(parameter.name, version.number, ctx);
  state.versions.put(ctx.change, of_version, std::move(version));
  const std::string key = service::key(ctx, {parameter.name});
  state.parameters.put(ctx.change, key, std::move(parameter));
  return out;
}

}  // namespace ssm
