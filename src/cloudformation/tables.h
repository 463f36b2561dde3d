#pragma once

#include <string>
#include <vector>

#include "cloudformation/rows.h"
#include "cloudformation/schema.h"
#include "service/context.h"
#include "service/table.h"

namespace cloudformation {

struct Tables {
  Tables();

  service::Table<StackRow> stacks;
  service::Table<ResourceRow> resources;
  service::Table<EventRow> events;
  service::Table<ChangeSetRow> change_sets;
  service::Table<TemplateRow> templates;

  std::vector<service::TableBase*> all() { return {&stacks, &resources, &events, &change_sets, &templates}; }

  // A stack that is there: by name, or by ARN. Deleted ones only by ARN. nullptr if there is none.
  const StackRow* find_stack(const service::Call& call, const std::string& name_or_id) const;
  std::vector<const ResourceRow*> resources_of(const StackRow& stack) const;
  const ResourceRow* find_resource(const StackRow& stack, const std::string& logical_id) const;
  // The text of a deployment's template.
  const std::string& template_body(const StackRow& stack, const Deployment& deployment) const;
  // Keeps a template for the stack and returns its id; the same text is kept once.
  std::string keep_template(const StackRow& stack, std::string body, service::Context& ctx);
  // Drops the templates that neither the stack nor one of its change sets names.
  void drop_unused_templates(const StackRow& stack, service::Context& ctx);
};

std::string stack_key(const StackRow& stack);
std::string resource_key(const StackRow& stack, const std::string& logical_id);
// Prefix of the keys of a stack's resources, events or change sets.
std::string part_prefix(const StackRow& stack);

// The parts of an ARN arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID.
struct StackName {
  std::string name;
  std::string uuid;  // "" when only a name was given
};
StackName parse_stack_name(const std::string& name_or_id);

// An event of a resource, or of the stack itself.
void add_stack_event(Tables& tables, const std::string& stack, const std::string& reason, service::Context& ctx);
void add_resource_event(Tables& tables, const StackRow& stack, ResourceRow& resource, const TypeSchema& type,
                        const std::string& physical_id, service::Context& ctx);

}  // namespace cloudformation
