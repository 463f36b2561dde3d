#pragma once

// What the providers of resource types share. A provider here is a schema and a few functions; it speaks to services in
// value trees that are typed by the operation's own tables.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/shape.h"
#include "cloudformation/naming.h"
#include "cloudformation/provider.h"

namespace cloudformation {

// What one resource type does. `update` null: every change replaces. `poll` null: stable at once.
struct Behavior {
  const TypeSchema* schema;
  Step (*create)(const Job&);
  Step (*update)(const Job&);
  Step (*remove)(const Job&);
  Step (*poll)(const Job&, Work) = nullptr;
  bool (*needs_replacement)(const Job&) = nullptr;
};
void add(ProviderSet& providers, const Behavior& behavior);

void add_sqs(ProviderSet& providers);
void add_ecs(ProviderSet& providers);
void add_scaling(ProviderSet& providers);  // Application Auto Scaling, CloudWatch, Logs
void add_iam(ProviderSet& providers);
void add_ec2(ProviderSet& providers);
void add_ec2_network(ProviderSet& providers);  // gateways, routes, endpoints
void add_secrets(ProviderSet& providers);      // SSM, Secrets Manager
void add_storage(ProviderSet& providers);      // ECR, S3, and types that make nothing

// Calls an operation with a tree of its input's members (first letters in either case, scalars coerced). The answer
// is the output as a tree, or the failure that the resource's event shows.
using Answer = std::expected<base::Value, Failure>;
Answer invoke(const Job& job, const api::Operation& operation, const base::Value& input);
// The same, for which "not found" is success: deletions.
std::expected<void, Failure> invoke_gone(const Job& job, const api::Operation& operation, const base::Value& input);
// Nothing when the thing is not there.
std::expected<std::optional<base::Value>, Failure> invoke_found(const Job& job, const api::Operation& operation,
                                                                const base::Value& input);

// A member of a member, "Vpc.VpcId" or "services.0.status"; null if it is not there. text_at: "" then.
const base::Value* at(const base::Value& value, std::string_view path);
std::string text_at(const base::Value& value, std::string_view path);

base::Value object(std::initializer_list<base::Value::Member> members);
// Copies the named properties that are set, under their own names.
void copy(base::Value& to, const base::Value& properties, std::initializer_list<std::string_view> names);
// A policy document as JSON text.
std::string document(const base::Value& value);

// The resource's tags: the stack's, overlaid by those of the template.
Tags merged_tags(const Tags& of_stack, const base::Value& properties);
inline Tags merged_tags(const Job& job) {
  return merged_tags(job.tags, job.properties);
}
base::Value tag_list(const Tags& tags);  // [{Key, Value}]
base::Value tag_map(const Tags& tags);
// What is to be set and what is to go, from `job.before`.
struct TagChange {
  Tags set;
  base::Value::Array removed;  // keys
};
TagChange tag_change(const Tags& before, const Tags& after);
TagChange tag_change(const Job& job);

// The name given by the property, or a generated one of at most `length_max`.
std::string name_of(const Job& job, std::string_view property, std::size_t length_max,
                    NameStyle style = NameStyle::Mixed);

// Items of `list` whose text is not in `other`.
base::Value::Array missing_from(const base::Value* list, const base::Value* other);

Step done(std::string physical_id, base::Value attributes = {});
Step pending(std::string physical_id, base::Value attributes = {});

}  // namespace cloudformation
