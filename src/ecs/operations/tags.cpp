#include "ecs/tags.h"

#include "ecs/names.h"
#include "ecs/operations/operations.h"

namespace ecs {
namespace {

namespace faults = api::ecs::faults;

// A resource of the caller's account and region that can carry tags.
struct Tagged {
  enum class Kind : std::uint8_t { Cluster, Service, Task, Definition } kind;
  std::string key;
  Tags tags;
};

base::Outcome<Tagged> find_tagged(const Core& core, const std::string& arn, const Context& ctx) {
  const Tables& tables = core.tables;
  const std::string prefix = ctx.arn("ecs", "");
  if (!arn.starts_with(prefix)) {
    return base::fault(faults::InvalidParameterException,
                       "Invalid identifier: Identifier is for another account or "
                       "region, or is no ARN: " +
                           arn);
  }
  const std::string rest = arn.substr(prefix.size());
  const std::string path = rest.substr(rest.find('/') + 1);  // "name" or "cluster/name"
  const std::string cluster = path.substr(0, path.find('/'));
  if (rest.starts_with("cluster/")) {
    const ClusterRow* row = tables.clusters.find(cluster_key(ctx, path));
    if (row == nullptr || !row->active) return base::fault(faults::ClusterNotFoundException, "Cluster not found.");
    return Tagged{Tagged::Kind::Cluster, cluster_key(ctx, path), row->tags};
  }
  if (rest.starts_with("service/")) {
    const std::string key = service_key(ctx, cluster, last_part(path));
    if (const ServiceRow* row = tables.services.find(key)) return Tagged{Tagged::Kind::Service, key, row->tags};
  }
  if (rest.starts_with("task/")) {
    const std::string key = task_key(ctx, cluster, last_part(path));
    if (const TaskRow* row = tables.tasks.find(key)) return Tagged{Tagged::Kind::Task, key, row->tags};
  }
  if (rest.starts_with("task-definition/")) {
    if (const TaskDefinitionRow* row = find_definition(tables, ctx, arn)) {
      return Tagged{Tagged::Kind::Definition, definition_key(ctx, *row->definition.family, *row->definition.revision),
                    row->tags};
    }
  }
  return base::fault(faults::InvalidParameterException,
                     "The specified resource cannot be found. Specify a valid resource ARN and try again.");
}

void store(Core& core, const Tagged& resource, Context& ctx) {
  const auto set = [&](auto& row) { row.tags = resource.tags; };
  switch (resource.kind) {
    case Tagged::Kind::Cluster:
      core.tables.clusters.modify(ctx.change, resource.key, set);
      break;
    case Tagged::Kind::Service:
      core.tables.services.modify(ctx.change, resource.key, set);
      break;
    case Tagged::Kind::Task:
      core.tables.tasks.modify(ctx.change, resource.key, set);
      break;
    case Tagged::Kind::Definition:
      core.tables.definitions.modify(ctx.change, resource.key, set);
      break;
  }
}

}  // namespace

Answer<api::ecs::TagResource> tag_resource(Core& core, const api::ecs::TagResourceRequest& in, Context& ctx) {
  TRY(Tagged resource, find_tagged(core, in.resource_arn, ctx));
  TRY(resource.tags, with_tags(resource.tags, in.tags, ctx));
  store(core, resource, ctx);
  return api::ecs::TagResourceResponse{};
}

Answer<api::ecs::UntagResource> untag_resource(Core& core, const api::ecs::UntagResourceRequest& in, Context& ctx) {
  TRY(Tagged resource, find_tagged(core, in.resource_arn, ctx));
  TRY(resource.tags, without_tags(resource.tags, in.tag_keys, ctx));
  store(core, resource, ctx);
  return api::ecs::UntagResourceResponse{};
}

Answer<api::ecs::ListTagsForResource> list_tags_for_resource(Core& core, const api::ecs::ListTagsForResourceRequest& in,
                                                             Context& ctx) {
  TRY(const Tagged resource, find_tagged(core, in.resource_arn, ctx));
  api::ecs::ListTagsForResourceResponse out;
  out.tags = tag_list(resource.tags);
  return out;
}

}  // namespace ecs
