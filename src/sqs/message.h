#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/sqs/types.h"
#include "base/fault.h"
#include "queue/message.h"
#include "service/context.h"
#include "sqs/rows.h"

namespace sqs {

// What SendMessage and an entry of SendMessageBatch have in common.
struct MessageInput {
  const std::string& body;
  const std::optional<std::map<std::string, api::sqs::MessageAttributeValue>>& attributes;
  const std::optional<std::map<std::string, api::sqs::MessageSystemAttributeValue>>& system_attributes;
  const std::optional<std::int64_t>& delay_seconds;
  const std::optional<std::string>& group_id;
  const std::optional<std::string>& deduplication_id;
};

template <class In>
MessageInput message_input(const In& in) {
  return {in.message_body,  in.message_attributes, in.message_system_attributes,
          in.delay_seconds, in.message_group_id,   in.message_deduplication_id};
}

// Some texts differ inside a batch.
enum class How : std::uint8_t { Alone, InBatch };

// A message that may be sent.
struct Outgoing {
  queue::Outgoing message;
  std::string_view body;  // the caller's
  std::map<std::string, StoredAttribute> attributes;
  std::map<std::string, StoredAttribute> system_attributes;
  std::string trace_header;
  std::uint64_t size = 0;  // bytes, as SQS counts them
  // What seal() adds, with the payload of `message`.
  std::string body_md5;               // hex, as the others
  std::string attributes_md5;         // "" without attributes
  std::string system_attributes_md5;  // the same
};

// Bytes of the body, and of name, type and value of each attribute. System attributes are free.
std::uint64_t message_size(const MessageInput& in);

// Fills `out`, whose body is that of `in`.
base::Outcome<void> check_message(const QueueRow& queue, const MessageInput& in, How how, service::Context& ctx,
                                  Outgoing& out);
// Makes digests and payloads of messages that were checked: of a whole batch at once, as the digests of many cost
// little more than one.
void seal(std::span<Outgoing> messages, std::string_view sender);

// The ids that a FIFO queue needs. One that is missing fails a whole batch, where a bad one fails its entry (facts,
// A4).
base::Outcome<void> check_required_ids(const QueueRow& queue, const MessageInput& in, How how);

// A UUID, like base::uuid() but from two numbers: one is made for every message.
std::string new_message_id(base::Random& random);
// 20 digits, the more the later.
std::string format_sequence(queue::Sequence number);

// Checks user attributes; keeps type and value.
base::Outcome<std::map<std::string, StoredAttribute>> check_attributes(
    const std::map<std::string, api::sqs::MessageAttributeValue>& attributes);

// Which parts of a message a ReceiveMessage asked for.
struct Filter {
  std::vector<std::string> attributes;  // user attributes: names, "prefix.*", "All", ".*"
  std::vector<std::string> system_attributes;
};

// Fills a new `message`; takes what `delivery` has. False when the payload is none. `source_arn` is that of the queue
// from which the message was dead-lettered, or "".
bool to_message(const QueueRow& queue, queue::Delivery&& delivery, const Filter& filter, std::string source_arn,
                api::sqs::Message& message);

// XML 1.0 characters in UTF-8: what a message may hold.
bool has_valid_characters(std::string_view text);

// "Value X for parameter NAME is invalid…" unless the text is 1 to 128 letters, digits and punctuation: what group,
// deduplication and attempt ids are made of.
base::Outcome<void> check_id(const std::string& text, std::string_view name);

// Receipt handles.
std::string format_receipt(const queue::Receipt& receipt);
base::Outcome<queue::Receipt> parse_receipt(const QueueRow& queue, const std::string& handle);

}  // namespace sqs
