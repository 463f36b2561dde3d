#include "sqs/message.h"

#include <algorithm>
#include <array>

#include "service/row.h"
#include "sqs/faults.h"
#include "wire/digest.h"
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

bool is_group_id(std::string_view text) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  return !text.empty() && text.size() <= kIdMax && std::ranges::all_of(text, printable);
}

base::Outcome<base::Duration> check_delay(const QueueRow& queue, const std::optional<std::int64_t>& seconds) {
  const std::int64_t delay = seconds.value_or(queue.delay_seconds);
  if (delay < 0 || delay > kDelayMax) {
    return invalid_parameter(std::to_string(delay), "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.");
  }
  return std::chrono::seconds(delay);
}

base::Outcome<void> check_ids(const MessageInput& in, Sent how) {
  if (in.group_id && !is_group_id(*in.group_id)) {
    return invalid_parameter(
        *in.group_id, "MessageGroupId",
        "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.");
  }
  if (in.deduplication_id) {
    return invalid_parameter(*in.deduplication_id, "MessageDeduplicationId",
                             how == Sent::Alone
                                 ? "The request includes a parameter that is not valid for this queue type."
                                 : "The request include parameter that is not valid for this queue type.");
  }
  return {};
}

base::Outcome<void> check_body(const QueueRow& queue, const MessageInput& in, Sent how) {
  if (in.body.empty()) return missing_parameter("MessageBody");
  if (message_size(in) > static_cast<std::uint64_t>(queue.maximum_message_size)) {
    return invalid_value(std::string(how == Sent::Alone ? "One or more parameters are invalid."
                                                        : "One or more parameters cannot be validated.") +
                         " Reason: Message must be shorter than " + std::to_string(queue.maximum_message_size) +
                         " bytes.");
  }
  if (!has_valid_characters(in.body))
    return base::fault(faults::InvalidMessageContents, std::string(kInvalidCharacters));
  return {};
}

// Only the trace header exists. `stored` gets it as the digest wants it.
base::Outcome<std::map<std::string, StoredAttribute>> check_system_attributes(const MessageInput& in) {
  std::map<std::string, StoredAttribute> stored;
  if (!in.system_attributes) return stored;
  for (const auto& [name, value] : *in.system_attributes) {
    if (name != kTraceHeader) return invalid_value("Message system attribute name '" + name + "' is invalid.");
    if (value.data_type != "String" || value.string_value.value_or("").empty()) {
      return invalid_value("Message (system) attribute '" + name +
                           "' must contain a non-empty value of type 'String'.");
    }
    stored[name] = {value.data_type, *value.string_value, false};
  }
  return stored;
}

bool wanted(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view pattern) {
    if (pattern == "All" || pattern == ".*" || pattern == "*" || pattern == name) return true;
    return pattern.ends_with(".*") && name.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

std::map<std::string, std::string> system_attributes(const MessageRow& row, const queue::Delivery& delivery,
                                                     const Filter& filter) {
  std::map<std::string, std::string> all = {
      {"SenderId", row.sender_id},
      {"SentTimestamp", std::to_string(base::unix_millis(delivery.header.sent_at))},
      {"ApproximateReceiveCount", std::to_string(delivery.header.deliveries)},
      {"ApproximateFirstReceiveTimestamp", std::to_string(base::unix_millis(delivery.header.first_received_at))},
  };
  if (!row.trace_header.empty()) all[std::string(kTraceHeader)] = row.trace_header;
  if (!row.group_id.empty()) all["MessageGroupId"] = row.group_id;
  const auto& names = filter.system_attributes;
  if (std::ranges::find(names, "All") != names.end()) return all;
  std::erase_if(all, [&](const auto& entry) { return std::ranges::find(names, entry.first) == names.end(); });
  return all;
}

void add_attributes(api::sqs::Message& message, MessageRow& row, const Filter& filter) {
  std::erase_if(row.attributes, [&](const auto& entry) { return !wanted(filter.attributes, entry.first); });
  if (row.attributes.empty()) return;
  // Over what is returned, not over what was sent: AWS does so, and SDKs check it.
  message.md5_of_message_attributes = md5_of_attributes(row.attributes);
  auto& returned = message.message_attributes.emplace();
  for (auto& [name, stored] : row.attributes) {
    api::sqs::MessageAttributeValue value;
    value.data_type = std::move(stored.type);
    (stored.binary ? value.binary_value : value.string_value) = std::move(stored.value);
    returned.emplace(name, std::move(value));
  }
}

}  // namespace

std::string md5_hex(std::string_view text) {
  return wire::to_hex(wire::digest(wire::Algorithm::Md5, text));
}

std::string md5_of_attributes(const std::map<std::string, StoredAttribute>& attributes) {
  if (attributes.empty()) return "";
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
  return md5_hex(bytes);
}

std::uint64_t message_size(const MessageInput& in) {
  std::uint64_t size = in.body.size();
  if (!in.attributes) return size;
  for (const auto& [name, value] : *in.attributes) {
    size += name.size() + value.data_type.size();
    size += value.string_value.value_or("").size() + value.binary_value.value_or("").size();
  }
  return size;
}

base::Outcome<Outgoing> check_message(const QueueRow& queue, const MessageInput& in, Sent how, service::Context& ctx) {
  CHECK(check_body(queue, in, how));
  Outgoing out;
  if (in.attributes) {
    TRY(out.row.attributes, check_attributes(*in.attributes));
  }
  TRY(const auto system, check_system_attributes(in));
  TRY(out.delay, check_delay(queue, in.delay_seconds));
  CHECK(check_ids(in, how));
  out.size = message_size(in);
  out.attributes_md5 = md5_of_attributes(out.row.attributes);
  out.system_attributes_md5 = md5_of_attributes(system);
  const auto trace = system.find(std::string(kTraceHeader));
  out.row.trace_header = trace != system.end() ? trace->second.value : ctx.call.trace_header;
  out.row.group_id = in.group_id.value_or("");
  out.row.body = in.body;
  out.row.body_md5 = md5_hex(in.body);
  out.row.sender_id = ctx.call.account;
  out.row.id = base::uuid(ctx.random);
  return out;
}

std::string encode_payload(const MessageRow& row) {
  return service::row::to_bytes(row);
}

std::optional<api::sqs::Message> to_message(const queue::Delivery& delivery, const Filter& filter) {
  MessageRow row;
  if (!service::row::decode(delivery.payload, row)) return std::nullopt;
  api::sqs::Message message;
  message.message_id = row.id;
  message.receipt_handle = format_receipt(delivery.receipt);
  message.md5_of_body = row.body_md5;
  auto system = system_attributes(row, delivery, filter);
  if (!system.empty()) message.attributes = std::move(system);
  add_attributes(message, row, filter);
  message.body = std::move(row.body);
  return message;
}

bool has_valid_characters(std::string_view text) {
  const auto* next = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = next + text.size();
  while (next != end) {
    const unsigned char lead = *next++;
    if (lead < 0x80) {
      if (lead < 0x20 && lead != 0x9 && lead != 0xa && lead != 0xd) return false;
      continue;
    }
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || end - next < more) return false;
    std::uint32_t point = lead & (0x3f >> more);
    for (int i = 0; i < more; ++i) {
      if ((*next & 0xc0) != 0x80) return false;
      point = point << 6 | (*next++ & 0x3f);
    }
    constexpr std::array<std::uint32_t, 4> kLeast = {0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < kLeast[static_cast<std::size_t>(more)] || surrogate || point > 0x10ffff) return false;
    if (point == 0xfffe || point == 0xffff) return false;
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
