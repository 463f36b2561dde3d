#include "cloudformation/resources/common.h"

#include <algorithm>
#include <charconv>

#include "base/fault.h"
#include "cloudformation/nested.h"
#include "cloudformation/state.h"
#include "wire/from_value.h"
#include "wire/json.h"

namespace cloudformation {
namespace {

using base::Value;

class BehaviorProvider : public Provider {
 public:
  explicit BehaviorProvider(const Behavior& behavior) : behavior_(behavior) {}
  const TypeSchema& schema() const override { return *behavior_.schema; }
  Step create(const Job& job) override { return behavior_.create(job); }
  Step update(const Job& job) override {
    if (behavior_.update == nullptr) return Progress{.physical_id = job.physical_id};
    return behavior_.update(job);
  }
  Step remove(const Job& job) override { return behavior_.remove(job); }
  Step poll(const Job& job, Work work) override {
    return behavior_.poll == nullptr ? Provider::poll(job, work) : behavior_.poll(job, work);
  }
  bool needs_replacement(const Job& job) const override {
    return behavior_.needs_replacement == nullptr || behavior_.needs_replacement(job);
  }

 private:
  Behavior behavior_;
};

std::expected<base::Outcome<api::Object>, Failure> run(const Job& job, const api::Operation& operation,
                                                       const Value& input) {
  api::Object object(*operation.input);
  const auto filled = wire::from_value(*operation.input, input, object.data(),
                                       {.ignore_case_of_first_letter = true, .coerce_scalars = true});
  if (!filled) {
    return std::unexpected(Failure{"Properties validation failed for resource " + job.logical_id + " with message:\n[" +
                                   filled.error().to_text() + "]"});
  }
  return job.ctx.invoker.invoke(operation, object, job.ctx);
}

}  // namespace

void add(ProviderSet& providers, const Behavior& behavior) {
  providers.add(std::make_unique<BehaviorProvider>(behavior));
}

void add_providers(ProviderSet& providers, Machine& machine, TemplateSource& source) {
  providers.add(make_nested_stack(machine, source));
  add_sqs(providers);
  add_ecs(providers);
  add_scaling(providers);
  add_iam(providers);
  add_ec2(providers);
  add_ec2_network(providers);
  add_secrets(providers);
  add_storage(providers);
}

Answer invoke(const Job& job, const api::Operation& operation, const Value& input) {
  TRY(const auto outcome, run(job, operation, input));
  if (!outcome) return std::unexpected(handler_failure(job, outcome.error()));
  return wire::to_value(*operation.output, outcome->data());
}

std::expected<void, Failure> invoke_gone(const Job& job, const api::Operation& operation, const Value& input) {
  TRY(const auto outcome, run(job, operation, input));
  if (outcome || is_not_found(outcome.error())) return {};
  return std::unexpected(handler_failure(job, outcome.error()));
}

std::expected<std::optional<Value>, Failure> invoke_found(const Job& job, const api::Operation& operation,
                                                          const Value& input) {
  TRY(const auto outcome, run(job, operation, input));
  if (outcome) return wire::to_value(*operation.output, outcome->data());
  if (is_not_found(outcome.error())) return std::nullopt;
  return std::unexpected(handler_failure(job, outcome.error()));
}

const Value* at(const Value& value, std::string_view path) {
  const Value* held = &value;
  while (!path.empty() && held != nullptr) {
    const auto dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    if (held->is_array()) {
      std::size_t index = 0;
      std::from_chars(name.data(), name.data() + name.size(), index);
      held = index < held->as_array().size() ? &held->as_array()[index] : nullptr;
    } else {
      held = held->find(name);
    }
  }
  return held;
}

std::string text_at(const Value& value, std::string_view path) {
  const Value* held = at(value, path);
  return held == nullptr ? "" : held->to_text();
}

Value object(std::initializer_list<Value::Member> members) {
  return Value(Value::Object(members));
}

void copy(Value& to, const Value& properties, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const Value* value = properties.find(name)) to.set(name, *value);
  }
}

std::string document(const Value& value) {
  return value.is_string() ? value.as_string() : wire::write_json(value);
}

Tags merged_tags(const Tags& of_stack, const Value& properties) {
  Tags tags = of_stack;
  const Value* own = properties.find("Tags");
  if (own == nullptr || !own->is_array()) return tags;
  for (const Value& tag : own->as_array()) {
    const std::string key = text_at(tag, "Key");
    std::erase_if(tags, [&](const auto& held) { return held.first == key; });
    tags.emplace_back(key, text_at(tag, "Value"));
  }
  return tags;
}

Value tag_list(const Tags& tags) {
  Value::Array list;
  for (const auto& [key, value] : tags) list.push_back(object({{"Key", key}, {"Value", value}}));
  return list;
}

Value tag_map(const Tags& tags) {
  Value map{Value::Object{}};
  for (const auto& [key, value] : tags) map.set(key, value);
  return map;
}

TagChange tag_change(const Job& job) {
  return tag_change(merged_tags(job.before->tags, job.before->properties), merged_tags(job));
}

TagChange tag_change(const Tags& before, const Tags& after) {
  TagChange change;
  for (const auto& tag : after) {
    if (std::ranges::find(before, tag) == before.end()) change.set.push_back(tag);
  }
  for (const auto& tag : before) {
    const bool stays = std::ranges::any_of(after, [&](const auto& other) { return other.first == tag.first; });
    if (!stays) change.removed.emplace_back(tag.first);
  }
  return change;
}

std::string name_of(const Job& job, std::string_view property, std::size_t length_max, NameStyle style) {
  const std::string given = job.text(property);
  if (!given.empty()) return given;
  return physical_name(job.stack.name, job.logical_id, style, length_max, job.ctx.random);
}

Value::Array missing_from(const Value* list, const Value* other) {
  Value::Array items;
  if (list == nullptr || !list->is_array()) return items;
  for (const Value& item : list->as_array()) {
    const bool there =
        other != nullptr && other->is_array() && std::ranges::find(other->as_array(), item) != other->as_array().end();
    if (!there) items.push_back(item);
  }
  return items;
}

Step done(std::string physical_id, Value attributes) {
  return Progress{.physical_id = std::move(physical_id), .attributes = std::move(attributes)};
}

Step pending(std::string physical_id, Value attributes) {
  return Progress{.physical_id = std::move(physical_id), .attributes = std::move(attributes), .finished = false};
}

}  // namespace cloudformation
