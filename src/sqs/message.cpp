#include "sqs/message.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/ensure.h"
#include "sqs/batch.h"
#include "sqs/faults.h"
#include "sqs/payload.h"
#include "wire/digest.h"
#include "wire/md5_many.h"
#include "wire/plain_text.h"
#include "wire/text.h"

namespace sqs {
namespace {

constexpr std::int64_t kDelayMax = 900;
constexpr std::size_t kIdMax = 128;  // group and deduplication ids
constexpr std::string_view kTraceHeader = "AWSTraceHeader";
constexpr std::string_view kInvalidCharacters =
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | "
    "#x10000 to #x10FFFF";

void put_length(std::string& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(length >> shift));
}

std::string to_hex(const wire::Md5Bytes& digest) {
  return wire::to_hex({digest.data(), digest.size()});
}

// What the digest of attributes is made of: in the order of their names' bytes (developer guide, "Amazon SQS message
// attributes").
std::string digested(const std::map<std::string, StoredAttribute>& attributes) {
  std::string bytes;
  for (const auto& [name, attribute] : attributes) {
    put_length(bytes, name.size());
    bytes += name;
    put_length(bytes, attribute.type.size());
    bytes += attribute.type;
    bytes.push_back(attribute.binary ? 2 : 1);
    put_length(bytes, attribute.value.size());
    bytes += attribute.value;
  }
  return bytes;
}

// A FIFO queue has one delay for all its messages; the engine knows it.
base::Outcome<base::Duration> check_delay(const QueueRow& queue, const std::optional<std::int64_t>& seconds) {
  const std::int64_t delay = seconds.value_or(queue.fifo ? 0 : queue.delay_seconds);
  if (delay < 0 || delay > kDelayMax) {
    return invalid_parameter(std::to_string(delay), "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.");
  }
  if (queue.fifo && delay > 0) {
    return invalid_parameter(std::to_string(delay), "DelaySeconds",
                             "The request include parameter that is not valid for this queue type.");
  }
  return std::chrono::seconds(delay);
}

base::Outcome<void> check_ids(const QueueRow& queue, const MessageInput& in, How how) {
  if (in.group_id) CHECK(check_id(*in.group_id, "MessageGroupId"));
  if (!in.deduplication_id) return {};
  if (queue.fifo) return check_id(*in.deduplication_id, "MessageDeduplicationId");
  return invalid_parameter(*in.deduplication_id, "MessageDeduplicationId",
                           how == How::Alone ? "The request includes a parameter that is not valid for this queue type."
                                             : "The request include parameter that is not valid for this queue type.");
}

// A deduplication id given, else the digest of the body (facts, A10).
std::string dedup_id_of(const QueueRow& queue, const MessageInput& in) {
  if (!queue.fifo) return "";
  return in.deduplication_id ? *in.deduplication_id : wire::sha256_hex(in.body);
}

base::Outcome<void> check_body(const QueueRow& queue, const MessageInput& in, How how) {
  if (in.body.empty()) return missing_parameter("MessageBody");
  if (message_size(in) > static_cast<std::uint64_t>(queue.maximum_message_size)) {
    return invalid_value(std::string(how == How::Alone ? "One or more parameters are invalid."
                                                       : "One or more parameters cannot be validated.") +
                         " Reason: Message must be shorter than " + std::to_string(queue.maximum_message_size) +
                         " bytes.");
  }
  if (!has_valid_characters(in.body))
    return base::fault(faults::InvalidMessageContents, std::string(kInvalidCharacters));
  return {};
}

// Only the trace header exists. `stored` gets it as the digest wants it.
base::Outcome<std::map<std::string, StoredAttribute>> check_system_attributes(
    const std::map<std::string, api::sqs::MessageSystemAttributeValue>& attributes) {
  std::map<std::string, StoredAttribute> stored;
  for (const auto& [name, value] : attributes) {
    if (name != kTraceHeader) return invalid_value("Message system attribute name '" + name + "' is invalid.");
    if (value.data_type != "String" || value.string_value.value_or("").empty()) {
      return invalid_value("Message (system) attribute '" + name +
                           "' must contain a non-empty value of type 'String'.");
    }
    stored[name] = {value.data_type, *value.string_value, false};
  }
  return stored;
}

// Takes one character off; false when it is none, or not one that XML 1.0 may hold.
bool take_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (length == 1) {
    text.remove_prefix(1);
    return lead >= 0x20 || lead == 0x9 || lead == 0xa || lead == 0xd;
  }
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return false;
  std::uint32_t point = lead & (0x7fu >> length);
  for (const char c : text.substr(1, length - 1)) {
    if ((c & 0xc0) != 0x80) return false;
    point = point << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  }
  text.remove_prefix(length);
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};  // shorter forms are not UTF-8
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return point >= kLeast[length] && !surrogate && point <= 0x10ffff && point != 0xfffe && point != 0xffff;
}

