#include "sqs/attributes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sqs/faults.h"
#include "sqs/policy.h"
#include "sqs/queue_url.h"
#include "sqs/redrive.h"
#include "wire/json.h"

namespace sqs {
namespace {

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
constexpr std::array<std::string_view, 4> kFifo = {
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
};
constexpr std::array<std::string_view, 12> kOthers = {
    "All",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
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

std::optional<bool> flag_in(std::string_view text) {
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  return std::nullopt;
}

base::Outcome<void> set_policy(QueueRow& row, const std::string& text) {
  if (!text.empty()) CHECK(check_policy(text));
  row.policy = text;
  return {};
}

// One of two words; the second one sets the flag.
base::Outcome<void> set_choice(bool& flag, std::string_view name, std::string_view text, std::string_view off,
                               std::string_view on) {
  if (text != off && text != on) return bad_value(name);
  flag = text == on;
  return {};
}

base::Outcome<void> set_flag(bool& flag, std::string_view name, std::string_view text) {
  const auto value = flag_in(text);
  if (!value) return bad_value(name);
  flag = *value;
  return {};
}

base::Outcome<void> confirm_fifo(const std::string& text) {
  const auto value = flag_in(text);
  if (!value) return bad_value("FifoQueue");
  if (*value) return {};
  return base::fault(faults::InvalidAttributeValue,
                     "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.");
}

bool is_fifo_attribute(std::string_view name) {
  return std::ranges::find(kFifo, name) != kFifo.end();
}

base::Outcome<void> set_fifo_attribute(QueueRow& row, const std::string& name, const std::string& text) {
  if (!row.fifo && name != "DeduplicationScope" && name != "FifoThroughputLimit") return unknown(name);
  if (!row.fifo) {
    return base::fault(faults::InvalidAttributeName,
                       "You can specify the DeduplicationScope only when FifoQueue is set to true.");
  }
  if (name == "FifoQueue") return confirm_fifo(text);
  if (name == "ContentBasedDeduplication") return set_flag(row.content_dedup, name, text);
  if (name == "DeduplicationScope") return set_choice(row.dedup_per_group, name, text, "queue", "messageGroup");
  return set_choice(row.throughput_per_group, name, text, "perQueue", "perMessageGroupId");
}

base::Outcome<void> set_one(QueueRow& row, const std::string& name, const std::string& text) {
  if (const NumberAttribute* number = find_number(name)) return set_number(row, *number, text);
  if (is_fifo_attribute(name)) return set_fifo_attribute(row, name, text);
  if (name == "Policy") return set_policy(row, text);
  if (name == "SqsManagedSseEnabled") return set_flag(row.managed_sse, name, text);
  if (name == "RedrivePolicy") return set_redrive_policy(row, text);
  if (name == "RedriveAllowPolicy") return set_redrive_allow_policy(row, text);
  if (name == "KmsMasterKeyId") {
    row.kms_key_id = text;
    row.managed_sse = false;  // and it stays off when the key is removed
    return {};
  }
  return unknown(name);
}

// High throughput needs both settings (developer guide, "High throughput for FIFO queues").
base::Outcome<void> check_throughput(const QueueRow& row) {
  if (!row.throughput_per_group || row.dedup_per_group) return {};
  return base::fault(faults::InvalidAttributeValue,
                     "The perMessageGroupId value is allowed only when the value for DeduplicationScope is "
                     "messageGroup");
}

std::optional<std::string> fifo_attribute(const QueueRow& row, std::string_view name) {
  if (!row.fifo) return std::nullopt;
  if (name == "FifoQueue") return "true";
  if (name == "ContentBasedDeduplication") return row.content_dedup ? "true" : "false";
  if (name == "DeduplicationScope") return row.dedup_per_group ? "messageGroup" : "queue";
  return row.throughput_per_group ? "perMessageGroupId" : "perQueue";
}

// The same JSON may be written in many ways.
bool means_the_same(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto x = wire::parse_json(a);
  const auto y = wire::parse_json(b);
  return x && y && *x == *y;
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
  return check_throughput(row);
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
  if (name == "RedrivePolicy") return unless_empty(row.redrive_policy);
  if (name == "RedriveAllowPolicy") return unless_empty(row.redrive_allow_policy);
  if (is_fifo_attribute(name)) return fifo_attribute(row, name);
  return std::nullopt;
}

bool same_attribute(const QueueRow& a, const QueueRow& b, std::string_view name) {
  if (name == "RedrivePolicy") {
    return a.dead_letter_arn == b.dead_letter_arn && a.max_receive_count == b.max_receive_count;
  }
  return means_the_same(attribute(a, name).value_or(""), attribute(b, name).value_or(""));
}

std::map<std::string, std::string> all_attributes(const QueueRow& row, const queue::Counts& counts) {
  std::map<std::string, std::string> all;
  const auto add = [&](std::string_view name) {
    if (auto value = attribute(row, name)) all.emplace(name, std::move(*value));
  };
  for (const NumberAttribute& number : kNumbers) add(number.name);
  for (const std::string_view name : kOthers) add(name);
  for (const std::string_view name : kFifo) add(name);
  all["ApproximateNumberOfMessages"] = std::to_string(counts.visible);
  all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(counts.in_flight);
  all["ApproximateNumberOfMessagesDelayed"] = std::to_string(counts.delayed);
  all["CreatedTimestamp"] = std::to_string(base::unix_seconds(row.created_at));
  all["LastModifiedTimestamp"] = std::to_string(base::unix_seconds(row.modified_at));
  all["QueueArn"] = queue_arn(row);
  return all;
}

bool is_attribute_name(std::string_view name) {
  return find_number(name) != nullptr || is_fifo_attribute(name) || std::ranges::find(kOthers, name) != kOthers.end();
}

}  // namespace sqs
