#include "api/secretsmanager/operations.h"
#include "api/ssm/operations.h"
#include "base/fault.h"
#include "base/random.h"
#include "cloudformation/resources/common.h"
#include "wire/json.h"

namespace cloudformation {
namespace {

using base::Value;
namespace ssm = api::ssm;
namespace secrets = api::secretsmanager;

constexpr UpdateBehavior kReplace = UpdateBehavior::Replace;
constexpr UpdateBehavior kUnsupported = UpdateBehavior::Unsupported;
constexpr std::size_t kNameSuffix = 12;

// AWS::SSM::Parameter

constexpr PropertySchema kParameterProperties[] = {
    {.name = "AllowedPattern"},
    {.name = "DataType"},
    {.name = "Description"},
    {.name = "Name", .update = kReplace},
    {.name = "Policies", .update = kUnsupported},
    {.name = "Tags", .kind = PropertyKind::TextMap},
    {.name = "Tier"},
    {.name = "Type", .required = true},
    {.name = "Value", .required = true},
};
constexpr std::string_view kParameterAttributes[] = {"Type", "Value"};
constexpr TypeSchema kParameter{.name = "AWS::SSM::Parameter",
                                .properties = kParameterProperties,
                                .attributes = kParameterAttributes,
                                .name_property = "Name",
                                .system_tags = true};

// This type's own tags are a map.
Value tags_as_list(const Value& properties) {
  Value::Array list;
  if (const Value* own = properties.find("Tags"); own != nullptr && own->is_object()) {
    for (const auto& [key, value] : own->as_object()) list.push_back(object({{"Key", key}, {"Value", value}}));
  }
  return object({{"Tags", list}});
}

std::expected<void, Failure> check_type(const Job& job) {
  const std::string type = job.text("Type");
  if (type == "String" || type == "StringList") return {};
  return std::unexpected(Failure{"Properties validation failed for resource " + job.logical_id +
                                 " with message:\n[#/Type: failed validation constraint for keyword [enum]]"});
}

Value parameter_input(const Job& job, const std::string& name) {
  Value input = object({{"Name", name}});
  copy(input, job.properties, {"AllowedPattern", "DataType", "Description", "Tier", "Type", "Value"});
  return input;
}

Step with_attributes(const Job& job, const std::string& name) {
  return done(name, object({{"Type", job.text("Type")}, {"Value", job.text("Value")}}));
}

Step create_parameter(const Job& job) {
  CHECK(check_type(job));
  std::string name = job.text("Name");
  if (name.empty()) name = "CFN-" + job.logical_id + "-" + base::draw(job.ctx.random, base::kMixedAlnum, kNameSuffix);
  Value input = parameter_input(job, name);
  if (const Tags tags = merged_tags(job.tags, tags_as_list(job.properties)); !tags.empty()) {
    input.set("Tags", tag_list(tags));
  }
  CHECK(invoke(job, ssm::PutParameter::operation(), input));
  return with_attributes(job, name);
}

Step update_parameter(const Job& job) {
  CHECK(check_type(job));
  Value input = parameter_input(job, job.physical_id);
  input.set("Overwrite", true);
  // What the service is not told stays as it was.
  for (const char* name : {"AllowedPattern", "Description"}) {
    if (job.property(name) == nullptr) input.set(name, "");
  }
  CHECK(invoke(job, ssm::PutParameter::operation(), input));
  const TagChange tags = tag_change(merged_tags(job.before->tags, tags_as_list(job.before->properties)),
                                    merged_tags(job.tags, tags_as_list(job.properties)));
  const Value resource = object({{"ResourceType", "Parameter"}, {"ResourceId", job.physical_id}});
  if (!tags.removed.empty()) {
    Value removal = resource;
    removal.set("TagKeys", tags.removed);
    CHECK(invoke(job, ssm::RemoveTagsFromResource::operation(), removal));
  }
  if (!tags.set.empty()) {
    Value addition = resource;
    addition.set("Tags", tag_list(tags.set));
    CHECK(invoke(job, ssm::AddTagsToResource::operation(), addition));
  }
  return with_attributes(job, job.physical_id);
}

Step remove_parameter(const Job& job) {
  CHECK(invoke_gone(job, ssm::DeleteParameter::operation(), object({{"Name", job.physical_id}})));
  return done(job.physical_id);
}

// AWS::SecretsManager::Secret

constexpr PropertySchema kGenerateMembers[] = {
    {.name = "ExcludeCharacters"},
    {.name = "ExcludeLowercase", .kind = PropertyKind::Boolean},
    {.name = "ExcludeNumbers", .kind = PropertyKind::Boolean},
    {.name = "ExcludePunctuation", .kind = PropertyKind::Boolean},
    {.name = "ExcludeUppercase", .kind = PropertyKind::Boolean},
    {.name = "GenerateStringKey"},
    {.name = "IncludeSpace", .kind = PropertyKind::Boolean},
    {.name = "PasswordLength", .kind = PropertyKind::Integer},
    {.name = "RequireEachIncludedType", .kind = PropertyKind::Boolean},
    {.name = "SecretStringTemplate"},
};
constexpr PropertySchema kSecretProperties[] = {
    {.name = "Description"},
    {.name = "GenerateSecretString", .kind = PropertyKind::Object, .members = kGenerateMembers},
    {.name = "KmsKeyId"},
    {.name = "Name", .update = kReplace},
    {.name = "ReplicaRegions", .update = kUnsupported},
    {.name = "SecretString", .secret = true},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "Type", .update = kUnsupported},
};
constexpr std::string_view kSecretAttributes[] = {"Id"};
constexpr TypeSchema kSecret{.name = "AWS::SecretsManager::Secret",
                             .properties = kSecretProperties,
                             .attributes = kSecretAttributes,
                             .name_property = "Name",
                             .system_tags = true};

// A random password, or a document of the template's with one more member that is it.
Answer generated(const Job& job, const Value& wanted) {
  const Value* document = wanted.find("SecretStringTemplate");
  const Value* key = wanted.find("GenerateStringKey");
  if ((document == nullptr) != (key == nullptr)) {
    return std::unexpected(handler_failure(
        job, "You must specify both SecretStringTemplate and GenerateStringKey, or neither.", "InvalidRequest"));
  }
  Value input{Value::Object{}};
  copy(input, wanted,
       {"ExcludeCharacters", "ExcludeLowercase", "ExcludeNumbers", "ExcludePunctuation", "ExcludeUppercase",
        "IncludeSpace", "PasswordLength", "RequireEachIncludedType"});
  TRY(const Value made, invoke(job, secrets::GetRandomPassword::operation(), input));
  const std::string password = text_at(made, "RandomPassword");
  if (document == nullptr) return Value(password);
  auto whole = wire::parse_json(document->to_text());
  if (!whole || !whole->is_object()) {
    return std::unexpected(handler_failure(job, "Could not parse SecretStringTemplate JSON", "InvalidRequest"));
  }
  whole->set(key->to_text(), password);
  return Value(wire::write_json(*whole));
}

// The value that the secret is to have; nothing when the template says none.
std::expected<std::optional<Value>, Failure> wanted_value(const Job& job) {
  const Value* text = job.property("SecretString");
  const Value* generate = job.property("GenerateSecretString");
  if (text != nullptr && generate != nullptr) {
    return std::unexpected(handler_failure(
        job, "You can't specify both SecretString and GenerateSecretString in the same template.", "InvalidRequest"));
  }
  if (text != nullptr) return *text;
  if (generate == nullptr) return std::nullopt;
  TRY(Value made, generated(job, *generate));
  return made;
}

Step create_secret(const Job& job) {
  std::string name = job.text("Name");
  if (name.empty()) name = job.logical_id + "-" + base::draw(job.ctx.random, base::kMixedAlnum, kNameSuffix);
  Value input = object({{"Name", name}, {"ClientRequestToken", base::uuid(job.ctx.random)}});
  copy(input, job.properties, {"Description", "KmsKeyId"});
  TRY(const auto value, wanted_value(job));
  if (value) input.set("SecretString", *value);
  if (const Tags tags = merged_tags(job); !tags.empty()) input.set("Tags", tag_list(tags));
  TRY(const Value made, invoke(job, secrets::CreateSecret::operation(), input));
  const std::string arn = text_at(made, "ARN");
  return done(arn, object({{"Id", arn}}));
}

bool changed(const Job& job, std::string_view name) {
  const Value* before = job.before->properties.find(name);
  const Value* after = job.property(name);
  return before == nullptr || after == nullptr ? before != after : !(*before == *after);
}

// A password is drawn again only when the template describes another one.
Step update_secret(const Job& job) {
  Value input = object({{"SecretId", job.physical_id},
                        {"ClientRequestToken", base::uuid(job.ctx.random)},
                        {"Description", job.text("Description")}});
  copy(input, job.properties, {"KmsKeyId"});
  if (changed(job, "SecretString") || changed(job, "GenerateSecretString")) {
    TRY(const auto value, wanted_value(job));
    if (value) input.set("SecretString", *value);
  }
  CHECK(invoke(job, secrets::UpdateSecret::operation(), input));
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    CHECK(invoke(job, secrets::UntagResource::operation(),
                 object({{"SecretId", job.physical_id}, {"TagKeys", tags.removed}})));
  }
  if (!tags.set.empty()) {
    CHECK(invoke(job, secrets::TagResource::operation(),
                 object({{"SecretId", job.physical_id}, {"Tags", tag_list(tags.set)}})));
  }
  return done(job.physical_id);
}

