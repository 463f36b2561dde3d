// AWS::CloudFormation::Stack: a stack as a resource of another.

#include "cloudformation/nested.h"

#include <algorithm>

#include "base/fault.h"
#include "cloudformation/naming.h"
#include "cloudformation/state.h"

namespace cloudformation {
namespace {

using base::Value;

constexpr PropertySchema kProperties[] = {
    {.name = "TemplateURL", .required = true},
    {.name = "Parameters", .kind = PropertyKind::Json},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "TimeoutInMinutes", .kind = PropertyKind::Integer},
    {.name = "NotificationARNs", .update = UpdateBehavior::Unsupported},
};
constexpr std::string_view kAttributes[] = {"Outputs.*"};
constexpr TypeSchema kSchema{
    .name = "AWS::CloudFormation::Stack", .properties = kProperties, .attributes = kAttributes, .system_tags = true};

constexpr std::size_t kNameMax = 128;

std::vector<GivenParameter> parameters_of(const Job& job) {
  std::vector<GivenParameter> given;
  const Value* map = job.property("Parameters");
  if (map == nullptr || !map->is_object()) return given;
  for (const auto& [key, value] : map->as_object()) {
    std::string text = value.to_text();
    if (value.is_array()) {
      Texts items;
      for (const Value& item : value.as_array()) items.push_back(item.to_text());
      text = joined(items, ",");
    }
    given.push_back({key, std::move(text)});
  }
  return given;
}

class NestedStack : public Provider {
 public:
  NestedStack(Machine& machine, TemplateSource& source) : machine_(machine), source_(source) {}
  const TypeSchema& schema() const override { return kSchema; }
  bool always_updates() const override { return true; }

  Step create(const Job& job) override {
    StackRow row = new_row(job);
    auto proposal = propose(job, row, nullptr);
    if (!proposal) return std::unexpected(Failure{proposal.error().message});
    const std::string key = stack_key(row);
    const std::string id = row.id;
    Tables& tables = machine_.tables();
    tables.stacks.put(job.ctx.change, key, row);
    proposal->deployment.template_id = tables.keep_template(row, std::move(proposal->body), job.ctx);
    machine_.begin_create(key,
                          {.wanted = std::move(proposal->deployment),
                           .token = job.stack.operation.token,
                           .disable_rollback = job.stack.operation.disable_rollback},
                          job.ctx);
    return Progress{.physical_id = id, .finished = false};
  }

  Step update(const Job& job) override {
    const StackRow* child = find(job);
    if (child == nullptr) return std::unexpected(Failure{"Stack [" + job.physical_id + "] does not exist"});
    if (job.restoring && child->operation.phase != Phase::None) {
      machine_.undo_nested(stack_key(*child), job.ctx);
      return Progress{.physical_id = job.physical_id, .finished = false};
    }
    auto proposal = propose(job, *child, &child->present.parameters);
    if (!proposal) return std::unexpected(Failure{proposal.error().message});
    Tables& tables = machine_.tables();
    const bool same = proposal->deployment.parameters == child->present.parameters &&
                      proposal->deployment.resolved == child->present.resolved &&
                      proposal->deployment.tags == child->present.tags &&
                      proposal->body == tables.template_body(*child, child->present);
    // What the child's own children name may have changed without it.
    if (same && !has_children(*child)) return settled(job, *child);
    if (child->status.ends_with("IN_PROGRESS") || child->status.find("ROLLBACK_FAILED") != std::string::npos) {
      return std::unexpected(
          Failure{"Stack:" + child->id + " is in " + child->status + " state and can not be updated."});
    }
    proposal->deployment.template_id = tables.keep_template(*child, std::move(proposal->body), job.ctx);
    machine_.begin_update(stack_key(*child),
                          {.wanted = std::move(proposal->deployment),
                           .token = job.stack.operation.token,
                           .disable_rollback = job.stack.operation.disable_rollback},
                          job.ctx);
    return Progress{.physical_id = job.physical_id, .finished = false};
  }

  Step remove(const Job& job) override {
    const StackRow* child = find(job);
    if (child == nullptr || child->status == "DELETE_COMPLETE") return Progress{.physical_id = job.physical_id};
    machine_.begin_delete(stack_key(*child), job.stack.operation.token, {}, job.ctx);
    return Progress{.physical_id = job.physical_id, .finished = false};
  }

  Step poll(const Job& job, Work work) override {
    const StackRow* child = find(job);
    const std::string status = child == nullptr ? "DELETE_COMPLETE" : child->status;
    Progress waiting{.physical_id = job.physical_id, .finished = false};
    if (work == Work::Deleting) {
      if (status == "DELETE_COMPLETE") return Progress{.physical_id = job.physical_id};
      if (status.ends_with("IN_PROGRESS")) return waiting;
      return failed(*child, "deleted", child->reason);
    }
    if (status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") {
      // The undoing of an update begins with the next look at the child.
      if (job.restoring && child->operation.phase != Phase::None) return waiting;
      return settled(job, *child);
    }
    if (job.restoring && status == "UPDATE_ROLLBACK_COMPLETE") return settled(job, *child);
    // A small child is back at its old state before its parent looks.
    if (work == Work::Updating && !job.restoring && status.starts_with("UPDATE_ROLLBACK_")) {
      return std::unexpected(Failure{"Embedded stack " + child->id +
                                     " was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with "
                                     "reason: " +
                                     first_reason(*child)});
    }
    if (status.ends_with("IN_PROGRESS")) return waiting;
    if (child == nullptr) return std::unexpected(Failure{"Embedded stack " + job.physical_id + " was deleted."});
    if (work == Work::Updating) {
      return failed(*child, "updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason", first_reason(*child));
    }
    return failed(*child, "created", first_reason(*child));
  }

