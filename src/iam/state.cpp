#include "iam/state.h"

#include <algorithm>

#include "service/table_codec.h"
#include "wire/percent.h"
#include "wire/text.h"

namespace iam {

namespace {

constexpr base::Duration kExpiredLife = std::chrono::hours(24);

service::Session session_of(const std::string& access_key_id, const SessionRow& row) {
  return {access_key_id, row.secret_access_key, row.token, row.principal_arn, row.expires_at, row.of_task};
}

}  // namespace

State::State(service::Sessions& listener)
    : roles("iam.roles", service::make_codec<RoleRow>()),
      policies("iam.policies", service::make_codec<PolicyRow>()),
      sessions("iam.sessions", service::make_codec<SessionRow>()) {
  roles.on_change = [this](const std::string& key, const RoleRow*, const RoleRow*) { grants.forget_role(key); };
  policies.on_change = [this](const std::string&, const PolicyRow*, const PolicyRow*) { grants.forget_roles(); };
  sessions.on_change = [this, &listener](const std::string& key, const SessionRow* before, const SessionRow* after) {
    grants.forget_session(key);
    if (before != nullptr) {
      sessions_by_end.erase({before->expires_at, key});
      listener.close(key);
    }
    if (after != nullptr) {
      sessions_by_end.insert({after->expires_at, key});
      listener.open(session_of(key, *after));
    }
  };
}

base::TimePoint next_forgetting(const State& state) {
  return state.sessions_by_end.empty() ? base::kNever : state.sessions_by_end.begin()->first + kExpiredLife;
}

void forget_sessions(State& state, service::Context& ctx) {
  while (next_forgetting(state) <= ctx.now) {
    state.sessions.erase(ctx.change, std::string(state.sessions_by_end.begin()->second));
  }
}

std::string entity_key(const service::Context& ctx, std::string_view name) {
  return ctx.call.account + "/" + std::string(name);
}

base::Outcome<const RoleRow*> find_role(const State& state, const service::Context& ctx, const std::string& name) {
  if (const RoleRow* role = state.roles.find(entity_key(ctx, name))) return role;
  return base::fault(faults::NoSuchEntityException, "The role with name " + name + " cannot be found.");
}

namespace {

std::unexpected<base::Fault> no_policy(const std::string& arn) {
  return base::fault(faults::NoSuchEntityException, "Policy " + arn + " was not found.");
}

}  // namespace

const PolicyRow* find_policy(const State& state, const std::string& account, const std::string& arn) {
  if (const PolicyRow* own = state.policies.find(account + "/" + arn)) return own;
  const auto aws = std::ranges::find(aws_policies(), arn, &PolicyRow::arn);
  return aws == aws_policies().end() ? nullptr : &*aws;
}

base::Outcome<PolicyRow> find_policy(const State& state, const service::Context& ctx, const std::string& arn) {
  if (const PolicyRow* policy = find_policy(state, ctx.call.account, arn)) return *policy;
  return no_policy(arn);
}

base::Outcome<const PolicyRow*> find_own_policy(const State& state, const service::Context& ctx,
                                                const std::string& arn) {
  if (const PolicyRow* own = state.policies.find(entity_key(ctx, arn))) return own;
  if (arn.starts_with("arn:aws:iam::aws:")) {
    return base::fault(faults::AccessDenied, "Policy " + arn + " is managed by AWS and can't be changed.");
  }
  return no_policy(arn);
}

const VersionRow* find_version(const PolicyRow& policy, std::string_view id) {
  const auto found = std::ranges::find_if(policy.versions, [&](const VersionRow& one) { return one.id() == id; });
  return found == policy.versions.end() ? nullptr : &*found;
}

std::string encoded_document(const std::string& document) {
  return wire::percent_encode(document);
}

base::Outcome<void> merge_tags(std::map<std::string, std::string>& into, const std::vector<api::iam::Tag>& tags) {
  for (const api::iam::Tag& tag : tags) {
    if (tag.key.starts_with("aws:")) {
      return base::fault(faults::InvalidInputException,
                         "Tag keys that begin with aws: are reserved for AWS: " + tag.key);
    }
    into[tag.key] = tag.value;
  }
  if (into.size() > kTagsMax) {
    return base::fault(faults::LimitExceededException, "The number of tags has reached the maximum limit.");
  }
  return {};
}

base::Outcome<std::map<std::string, std::string>> read_tags(const std::optional<std::vector<api::iam::Tag>>& tags) {
  std::map<std::string, std::string> read;
  if (tags) CHECK(merge_tags(read, *tags));
  return read;
}

std::vector<api::iam::Tag> to_tags(const std::map<std::string, std::string>& tags) {
  std::vector<api::iam::Tag> list;
  for (const auto& [key, value] : tags) {
    list.emplace_back();
    list.back().key = key;
    list.back().value = value;
  }
  return list;
}

base::Outcome<std::string> read_path(const std::optional<std::string>& path) {
  const std::string given = path.value_or("/");
  if (given.empty() || given.front() != '/' || given.back() != '/') {
    return base::fault(faults::ValidationError,
                       "The specified value for path is invalid. It must begin and end with / and contain only "
                       "alphanumeric characters and/or / characters.");
  }
  return given;
}

api::iam::Role to_role(const RoleRow& row, bool with_tags) {
  api::iam::Role role;
  role.role_name = row.name;
  role.path = row.path;
  role.role_id = row.id;
  role.arn = row.arn;
  role.create_date = row.created_at;
  role.assume_role_policy_document = encoded_document(row.trust);
  if (!row.description.empty()) role.description = row.description;
  role.max_session_duration = row.max_session_seconds;
  if (!row.boundary.empty()) {
    role.permissions_boundary.emplace();
    role.permissions_boundary->permissions_boundary_arn = row.boundary;
    role.permissions_boundary->permissions_boundary_type = "Policy";
  }
  if (with_tags && !row.tags.empty()) role.tags = to_tags(row.tags);
  return role;
}

std::int64_t attachments(const State& state, const service::Context& ctx, const std::string& arn) {
  std::int64_t count = 0;
  for (const auto& [key, role] : state.roles.with_prefix(ctx.call.account + "/")) count += role.attached.contains(arn);
  return count;
}

api::iam::Policy to_policy(const State& state, const service::Context& ctx, const PolicyRow& row, bool with_tags) {
  api::iam::Policy policy;
  policy.policy_name = row.name;
  policy.policy_id = row.id;
  policy.arn = row.arn;
  policy.path = row.path;
  policy.default_version_id = "v" + std::to_string(row.default_version);
  policy.attachment_count = attachments(state, ctx, row.arn);
  std::int64_t boundaries = 0;
  for (const auto& [key, role] : state.roles.with_prefix(ctx.call.account + "/"))
    boundaries += role.boundary == row.arn;
  policy.permissions_boundary_usage_count = boundaries;
  policy.is_attachable = true;
  if (!row.description.empty()) policy.description = row.description;
  policy.create_date = row.created_at;
  policy.update_date = row.updated_at;
  if (with_tags && !row.tags.empty()) policy.tags = to_tags(row.tags);
  return policy;
}

std::optional<AssumedRole> read_assumed_role(std::string_view principal_arn, std::string_view account) {
  std::string prefix = "arn:aws:sts::";
  prefix.append(account).append(":assumed-role/");
  const std::size_t slash = principal_arn.rfind('/');
  if (!principal_arn.starts_with(prefix) || slash < prefix.size()) return std::nullopt;
  return AssumedRole{std::string(principal_arn.substr(prefix.size(), slash - prefix.size())),
                     std::string(principal_arn.substr(slash + 1))};
}

base::Outcome<std::string> read_marker(const std::optional<std::string>& marker) {
  if (!marker) return "";
  const std::string text = wire::from_base64(*marker).value_or("");
  if (!text.starts_with("after:")) return base::fault(faults::ValidationError, "Invalid Marker.");
  return text.substr(6);
}

std::string write_marker(const std::string& last) {
  return wire::to_base64("after:" + last);
}

}  // namespace iam