Step remove_secret(const Job& job) {
  CHECK(invoke_gone(job, secrets::DeleteSecret::operation(),
                    object({{"SecretId", job.physical_id}, {"ForceDeleteWithoutRecovery", true}})));
  return done(job.physical_id);
}

// AWS::SecretsManager::ResourcePolicy

constexpr PropertySchema kPolicyProperties[] = {
    {.name = "BlockPublicPolicy", .kind = PropertyKind::Boolean},
    {.name = "ResourcePolicy", .kind = PropertyKind::Json, .required = true},
    {.name = "SecretId", .update = kReplace, .required = true},
};
constexpr std::string_view kPolicyAttributes[] = {"Id"};
constexpr TypeSchema kPolicy{
    .name = "AWS::SecretsManager::ResourcePolicy", .properties = kPolicyProperties, .attributes = kPolicyAttributes};

Step put_policy(const Job& job) {
  Value input = object({{"SecretId", job.text("SecretId")}});
  input.set("ResourcePolicy", document(*job.property("ResourcePolicy")));
  copy(input, job.properties, {"BlockPublicPolicy"});
  TRY(const Value made, invoke(job, secrets::PutResourcePolicy::operation(), input));
  const std::string arn = text_at(made, "ARN");
  return done(arn, object({{"Id", arn}}));
}

Step remove_policy(const Job& job) {
  CHECK(invoke_gone(job, secrets::DeleteResourcePolicy::operation(), object({{"SecretId", job.physical_id}})));
  return done(job.physical_id);
}

}  // namespace

void add_secrets(ProviderSet& providers) {
  add(providers, {&kParameter, create_parameter, update_parameter, remove_parameter});
  add(providers, {&kSecret, create_secret, update_secret, remove_secret});
  add(providers, {&kPolicy, put_policy, put_policy, remove_policy});
}

}  // namespace cloudformation
