#include "sqs/attributes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sqs/faults.h"
#include "sqs/queue_url.h"
#include "wire/json.h"

namespace sqs {
namespace {

constexpr std::size_t kPolicyMax = 8'192;  // bytes

struct NumberAttribute {
  std::string_view name;
  std::int64_t QueueRow::* field;
  std::int64_t min;
  std::int64_t max;
};
constexpr std::array kNumbers = {
    NumberAttribute{"DelaySeconds", &QueueRow::delay_seconds, 0, 900},
    NumberAttribute{"KmsDataKeyReusePeriodSeconds", &QueueRow::kms_reuse_seconds, 60, 86'400},
    NumberAttribute{"MaximumMessageSize", &QueueRow::maximum_message_size, 1'024, kMessageSizeMax},
    NumberAttribute{"MessageRetentionPeriod", &QueueRow::retention_seconds, 60, 1'209'600},
    NumberAttribute{"ReceiveMessageWaitTimeSeconds", &QueueRow::wait_seconds, 0, 20},
    NumberAttribute{"VisibilityTimeout", &QueueRow::visibility_seconds, 0, 43'200},
};
constexpr std::array<std::string_view, 16> kOthers = {
    "All",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "ContentBasedDeduplication",
    "CreatedTimestamp",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsMasterKeyId",
    "LastModifiedTimestamp",
    "Policy",
    "QueueArn",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
};

const NumberAttribute* find_number(std::string_view name) {
  const auto found = std::ranges::find(kNumbers, name, &NumberAttribute::name);
  return found == kNumbers.end() ? nullptr : &*found;
}

std::unexpected<base::Fault> bad_value(std::string_view name) {
  return base::fault(faults::InvalidAttributeValue, "Invalid value for the parameter " + std::string(name) + ".");
}

std::unexpected<base::Fault> unknown(std::string_view name) {
  return base::fault(faults::InvalidAttributeName, "Unknown Attribute " + std::string(name) + ".");
}

base::Outcome<void> set_number(QueueRow& row, const NumberAttribute& attribute, std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!good || number < attribute.min || number > attribute.max) return bad_value(attribute.name);
  row.*attribute.field = number;
  return {};
}

// Stored and returned; IAM policies are not enforced on queues.
base::Outcome<void> set_policy(QueueRow& row, const std::string& text) {
  if (!text.empty()) {
    const auto document = wire::parse_json(text);
    if (!document || !document->is_object() || text.size() > kPolicyMax) return bad_value("Policy");
  }
  row.policy = text;
  return {};
}

base::Outcome<void> set_managed_sse(QueueRow& row, const std::string& text) {
  if (text != "true" && text != "false") return bad_value("SqsManagedSseEnabled");
  row.managed_sse = text == "true";
  return {};
}

base::Outcome<void> set_redrive(const std::string& name, const std::string& text) {
  if (text.empty()) return {};  // removes what is not there
  return not_supported("The attribute " + name + " (dead-letter queues) is");
}

base::Outcome<void> set_one(QueueRow& row, const std::string& name, const std::string& text) {
  if (const NumberAttribute* number = find_number(name)) return set_number(row, *number, text);
  if (name == "Policy") return set_policy(row, text);
  if (name == "SqsManagedSseEnabled") return set_managed_sse(row, text);
  if (name == "RedrivePolicy" || name == "RedriveAllowPolicy") return set_redrive(name, text);
  if (name == "KmsMasterKeyId") {
    row.kms_key_id = text;
    row.managed_sse = false;  // and it stays off when the key is removed
    return {};
  }
  if (name == "DeduplicationScope" || name == "FifoThroughputLimit") {
    return base::fault(faults::InvalidAttributeName,
                       "You can specify the DeduplicationScope only when FifoQueue is set to true.");
  }
  return unknown(name);
}

}  // namespace

base::Outcome<void> set_attributes(QueueRow& row, const std::map<std::string, std::string>& attributes) {
  const auto key = attributes.find("KmsMasterKeyId");
  const auto managed = attributes.find("SqsManagedSseEnabled");
  if (key != attributes.end() && !key->second.empty() && managed != attributes.end() && managed->second == "true") {
    return base::fault(faults::InvalidAttributeName,
                       "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS "
                       "SSE or SQS SSE.");
  }
  for (const auto& [name, text] : attributes) CHECK(set_one(row, name, text));
  return {};
}

std::optional<std::string> attribute(const QueueRow& row, std::string_view name) {
  const auto unless_empty = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
  };
  if (name == "KmsDataKeyReusePeriodSeconds" && row.kms_key_id.empty()) return std::nullopt;
  if (const NumberAttribute* number = find_number(name)) return std::to_string(row.*(number->field));
  if (name == "Policy") return unless_empty(row.policy);
  if (name == "KmsMasterKeyId") return unless_empty(row.kms_key_id);
  if (name == "SqsManagedSseEnabled") return row.managed_sse ? "true" : "false";
  return std::nullopt;
}

std::map<std::string, std::string> all_attributes(const QueueRow& row, const queue::Counts& counts) {
  std::map<std::string, std::string> all;
  const auto add = [&](std::string_view name) {
    if (auto value = attribute(row, name)) all.emplace(name, std::move(*value));
  };
  for (const NumberAttribute& number : kNumbers) add(number.name);
  for (const std::string_view name : kOthers) add(name);
  all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
  all["CreatedTimestamp"] = std::to_string(base::unix_seconds(row.created_at));
  all["LastModifiedTimestamp"] = std::to_string(base::unix_seconds(row.modified_at));
  all["QueueArn"] = queue_arn(row);
  return all;
}

bool is_attribute_name(std::string_view name) {
  return find_number(name) != nullptr || std::ranges::find(kOthers, name) != kOthers.end();
}

}  // namespace sqs