bool wanted(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view pattern) {
    if (pattern == "All" || pattern == ".*" || pattern == "*" || pattern == name) return true;
    return pattern.ends_with(".*") && name.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

bool wants(const Filter& filter, std::string_view name) {
  return std::ranges::any_of(filter.system_attributes,
                             [&](std::string_view one) { return one == name || one == "All"; });
}

// What is asked for and there is.
std::map<std::string, std::string> system_attributes(const QueueRow& queue, const Payload& payload,
                                                     const queue::Delivery& delivery, const Filter& filter,
                                                     std::string source_arn) {
  std::map<std::string, std::string> found;
  const auto add = [&](const char* name, auto value) {
    if (wants(filter, name)) found.emplace(name, value());
  };
  const queue::Header& header = delivery.header;
  const queue::Facts& facts = delivery.facts;
  add("SenderId", [&] { return std::string(payload.sender_id); });
  add("SentTimestamp", [&] { return std::to_string(base::unix_millis(header.sent_at)); });
  add("ApproximateReceiveCount", [&] { return std::to_string(header.deliveries); });
  add("ApproximateFirstReceiveTimestamp", [&] { return std::to_string(base::unix_millis(header.first_received_at)); });
  if (!payload.trace_header.empty()) add("AWSTraceHeader", [&] { return std::string(payload.trace_header); });
  if (!facts.group.empty()) add("MessageGroupId", [&] { return facts.group; });
  if (!source_arn.empty()) add("DeadLetterQueueSourceArn", [&] { return std::move(source_arn); });
  if (!queue.fifo) return found;
  add("SequenceNumber", [&] { return format_sequence(delivery.receipt.message); });
  add("MessageDeduplicationId", [&] { return facts.dedup_id; });
  return found;
}

void add_attributes(api::sqs::Message& message, std::map<std::string, StoredAttribute>& attributes,
                    const Filter& filter) {
  std::erase_if(attributes, [&](const auto& entry) { return !wanted(filter.attributes, entry.first); });
  if (attributes.empty()) return;
  // Over what is returned, not over what was sent: AWS does so, and SDKs check it.
  message.md5_of_message_attributes = to_hex(wire::md5(digested(attributes)));
  auto& returned = message.message_attributes.emplace();
  for (auto& [name, stored] : attributes) {
    api::sqs::MessageAttributeValue value;
    value.data_type = std::move(stored.type);
    (stored.binary ? value.binary_value : value.string_value) = std::move(stored.value);
    returned.emplace(name, std::move(value));
  }
}

}  // namespace

std::uint64_t message_size(const MessageInput& in) {
  std::uint64_t size = in.body.size();
  if (!in.attributes) return size;
  for (const auto& [name, value] : *in.attributes) {
    size += name.size() + value.data_type.size();
    if (value.string_value) size += value.string_value->size();
    if (value.binary_value) size += value.binary_value->size();
  }
  return size;
}

base::Outcome<void> check_id(const std::string& text, std::string_view name) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (!text.empty() && text.size() <= kIdMax && std::ranges::all_of(text, printable)) return {};
  return invalid_parameter(
      text, name, std::string(name) + " can only include alphanumeric and punctuation characters. 1 to 128 in length.");
}