  void cancel(const Job& job) override {
    if (const StackRow* child = find(job)) machine_.undo_nested(stack_key(*child), job.ctx);
  }

  void settle(const Job& job) override {
    if (const StackRow* child = find(job)) machine_.release_nested(stack_key(*child), job.ctx);
  }

 private:
  const StackRow* find(const Job& job) const { return machine_.tables().find_stack(job.ctx.call, job.physical_id); }

  static Step failed(const StackRow& child, const char* what, const std::string& reason) {
    return std::unexpected(Failure{"Embedded stack " + child.id + " was not successfully " + what + ": " + reason});
  }

  // The reason that began the rollback, without what it led to.
  std::string first_reason(const StackRow& child) const {
    std::string reason = child.reason;
    for (const auto& [key, event] : machine_.tables().events.with_prefix(part_prefix(child))) {
      const bool failed = event.status == "ROLLBACK_IN_PROGRESS" || event.status == "CREATE_FAILED" ||
                          event.status == "UPDATE_ROLLBACK_IN_PROGRESS" || event.status == "UPDATE_FAILED";
      if (event.physical_id == child.id && failed) reason = event.reason;
    }
    const auto tail = reason.find("Rollback requested by user.");
    return tail == std::string::npos ? reason : reason.substr(0, tail);
  }

  bool has_children(const StackRow& child) const {
    return std::ranges::any_of(machine_.tables().resources_of(child),
                               [](const ResourceRow* row) { return row->type == kSchema.name; });
  }

  static Step settled(const Job& job, const StackRow& child) {
    Progress done{.physical_id = job.physical_id};
    done.attributes = Value::Object{};
    for (const OutputRow& output : child.outputs) done.attributes.set("Outputs." + output.key, output.value);
    return done;
  }

  static StackRow new_row(const Job& job) {
    StackRow row;
    row.name = physical_name(job.stack.name, job.logical_id, NameStyle::Upper, kNameMax, job.ctx.random);
    row.uuid = base::uuid(job.ctx.random);
    row.account = job.stack.account;
    row.region = job.stack.region;
    row.id = job.ctx.arn("cloudformation", "stack/" + row.name + "/" + row.uuid);
    row.created_at = job.ctx.now;
    row.parent_id = job.stack.id;
    row.root_id = job.stack.root_id.empty() ? job.stack.id : job.stack.root_id;
    row.on_failure = job.stack.on_failure == "DO_NOTHING" ? "DO_NOTHING" : "ROLLBACK";
    row.disable_rollback = job.stack.disable_rollback;
    if (const Value* minutes = job.property("TimeoutInMinutes")) row.timeout_minutes = minutes->as_integer();
    return row;
  }

  base::Outcome<Proposal> propose(const Job& job, const StackRow& child, const ParameterTexts* previous) {
    Proposal proposal;
    auto location = parse_template_url(job.text("TemplateURL"));
    if (!location) return std::unexpected(location.error());
    auto body = source_.fetch(*location, job.ctx);
    if (!body) return refuse("TemplateURL must reference a valid S3 object to which you have access.");
    proposal.body = std::move(*body);
    proposal.given = parameters_of(job);
    proposal.previous = previous;
    const Deployment& parent = job.restoring ? job.stack.operation.previous : job.stack.operation.wanted;
    proposal.deployment.capabilities = parent.capabilities;
    proposal.deployment.role_arn = parent.role_arn;
    for (const auto& [key, value] : job.tags) {
      if (!key.starts_with("aws:")) proposal.deployment.tags.emplace_back(key, value);
    }
    if (const Value* own = job.property("Tags")) {
      for (const Value& tag : own->as_array()) {
        std::erase_if(proposal.deployment.tags,
                      [&](const auto& held) { return held.first == tag.find("Key")->to_text(); });
        proposal.deployment.tags.emplace_back(tag.find("Key")->to_text(), tag.find("Value")->to_text());
      }
    }
    TRY(const auto checked, check_proposal(machine_.providers(), machine_.zones(job.ctx), child, proposal, job.ctx));
    for (const ResourceDeclaration& resource : checked->source.resources) {
      const ResourceRow* row = machine_.tables().find_resource(child, resource.name);
      if (row == nullptr || row->type == resource.type) continue;
      return refuse(
          "Update of resource type is not permitted. The new template modifies resource type of the following "
          "resources: [" +
          resource.name + "]");
    }
    return proposal;
  }

  Machine& machine_;
  TemplateSource& source_;
};

}  // namespace

std::unique_ptr<Provider> make_nested_stack(Machine& machine, TemplateSource& source) {
  return std::make_unique<NestedStack>(machine, source);
}

}  // namespace cloudformation
