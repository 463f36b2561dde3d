#include "sqs/redrive.h"

#include <algorithm>
#include <optional>

#include "base/value.h"
#include "sqs/faults.h"
#include "sqs/queue_url.h"
#include "wire/json.h"
#include "wire/text.h"

namespace sqs {
namespace {

using base::Value;

constexpr std::int64_t kReceivesMax = 1'000;
constexpr std::size_t kSourcesMax = 10;
constexpr std::string_view kMaxReceiveCount = "maxReceiveCount";
constexpr std::string_view kTargetArn = "deadLetterTargetArn";
constexpr std::string_view kPermission = "redrivePermission";
constexpr std::string_view kSources = "sourceQueueArns";

std::unexpected<base::Fault> bad_redrive(const std::string& text, std::string_view reason) {
  return invalid_parameter(text, "RedrivePolicy", reason);
}
std::unexpected<base::Fault> bad_allow(const std::string& text, std::string_view reason) {
  return invalid_parameter(text, "RedriveAllowPolicy",
                           "Amazon SQS can\u2019t create the redrive allow policy. " + std::string(reason));
}
std::unexpected<base::Fault> bad_allow_format() {
  return base::fault(faults::InvalidAttributeValue,
                     "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can\u2019t create the "
                     "redrive allow policy, as it\u2019s in an unsupported format.");
}

// SDKs and templates write the count as a number or as a string of digits.
std::optional<std::int64_t> count_in(const Value& value) {
  if (value.is_integer()) return value.as_integer();
  return value.is_string() ? wire::parse_integer(value.as_string()) : std::nullopt;
}

base::Outcome<std::int64_t> read_count(const std::string& text, const Value& value) {
  const auto count = count_in(value);
  if (count && *count >= 1 && *count <= kReceivesMax) return *count;
  return bad_redrive(text, "Invalid value for maxReceiveCount: " + value.to_text() +
                               ", valid values are from 1 to 1000 both inclusive.");
}

base::Outcome<std::string> read_target(const std::string& text, const QueueRow& row, const Value& value) {
  const auto arn = value.is_string() ? parse_arn(value.as_string()) : std::nullopt;
  if (!arn) return bad_redrive(text, "Dead-letter target ARN should be fully qualified ARN.");
  if (arn->service != "sqs") {
    return bad_redrive(text, "Only SQS queues are valid resources for deadLetterTargetArn.");
  }
  if (arn->account != row.account) {
    return bad_redrive(text, "Dead-letter target owner should be same as the source.");
  }
  return value.as_string();
}

base::Outcome<std::vector<std::string>> read_sources(const std::string& text, const Value& list) {
  if (!list.is_array()) return bad_allow_format();
  std::vector<std::string> arns;
  for (const Value& item : list.as_array()) {
    const auto arn = item.is_string() ? parse_arn(item.as_string()) : std::nullopt;
    if (!arn || arn->service != "sqs") return bad_allow_format();
    arns.push_back(item.as_string());
  }
  if (arns.size() > kSourcesMax) {
    return bad_allow(text, "The maximum number of source queue ARNs you can specify is 10.");
  }
  return arns;
}

std::optional<RedrivePermission> permission_of(const Value& value) {
  if (!value.is_string()) return std::nullopt;
  if (value.as_string() == "allowAll") return RedrivePermission::AllowAll;
  if (value.as_string() == "denyAll") return RedrivePermission::DenyAll;
  if (value.as_string() == "byQueue") return RedrivePermission::ByQueue;
  return std::nullopt;
}

bool allows(const QueueRow& target, const std::string& source_arn) {
  if (target.redrive_permission == RedrivePermission::AllowAll) return true;
  return std::ranges::find(target.redrive_sources, source_arn) != target.redrive_sources.end();
}

}  // namespace

base::Outcome<void> set_redrive_policy(QueueRow& row, const std::string& text) {
  if (text.empty()) {
    row.redrive_policy = row.dead_letter_arn = "";
    row.max_receive_count = 0;
    return {};
  }
  const auto policy = wire::parse_json(text);
  if (!policy || !policy->is_object()) {
    return base::fault(faults::InvalidAttributeValue,
                       "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON "
                       "map.");
  }
  for (const auto& [name, value] : policy->as_object()) {
    if (name == kMaxReceiveCount || name == kTargetArn) continue;
    return bad_redrive(text, "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].");
  }
  const Value* count = policy->find(kMaxReceiveCount);
  const Value* target = policy->find(kTargetArn);
  if (count == nullptr)
    return bad_redrive(text, "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  if (target == nullptr) {
    return bad_redrive(text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  }
  TRY(row.max_receive_count, read_count(text, *count));
  TRY(row.dead_letter_arn, read_target(text, row, *target));
  row.redrive_policy = text;
  return {};
}

base::Outcome<void> set_redrive_allow_policy(QueueRow& row, const std::string& text) {
  row.redrive_allow_policy = text;
  row.redrive_permission = RedrivePermission::AllowAll;
  row.redrive_sources.clear();
  if (text.empty()) return {};
  const auto policy = wire::parse_json(text);
  if (!policy || !policy->is_object()) return bad_allow_format();
  const Value* permission = policy->find(kPermission);
  const Value* sources = policy->find(kSources);
  const auto known = permission == nullptr ? std::nullopt : permission_of(*permission);
  if (!known || policy->as_object().size() > (sources == nullptr ? 1u : 2u)) return bad_allow_format();
  row.redrive_permission = *known;
  if (sources != nullptr) {
    TRY(row.redrive_sources, read_sources(text, *sources));
  }
  const bool by_queue = *known == RedrivePermission::ByQueue;
  if (by_queue && row.redrive_sources.empty()) {
    return bad_allow(text,
                     "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns "
                     "values.");
  }
  if (!by_queue && !row.redrive_sources.empty()) {
    return bad_allow(text, "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
  }
  return {};
}

base::Outcome<void> check_target(const State& state, const QueueRow& row) {
  const QueueRow* target = find_by_arn(state, row.dead_letter_arn);
  // Another region's queue is not there for this one.
  if (target == nullptr || target->region != row.region) {
    return bad_redrive(row.redrive_policy, "Dead letter target does not exist.");
  }
  if (queue_key(*target) == queue_key(row)) {
    return bad_redrive(row.redrive_policy, "A queue can't be its own dead-letter queue.");
  }
  if (target->fifo != row.fifo) {
    return bad_redrive(row.redrive_policy, "Dead-letter queue must be same type of queue as the source..");
  }
  if (!allows(*target, queue_arn(row))) {
    return bad_redrive(row.redrive_policy, "The dead-letter target's redrive allow policy does not allow this source.");
  }
  return {};
}

queue::Traits traits_of(const State& state, const QueueRow& row) {
  queue::Traits traits;
  traits.fifo = row.fifo;
  traits.dedup_per_group = row.dedup_per_group;
  traits.retention = std::chrono::seconds(row.retention_seconds);
  traits.delay = std::chrono::seconds(row.delay_seconds);
  if (row.dead_letter_arn.empty()) return traits;
  if (const QueueRow* target = find_by_arn(state, row.dead_letter_arn)) {
    traits.redrive = {target->id, static_cast<std::uint32_t>(row.max_receive_count)};
  }
  return traits;
}

void relink_sources(State& state, service::Change& change, const std::string& arn) {
  const auto sources = state.sources.find(arn);
  if (sources == state.sources.end()) return;
  for (const std::string& key : sources->second) {
    const QueueRow& source = *state.queues.find(key);
    state.engine.reshape(change, source.id, traits_of(state, source));
  }
}

}  // namespace sqs
