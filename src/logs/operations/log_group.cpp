#include <algorithm>
#include <array>

#include "logs/faults.h"
#include "logs/operations/operations.h"
#include "logs/tags.h"
#include "wire/text.h"

namespace logs {
namespace {

constexpr std::int64_t kPageMax = 50;
constexpr std::array kRetentions = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                    365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

base::Outcome<void> check_new_group(const api::logs::CreateLogGroupRequest& in) {
  if (in.kms_key_id) return not_supported("Log groups with a KMS key (kmsKeyId) are");
  if (in.log_group_class && *in.log_group_class != "STANDARD") {
    return not_supported("The log group class " + *in.log_group_class + " is");
  }
  if (in.deletion_protection_enabled.value_or(false)) return not_supported("Deletion protection of log groups is");
  if (in.log_group_name.starts_with("aws/")) {
    return invalid_parameter("Log groups starting with AWS/ are reserved for AWS.");
  }
  return {};
}

std::string invalid_retention(std::int64_t days) {
  std::string message = "1 validation error detected: Value '" + std::to_string(days) +
                        "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [";
  for (const int valid : kRetentions) message += (message.ends_with('[') ? "" : ", ") + std::to_string(valid);
  return message + "]";
}

api::logs::LogGroup describe(const State& state, const GroupRow& group) {
  api::logs::LogGroup out;
  out.log_group_name = group.name;
  out.creation_time = base::unix_millis(group.created_at);
  out.retention_in_days = group.retention_days;
  out.metric_filter_count = 0;
  out.log_group_arn = group_arn(group);
  out.arn = group_arn(group) + ":*";
  out.stored_bytes = static_cast<std::int64_t>(state.streams_of(group.id).stored_bytes);
  out.log_group_class = "STANDARD";
  out.deletion_protection_enabled = false;
  out.bearer_token_authentication_enabled = false;
  return out;
}

bool wanted(const GroupRow& group, const api::logs::DescribeLogGroupsRequest& in) {
  if (in.log_group_name_pattern) {
    const std::string pattern = wire::to_lower(*in.log_group_name_pattern);
    if (wire::to_lower(group.name).find(pattern) == std::string::npos) return false;
  }
  if (in.log_group_class && *in.log_group_class != "STANDARD") return false;
  if (!in.log_group_identifiers || in.log_group_identifiers->empty()) return true;
  const auto& names = *in.log_group_identifiers;
  return std::ranges::find(names, group.name) != names.end() ||
         std::ranges::find(names, group_arn(group)) != names.end();
}

}  // namespace

base::Outcome<api::logs::CreateLogGroupOutput> create_log_group(State& state,
                                                                const api::logs::CreateLogGroupRequest& in,
                                                                service::Context& ctx) {
  CHECK(check_new_group(in));
  const std::string key = service::key(ctx, {in.log_group_name});
  if (state.groups.find(key) != nullptr) {
    return base::fault(faults::ResourceAlreadyExistsException, "The specified log group already exists");
  }
  GroupRow group;
  group.account = ctx.call.account;
  group.region = ctx.call.region;
  group.name = in.log_group_name;
  group.created_at = ctx.now;
  CHECK(add_tags(group, in.tags.value_or(std::map<std::string, std::string>())));
  group.id = state.next_id(ctx.change, "group");
  state.groups.put(ctx.change, key, std::move(group));
  return api::logs::CreateLogGroupOutput{};
}

base::Outcome<api::logs::DeleteLogGroupOutput> delete_log_group(State& state,
                                                                const api::logs::DeleteLogGroupRequest& in,
                                                                service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  std::vector<std::pair<std::string, std::uint64_t>> streams;
  for (const auto& [key, stream] : state.streams.with_prefix(streams_prefix(group->id))) {
    streams.emplace_back(key, stream.id);
  }
  for (const auto& [key, id] : streams) {
    ctx.change.erase_range(stream_begin(id), stream_end(id));
    state.streams.erase(ctx.change, key);
  }
  state.groups.erase(ctx.change, group_key(*group));
  return api::logs::DeleteLogGroupOutput{};
}

base::Outcome<api::logs::DescribeLogGroupsResponse> describe_log_groups(State& state,
                                                                        const api::logs::DescribeLogGroupsRequest& in,
                                                                        service::Context& ctx) {
  if (in.log_group_name_prefix && in.log_group_name_pattern) {
    return invalid_parameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  }
  if (in.include_linked_accounts.value_or(false)) return not_supported("Log groups of linked accounts are");
  const auto limit = static_cast<std::size_t>(in.limit.value_or(kPageMax));
  const std::string scope = service::scope_prefix(ctx.call) + in.log_group_name_prefix.value_or("");
  const auto& rows = state.groups.rows();
  auto next = rows.lower_bound(scope);
  if (in.next_token) {  // the last name of the page before
    const auto last = wire::from_base64(*in.next_token);
    if (!last) return invalid_parameter("The specified nextToken is invalid.");
    next = rows.upper_bound(service::key(ctx, {*last}));
  }
  api::logs::DescribeLogGroupsResponse out;
  auto& groups = out.log_groups.emplace();
  for (; next != rows.end() && next->first.starts_with(scope); ++next) {
    if (!wanted(next->second, in)) continue;
    if (groups.size() == limit) {
      out.next_token = wire::to_base64(*groups.back().log_group_name);
      break;
    }
    groups.push_back(describe(state, next->second));
  }
  return out;
}

base::Outcome<api::logs::PutRetentionPolicyOutput> put_retention_policy(State& state,
                                                                        const api::logs::PutRetentionPolicyRequest& in,
                                                                        service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  if (std::ranges::find(kRetentions, in.retention_in_days) == kRetentions.end()) {
    return invalid_parameter(invalid_retention(in.retention_in_days));
  }
  state.groups.modify(ctx.change, group_key(*group), [&](GroupRow& row) { row.retention_days = in.retention_in_days; });
  state.next_expiry = ctx.now;
  return api::logs::PutRetentionPolicyOutput{};
}

base::Outcome<api::logs::DeleteRetentionPolicyOutput> delete_retention_policy(
    State& state, const api::logs::DeleteRetentionPolicyRequest& in, service::Context& ctx) {
  TRY(const GroupRow* group, find_group(state, std::string_view(in.log_group_name), ctx));
  state.groups.modify(ctx.change, group_key(*group), [](GroupRow& row) { row.retention_days.reset(); });
  return api::logs::DeleteRetentionPolicyOutput{};
}

}  // namespace logs