base::Outcome<void> check_required_ids(const QueueRow& queue, const MessageInput& in, How how) {
  if (!queue.fifo) return {};
  if (!in.group_id) {
    if (how == How::Alone) return missing_parameter("MessageGroupId");
    return invalid_value("The request must contain the parameter MessageGroupId.");
  }
  if (in.deduplication_id || queue.content_dedup) return {};
  return invalid_value(
      "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
}

base::Outcome<void> check_message(const QueueRow& queue, const MessageInput& in, How how, service::Context& ctx,
                                  Outgoing& out) {
  CHECK(check_body(queue, in, how));
  if (in.attributes) {
    TRY(out.attributes, check_attributes(*in.attributes));
  }
  if (in.system_attributes) {
    TRY(out.system_attributes, check_system_attributes(*in.system_attributes));
  }
  TRY(out.message.delay, check_delay(queue, in.delay_seconds));
  CHECK(check_ids(queue, in, how));
  out.body = in.body;
  out.size = message_size(in);
  const auto trace = out.system_attributes.find(std::string(kTraceHeader));
  out.trace_header = trace != out.system_attributes.end() ? trace->second.value : ctx.call.trace_header;
  out.message.group = in.group_id.value_or("");
  out.message.dedup_id = dedup_id_of(queue, in);
  out.message.tag = new_message_id(ctx.random);
  return {};
}

void seal(std::span<Outgoing> messages, std::string_view sender) {
  ENSURE(messages.size() <= kBatchMax);
  struct Wanted {
    std::string bytes;
    std::string* digest;
  };
  std::vector<Wanted> of_attributes;
  std::array<std::string_view, 3 * kBatchMax> texts;
  std::array<wire::Md5Bytes, 3 * kBatchMax> digests;
  std::size_t count = 0;
  for (Outgoing& message : messages) {
    texts[count++] = message.body;
    if (!message.attributes.empty()) of_attributes.push_back({digested(message.attributes), &message.attributes_md5});
    if (message.system_attributes.empty()) continue;
    of_attributes.push_back({digested(message.system_attributes), &message.system_attributes_md5});
  }
  for (const Wanted& wanted : of_attributes) texts[count++] = wanted.bytes;
  wire::md5_many(std::span(texts).first(count), digests);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Outgoing& message = messages[i];
    message.body_md5 = to_hex(digests[i]);
    const std::string_view raw(digests[i].data(), digests[i].size());
    message.message.payload = encode_payload({message.body, raw, sender, message.trace_header}, message.attributes);
  }
  for (std::size_t i = 0; i < of_attributes.size(); ++i)
    *of_attributes[i].digest = to_hex(digests[messages.size() + i]);
}

std::string new_message_id(base::Random& random) {
  const std::array<std::uint64_t, 2> drawn = {random.next(), random.next()};
  return wire::to_uuid(std::bit_cast<std::array<unsigned char, 16>>(drawn));
}

std::string format_sequence(queue::Sequence number) {
  constexpr queue::Sequence kFirst = 10'000'000'000'000'000'000u;  // 20 digits from the first one on
  return std::to_string(kFirst + number);
}

bool to_message(const QueueRow& queue, queue::Delivery&& delivery, const Filter& filter, std::string source_arn,
                api::sqs::Message& message) {
  auto decoded = decode_payload(delivery.payload);
  if (!decoded) return false;
  message.message_id = std::move(delivery.facts.tag);
  message.receipt_handle = format_receipt(delivery.receipt);
  message.md5_of_body = wire::to_hex(decoded->payload.body_md5);
  auto system = system_attributes(queue, decoded->payload, delivery, filter, std::move(source_arn));
  if (!system.empty()) message.attributes = std::move(system);
  add_attributes(message, decoded->attributes, filter);
  // The body ends the payload: what is before it is cut off, in place.
  message.body = std::move(delivery.payload.erase(0, delivery.payload.size() - decoded->payload.body.size()));
  return true;
}

bool has_valid_characters(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(wire::plain_prefix(text));
    if (!text.empty() && !take_character(text)) return false;
  }
  return true;
}

std::string format_receipt(const queue::Receipt& receipt) {
  return wire::to_base64(queue::encode(receipt));
}

base::Outcome<queue::Receipt> parse_receipt(const QueueRow& queue, const std::string& handle) {
  if (handle.empty()) return missing_parameter("ReceiptHandle");
  queue::Receipt receipt;
  const auto bytes = wire::from_base64(handle);
  if (!bytes || !queue::decode(*bytes, receipt)) {
    return base::fault(faults::ReceiptHandleIsInvalid,
                       "The input receipt handle \"" + handle + "\" is not a valid receipt handle.");
  }
  if (receipt.queue != queue.id) {
    return base::fault(faults::ReceiptHandleIsInvalid,
                       "The receipt handle \"" + handle + "\" is not valid for this queue.");
  }
  return receipt;
}

}  // namespace sqs
