// What the queue engine reads back from disk and from clients: what the log says of messages, receipts; and rows.

#include "fuzz.h"
#include "queue/message.h"
#include "queue/record.h"
#include "service/row.h"
#include "sqs/payload.h"
#include "sqs/rows.h"

namespace {

template <class Row>
void row(std::string_view bytes) {
  Row value;
  if (!service::row::decode(bytes, value)) return;
  const std::string once = service::row::to_bytes(value);
  Row again;
  fuzz::must(service::row::decode(once, again), "what we write, we read");
  fuzz::must(service::row::to_bytes(again) == once, "a row comes back the same");
}

template <class T>
void comes_back(std::string_view bytes, const char* law) {
  T value;
  if (!queue::decode(bytes, value)) return;
  T again;
  fuzz::must(queue::decode(queue::encode(value), again) && again == value, law);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text(data, size);
  queue::Receipt receipt;
  if (queue::decode(bytes, receipt)) fuzz::must(queue::encode(receipt) == bytes, "a receipt has one form");
  comes_back<queue::Meta>(bytes, "the log's word on a message comes back the same");
  comes_back<queue::Remains>(bytes, "remains come back the same");
  static_cast<void>(queue::is_remains(bytes));
  queue::Facts facts;
  if (queue::unpack(bytes, facts)) {
    queue::Facts again;
    fuzz::must(queue::unpack(queue::pack(facts), again) && again == facts, "facts come back the same");
  }
  if (const auto payload = sqs::decode_payload(bytes)) {
    const std::string once = sqs::encode_payload(payload->payload, payload->attributes);
    const auto again = sqs::decode_payload(once);
    fuzz::must(again && sqs::encode_payload(again->payload, again->attributes) == once, "a payload comes back the same");
  }
  row<sqs::QueueRow>(bytes);
  std::string_view rest = bytes;
  base::Value value;
  static_cast<void>(service::row::decode_value(rest, value));
  return 0;
}
