#include "api/sqs/operations.h"
#include "base/fault.h"
#include "cloudformation/resources/common.h"

namespace cloudformation {
namespace {

using base::Value;
namespace sqs = api::sqs;

constexpr PropertySchema kQueueProperties[] = {
    {.name = "QueueName", .update = UpdateBehavior::Replace},
    {.name = "FifoQueue", .kind = PropertyKind::Boolean, .update = UpdateBehavior::Replace},
    {.name = "ContentBasedDeduplication", .kind = PropertyKind::Boolean},
    {.name = "DeduplicationScope"},
    {.name = "DelaySeconds", .kind = PropertyKind::Integer},
    {.name = "FifoThroughputLimit"},
    {.name = "KmsDataKeyReusePeriodSeconds", .kind = PropertyKind::Integer},
    {.name = "KmsMasterKeyId"},
    {.name = "MaximumMessageSize", .kind = PropertyKind::Integer},
    {.name = "MessageRetentionPeriod", .kind = PropertyKind::Integer},
    {.name = "ReceiveMessageWaitTimeSeconds", .kind = PropertyKind::Integer},
    {.name = "RedriveAllowPolicy", .kind = PropertyKind::Json},
    {.name = "RedrivePolicy", .kind = PropertyKind::Json},
    {.name = "SqsManagedSseEnabled", .kind = PropertyKind::Boolean},
    {.name = "Tags", .kind = PropertyKind::TagList},
    {.name = "VisibilityTimeout", .kind = PropertyKind::Integer},
};
constexpr std::string_view kQueueAttributes[] = {"Arn", "QueueName", "QueueUrl"};
constexpr TypeSchema kQueue{.name = "AWS::SQS::Queue",
                            .properties = kQueueProperties,
                            .attributes = kQueueAttributes,
                            .name_property = "QueueName"};

// What an attribute goes back to when the template no longer sets it (SetQueueAttributes, API reference).
struct Default {
  std::string_view name, value;
};
constexpr Default kDefaults[] = {{"ContentBasedDeduplication", "false"},
                                 {"DeduplicationScope", "queue"},
                                 {"DelaySeconds", "0"},
                                 {"FifoThroughputLimit", "perQueue"},
                                 {"KmsDataKeyReusePeriodSeconds", "300"},
                                 {"KmsMasterKeyId", ""},
                                 {"MaximumMessageSize", "1048576"},
                                 {"MessageRetentionPeriod", "345600"},
                                 {"ReceiveMessageWaitTimeSeconds", "0"},
                                 {"RedriveAllowPolicy", ""},
                                 {"RedrivePolicy", ""},
                                 {"SqsManagedSseEnabled", "true"},
                                 {"VisibilityTimeout", "30"}};

Value attributes_of(const Value& properties) {
  Value attributes{Value::Object{}};
  for (const auto& [name, value] : properties.as_object()) {
    if (name == "QueueName" || name == "Tags") continue;
    if (name == "FifoQueue" && !value.as_bool()) continue;  // SQS takes only true
    if (name == "KmsMasterKeyId" && value.to_text().empty()) continue;
    attributes.set(name, value.is_scalar() ? value.to_text() : document(value));
  }
  return attributes;
}

Step create_queue(const Job& job) {
  const Value* fifo = job.property("FifoQueue");
  const bool is_fifo = fifo != nullptr && fifo->as_bool();
  const bool named = !job.text("QueueName").empty();
  std::string name = name_of(job, "QueueName", is_fifo ? 75 : 80);
  if (is_fifo && !named) name += ".fifo";
  if (named) {
    TRY(const auto held, invoke_found(job, sqs::GetQueueUrl::operation(), object({{"QueueName", name}})));
    if (held) {
      return std::unexpected(
          handler_failure(job,
                          "Resource of type 'AWS::SQS::Queue' with identifier '{\"/properties/QueueName\":\"" + name +
                              "\"}' already exists.",
                          "AlreadyExists"));
    }
  }
  Value input = object({{"QueueName", name}, {"Attributes", attributes_of(job.properties)}});
  if (const Tags tags = merged_tags(job); !tags.empty()) input.set("tags", tag_map(tags));
  TRY(const Value made, invoke(job, sqs::CreateQueue::operation(), input));
  const std::string url = text_at(made, "QueueUrl");
  return done(url, object({{"Arn", job.ctx.arn("sqs", name)}, {"QueueName", name}, {"QueueUrl", url}}));
}

// All that the template sets, and the defaults of what it set before.
Value attributes_after_update(const Job& job) {
  Value wanted = attributes_of(job.properties);
  wanted.remove("FifoQueue");
  const bool has_key = wanted.find("KmsMasterKeyId") != nullptr;
  for (const Default& each : kDefaults) {
    if (wanted.find(each.name) != nullptr || job.before->properties.find(each.name) == nullptr) continue;
    if (each.name == "SqsManagedSseEnabled" && has_key) continue;  // one kind of encryption at a time
    wanted.set(each.name, each.value);
  }
  return wanted;
}

Step update_queue(const Job& job) {
  const Value wanted = attributes_after_update(job);
  if (!wanted.as_object().empty()) {
    CHECK(invoke(job, sqs::SetQueueAttributes::operation(),
                 object({{"QueueUrl", job.physical_id}, {"Attributes", wanted}})));
  }
  const TagChange tags = tag_change(job);
  if (!tags.removed.empty()) {
    CHECK(
        invoke(job, sqs::UntagQueue::operation(), object({{"QueueUrl", job.physical_id}, {"TagKeys", tags.removed}})));
  }
  if (!tags.set.empty()) {
    CHECK(
        invoke(job, sqs::TagQueue::operation(), object({{"QueueUrl", job.physical_id}, {"Tags", tag_map(tags.set)}})));
  }
  return done(job.physical_id);
}

Step remove_queue(const Job& job) {
  CHECK(invoke_gone(job, sqs::DeleteQueue::operation(), object({{"QueueUrl", job.physical_id}})));
  return done(job.physical_id);
}

constexpr PropertySchema kPolicyProperties[] = {
    {.name = "PolicyDocument", .kind = PropertyKind::Json, .required = true},
    {.name = "Queues", .kind = PropertyKind::TextList, .required = true, .unordered = true},
};
constexpr std::string_view kPolicyAttributes[] = {"Id"};
constexpr TypeSchema kPolicy{
    .name = "AWS::SQS::QueuePolicy", .properties = kPolicyProperties, .attributes = kPolicyAttributes};

std::expected<void, Failure> set_policy(const Job& job, const Value& queues, const std::string& policy) {
  for (const Value& queue : queues.as_array()) {
    const Value input = object({{"QueueUrl", queue}, {"Attributes", object({{"Policy", policy}})}});
    if (policy.empty()) {
      CHECK(invoke_gone(job, sqs::SetQueueAttributes::operation(), input));
    } else {
      CHECK(invoke(job, sqs::SetQueueAttributes::operation(), input));
    }
  }
  return {};
}

Step create_policy(const Job& job) {
  CHECK(set_policy(job, *job.property("Queues"), document(*job.property("PolicyDocument"))));
  const std::string id = physical_name(job.stack.name, job.logical_id, NameStyle::Mixed, 255, job.ctx.random);
  return done(id, object({{"Id", id}}));
}

Step update_policy(const Job& job) {
  CHECK(set_policy(job, missing_from(job.before->properties.find("Queues"), job.property("Queues")), ""));
  CHECK(set_policy(job, *job.property("Queues"), document(*job.property("PolicyDocument"))));
  return done(job.physical_id);
}

Step remove_policy(const Job& job) {
  CHECK(set_policy(job, *job.property("Queues"), ""));
  return done(job.physical_id);
}

// One queue's policy; its id is the queue.
constexpr PropertySchema kInlineProperties[] = {
    {.name = "PolicyDocument", .kind = PropertyKind::Json, .required = true},
    {.name = "Queue", .update = UpdateBehavior::Replace, .required = true},
};
constexpr TypeSchema kInlinePolicy{.name = "AWS::SQS::QueueInlinePolicy", .properties = kInlineProperties};

Step put_inline_policy(const Job& job) {
  CHECK(set_policy(job, Value::Array{*job.property("Queue")}, document(*job.property("PolicyDocument"))));
  return done(job.text("Queue"));
}

Step remove_inline_policy(const Job& job) {
  CHECK(set_policy(job, Value::Array{*job.property("Queue")}, ""));
  return done(job.physical_id);
}

}  // namespace

void add_sqs(ProviderSet& providers) {
  add(providers, {&kQueue, create_queue, update_queue, remove_queue});
  add(providers, {&kPolicy, create_policy, update_policy, remove_policy});
  add(providers, {&kInlinePolicy, put_inline_policy, put_inline_policy, remove_inline_policy});
}

}  // namespace cloudformation
