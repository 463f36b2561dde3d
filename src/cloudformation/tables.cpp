#include "cloudformation/tables.h"

#include <set>

#include "service/table_codec.h"
#include "wire/json.h"
#include "wire/text.h"

namespace cloudformation {
namespace {

// A stack keeps this many events; AWS keeps 90 days' worth.
constexpr std::int64_t kEventsMax = 10000;

std::string event_key(const StackRow& stack, std::int64_t number) {
  std::string digits = std::to_string(number);
  return part_prefix(stack) + std::string(10 - std::min<std::size_t>(10, digits.size()), '0') + digits;
}

// One more than the last event's number.
std::int64_t next_number(const Tables& tables, const StackRow& stack) {
  const std::string prefix = part_prefix(stack);
  auto after = tables.events.rows().lower_bound(prefix + ":");  // behind all digits
  if (after == tables.events.rows().begin() || !std::prev(after)->first.starts_with(prefix)) return 0;
  return std::stoll(std::prev(after)->first.substr(prefix.size())) + 1;
}

void add_event(Tables& tables, const StackRow& stack, EventRow event, service::Context& ctx) {
  const std::int64_t number = next_number(tables, stack);
  event.at = ctx.now;
  event.token = stack.operation.token;
  event.operation_id = stack.operation.id;
  tables.events.put(ctx.change, event_key(stack, number), std::move(event));
  if (number >= kEventsMax) tables.events.erase(ctx.change, event_key(stack, number - kEventsMax));
}

}  // namespace

Tables::Tables()
    : stacks("cloudformation.stacks", service::make_codec<StackRow>()),
      resources("cloudformation.resources", service::make_codec<ResourceRow>()),
      events("cloudformation.events", service::make_codec<EventRow>()),
      change_sets("cloudformation.changesets", service::make_codec<ChangeSetRow>()),
      templates("cloudformation.templates", service::make_codec<TemplateRow>()) {}

StackName parse_stack_name(const std::string& name_or_id) {
  const auto at = name_or_id.find(":stack/");
  if (!name_or_id.starts_with("arn:") || at == std::string::npos) return {name_or_id, ""};
  const std::string rest = name_or_id.substr(at + 7);
  const auto slash = rest.find('/');
  if (slash == std::string::npos) return {rest, ""};
  return {rest.substr(0, slash), rest.substr(slash + 1)};
}

std::string part_prefix(const StackRow& stack) {
  return stack.account + "/" + stack.region + "/" + stack.uuid + "/";
}

std::string stack_key(const StackRow& stack) {
  return stack.account + "/" + stack.region + "/" + stack.name + "/" + stack.uuid;
}

std::string resource_key(const StackRow& stack, const std::string& logical_id) {
  return part_prefix(stack) + logical_id;
}

const StackRow* Tables::find_stack(const service::Call& call, const std::string& name_or_id) const {
  const StackName wanted = parse_stack_name(name_or_id);
  for (const auto& [key, row] : stacks.with_prefix(service::key(call, {wanted.name}) + "/")) {
    if (wanted.uuid.empty() ? row.status != "DELETE_COMPLETE" : row.uuid == wanted.uuid) return &row;
  }
  return nullptr;
}

std::vector<const ResourceRow*> Tables::resources_of(const StackRow& stack) const {
  std::vector<const ResourceRow*> rows;
  for (const auto& [key, row] : resources.with_prefix(part_prefix(stack))) rows.push_back(&row);
  return rows;
}

const ResourceRow* Tables::find_resource(const StackRow& stack, const std::string& logical_id) const {
  return resources.find(resource_key(stack, logical_id));
}

const std::string& Tables::template_body(const StackRow& stack, const Deployment& deployment) const {
  static const std::string kNone;
  const TemplateRow* row = templates.find(part_prefix(stack) + deployment.template_id);
  return row == nullptr ? kNone : row->body;
}

std::string Tables::keep_template(const StackRow& stack, std::string body, service::Context& ctx) {
  const std::string prefix = part_prefix(stack);
  for (const auto& [key, row] : templates.with_prefix(prefix)) {
    if (row.body == body) return key.substr(prefix.size());
  }
  const std::string id = base::uuid(ctx.random);
  templates.put(ctx.change, prefix + id, {std::move(body)});
  return id;
}

void Tables::drop_unused_templates(const StackRow& stack, service::Context& ctx) {
  const std::string prefix = part_prefix(stack);
  std::set<std::string> used = {stack.present.template_id, stack.operation.wanted.template_id,
                                stack.operation.previous.template_id};
  for (const auto& [key, row] : change_sets.with_prefix(prefix)) used.insert(row.wanted.template_id);
  std::vector<std::string> unused;
  for (const auto& [key, row] : templates.with_prefix(prefix)) {
    if (!used.contains(key.substr(prefix.size()))) unused.push_back(key);
  }
  for (const std::string& key : unused) templates.erase(ctx.change, key);
}

void add_stack_event(Tables& tables, const std::string& stack, const std::string& reason, service::Context& ctx) {
  const StackRow& row = *tables.stacks.find(stack);
  add_event(tables, row,
            {.event_id = base::uuid(ctx.random),
             .logical_id = row.name,
             .physical_id = row.id,
             .type = "AWS::CloudFormation::Stack",
             .status = row.status,
             .reason = reason},
            ctx);
}

// Clients tell events apart by their id, so two of one status in one millisecond need different ones.
void add_resource_event(Tables& tables, const StackRow& stack, ResourceRow& resource, const TypeSchema& type,
                        const std::string& physical_id, service::Context& ctx) {
  std::string id =
      resource.logical_id + "-" + resource.status + "-" + wire::format_date_time(ctx.now, wire::Millis::Always);
  if (resource.last_event == id) {
    id = resource.logical_id + "-" + base::uuid(ctx.random);
  } else {
    resource.last_event = id;
  }
  add_event(
      tables, stack,
      {.event_id = std::move(id),
       .logical_id = resource.logical_id,
       .physical_id = physical_id,
       .type = resource.type,
       .status = resource.status,
       .reason = resource.reason,
       .properties =
           resource.now.properties.is_null() ? "" : wire::write_json(without_secrets(type, resource.now.properties))},
      ctx);
}

}  // namespace cloudformation
