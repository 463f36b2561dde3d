#include <algorithm>
#include <functional>
#include <sstream>

#include "secretsmanager/operations.h"
#include "secretsmanager/tags.h"
#include "wire/text.h"

namespace secretsmanager {
namespace {

using Stages = std::map<std::string, std::vector<std::string>>;

std::optional<Stages> stages_of(const State& state, const SecretRow& secret, const service::Context& ctx) {
  Stages stages;
  for (const VersionRow* version : state.versions_of(secret, ctx)) {
    if (!version->stages.empty()) stages[version->id].assign(version->stages.begin(), version->stages.end());
  }
  return stages.empty() ? std::nullopt : std::optional(std::move(stages));
}

// What DescribeSecret and ListSecrets have in common.
template <class Shape>
Shape to_shape(const SecretRow& secret, const service::Context& ctx) {
  Shape out;
  out.arn = secret_arn(secret, ctx);
  out.name = secret.name;
  if (!secret.description.empty()) out.description = secret.description;
  out.created_date = secret.created_at;
  out.last_changed_date = secret.changed_at;
  out.last_accessed_date = secret.accessed_on;
  out.deleted_date = secret.deleted_at;
  if (!secret.tags.empty()) out.tags = tags_of(secret);
  return out;
}

using Test = std::function<bool(const std::string& wanted)>;

// Whether a filter's values let something through: one of them must hold; after '!' none may.
bool any(const std::vector<std::string>& values, const Test& holds) {
  return std::ranges::any_of(values, [&](const std::string& value) {
    return value.starts_with('!') ? !holds(value.substr(1)) : holds(value);
  });
}

bool any_tag(const SecretRow& secret,
             const std::function<bool(const std::pair<const std::string, std::string>&)>& holds) {
  return std::ranges::any_of(secret.tags, holds);
}

// Every word somewhere: name, description, tags; whatever the case.
bool mentions(const SecretRow& secret, const std::string& wanted) {
  std::string text = secret.name + "\n" + secret.description;
  for (const auto& [key, value] : secret.tags) text += "\n" + key + "\n" + value;
  text = wire::to_lower(text);
  std::istringstream words(wire::to_lower(wanted));
  for (std::string word; words >> word;) {
    if (text.find(word) == std::string::npos) return false;
  }
  return true;
}

// Prefixes, as "Find secrets in AWS Secrets Manager" says: all but the description by case.
bool passes(const api::secretsmanager::Filter& filter, const SecretRow& secret) {
  const std::string key = filter.key.value_or("");
  const auto values = filter.values.value_or(std::vector<std::string>{});
  if (key == "name") return any(values, [&](const auto& wanted) { return secret.name.starts_with(wanted); });
  if (key == "description") {
    const std::string text = wire::to_lower(secret.description);
    return any(values, [&](const auto& wanted) { return text.starts_with(wire::to_lower(wanted)); });
  }
  if (key == "tag-key") {
    return any(values, [&](const auto& wanted) {
      return any_tag(secret, [&](const auto& tag) { return tag.first.starts_with(wanted); });
    });
  }
  if (key == "tag-value") {
    return any(values, [&](const auto& wanted) {
      return any_tag(secret, [&](const auto& tag) { return tag.second.starts_with(wanted); });
    });
  }
  if (key == "all") return any(values, [&](const auto& wanted) { return mentions(secret, wanted); });
  return any(values, [](const auto&) { return false; });  // primary-region, owning-service: nothing has one
}

base::Outcome<void> check_filters(const std::optional<std::vector<api::secretsmanager::Filter>>& filters) {
  for (const auto& filter : filters.value_or(std::vector<api::secretsmanager::Filter>{})) {
    if (!filter.key) return invalid_parameter("Invalid filter key");
    if (!filter.values || filter.values->empty())
      return invalid_parameter("Invalid filter values for key: " + *filter.key);
  }
  return {};
}

// By the date of creation, the newest first, unless the request says otherwise.
void sort(std::vector<const SecretRow*>& secrets, const std::string& by, bool ascending) {
  const auto before = [&](const SecretRow* a, const SecretRow* b) {
    if (!ascending) std::swap(a, b);
    if (by == "last-changed-date" && a->changed_at != b->changed_at) return a->changed_at < b->changed_at;
    if (by == "last-accessed-date" && a->accessed_on != b->accessed_on) return a->accessed_on < b->accessed_on;
    if (by == "created-date" && a->created_at != b->created_at) return a->created_at < b->created_at;
    return a->name < b->name;
  };
  std::ranges::sort(secrets, before);
}

}  // namespace

SECRETS_OPERATION(describe_secret, DescribeSecret) {
  TRY(const SecretRow* secret, any_secret(state, input.secret_id, ctx));
  auto out = to_shape<api::secretsmanager::DescribeSecret::Output>(*secret, ctx);
  out.version_ids_to_stages = stages_of(state, *secret, ctx);
  return out;
}

SECRETS_OPERATION(list_secrets, ListSecrets) {
  CHECK(check_filters(input.filters));
  std::vector<const SecretRow*> secrets;
  for (const auto& [key, secret] : state.secrets.with_prefix(service::scope_prefix(ctx.call))) {
    if (secret.deleted_at && !input.include_planned_deletion.value_or(false)) continue;
    const auto lets_through = [&](const auto& filter) { return passes(filter, secret); };
    if (!input.filters || std::ranges::all_of(*input.filters, lets_through)) secrets.push_back(&secret);
  }
  sort(secrets, input.sort_by.value_or("created-date"), input.sort_order.value_or("desc") == "asc");
  TRY(const Page page, page_of(secrets.size(), input.max_results, input.next_token));
  api::secretsmanager::ListSecrets::Output out;
  auto& list = out.secret_list.emplace();
  for (std::size_t i = page.first; i < page.last; ++i) {
    auto& one = list.emplace_back(to_shape<api::secretsmanager::SecretListEntry>(*secrets[i], ctx));
    one.secret_versions_to_stages = stages_of(state, *secrets[i], ctx);
  }
  out.next_token = page.next_token;
  return out;
}

}  // namespace secretsmanager
