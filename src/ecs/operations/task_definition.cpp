#include <algorithm>

#include "ecs/definition.h"
#include "ecs/names.h"
#include "ecs/operations/operations.h"
#include "ecs/page.h"
#include "ecs/tags.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;

std::unexpected<base::Fault> unknown_definition() {
  return base::fault(faults::ClientException, "Unable to describe task definition.");
}

// AWS names who registered it by ARN.
std::string registrar(const Context& ctx) {
  return ctx.call.principal_arn.empty() ? "arn:aws:iam::" + ctx.call.account + ":root" : ctx.call.principal_arn;
}

}  // namespace

Answer<api::ecs::RegisterTaskDefinition> register_task_definition(Core& core,
                                                                  const api::ecs::RegisterTaskDefinitionRequest& in,
                                                                  Context& ctx) {
  TaskDefinitionRow row;
  TRY(row.definition, define_task(in));
  TRY(row.tags, with_tags({}, in.tags, ctx));
  const std::string family_key = service::key(ctx, {in.family});
  const FamilyRow* family = core.tables.families.find(family_key);
  const std::int64_t revision = (family == nullptr ? 0 : family->last_revision) + 1;
  core.tables.families.put(ctx.change, family_key, {revision});
  row.definition.revision = revision;
  row.definition.task_definition_arn = definition_arn(ctx, in.family, revision);
  row.definition.registered_at = ctx.now;
  row.definition.registered_by = registrar(ctx);
  api::ecs::RegisterTaskDefinitionResponse out;
  out.task_definition = row.definition;
  if (in.tags) out.tags = tag_list(row.tags);
  core.tables.definitions.put(ctx.change, definition_key(ctx, in.family, revision), std::move(row));
  return out;
}

Answer<api::ecs::DeregisterTaskDefinition> deregister_task_definition(
    Core& core, const api::ecs::DeregisterTaskDefinitionRequest& in, Context& ctx) {
  const std::string name = last_part(in.task_definition);
  if (name.find(':') == std::string::npos) {
    return base::fault(faults::InvalidParameterException, "Revision is missing.");
  }
  const TaskDefinitionRow* row = find_definition(core.tables, ctx, in.task_definition);
  if (row == nullptr) {
    return base::fault(faults::ClientException, "The specified task definition does not exist.");
  }
  const std::string key = definition_key(ctx, *row->definition.family, *row->definition.revision);
  const TaskDefinitionRow& changed = core.tables.definitions.modify(ctx.change, key, [&](TaskDefinitionRow& change) {
    if (change.definition.status == "INACTIVE") return;
    change.definition.status = "INACTIVE";
    change.definition.deregistered_at = ctx.now;
  });
  api::ecs::DeregisterTaskDefinitionResponse out;
  out.task_definition = changed.definition;
  return out;
}

Answer<api::ecs::DescribeTaskDefinition> describe_task_definition(Core& core,
                                                                  const api::ecs::DescribeTaskDefinitionRequest& in,
                                                                  Context& ctx) {
  const TaskDefinitionRow* row = find_definition(core.tables, ctx, in.task_definition);
  if (row == nullptr) return unknown_definition();
  api::ecs::DescribeTaskDefinitionResponse out;
  out.task_definition = row->definition;
  out.tags.emplace();
  if (in.include && std::ranges::count(*in.include, "TAGS") > 0) out.tags = tag_list(row->tags);
  return out;
}

Answer<api::ecs::ListTaskDefinitions> list_task_definitions(Core& core, const api::ecs::ListTaskDefinitionsRequest& in,
                                                            Context& ctx) {
  const std::string status = in.status.value_or("ACTIVE");
  const std::string prefix = service::scope_prefix(ctx.call);
  std::vector<std::string> arns;
  for (const auto& [key, row] : core.tables.definitions.with_prefix(prefix)) {
    // "familyPrefix" is the full family name (ListTaskDefinitions, API reference).
    if (in.family_prefix && row.definition.family != in.family_prefix) continue;
    if (row.definition.status == status) arns.push_back(*row.definition.task_definition_arn);
  }
  if (in.sort == "DESC") std::ranges::reverse(arns);
  TRY(Page page, page_of(arns, in.max_results, in.next_token));
  api::ecs::ListTaskDefinitionsResponse out;
  out.task_definition_arns = std::move(page.items);
  out.next_token = std::move(page.next_token);
  return out;
}

Answer<api::ecs::ListTaskDefinitionFamilies> list_task_definition_families(
    Core& core, const api::ecs::ListTaskDefinitionFamiliesRequest& in, Context& ctx) {
  const std::string status = in.status.value_or("ALL");
  std::map<std::string, bool> active;  // family -> it has an ACTIVE revision
  for (const auto& [key, row] : core.tables.definitions.with_prefix(service::scope_prefix(ctx.call))) {
    if (in.family_prefix && !row.definition.family->starts_with(*in.family_prefix)) continue;
    bool& any = active[*row.definition.family];
    any = any || row.definition.status == "ACTIVE";
  }
  std::vector<std::string> families;
  for (const auto& [family, any] : active) {
    if (status == "ALL" || any == (status == "ACTIVE")) families.push_back(family);
  }
  TRY(Page page, page_of(families, in.max_results, in.next_token));
  api::ecs::ListTaskDefinitionFamiliesResponse out;
  out.families = std::move(page.items);
  out.next_token = std::move(page.next_token);
  return out;
}

}  // namespace ecs
