#include "queue/message.h"

#include "service/row.h"

namespace queue {
namespace {

constexpr char kHeaderVersion = 1;
constexpr char kReceiptVersion = 1;
constexpr std::size_t kReceiptSize = 1 + 8 + 8 + 4 + 8 + 4;

template <class Number>
void put_fixed(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(number >> shift));
  }
}

template <class Number>
Number take_fixed(std::string_view& in) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    number = static_cast<Number>(number << 8 | static_cast<unsigned char>(in[i]));
  }
  in.remove_prefix(sizeof(Number));
  return number;
}

// FNV-1a, folded. Not a defence against forgers: it only tells typing errors and foreign tokens apart.
std::uint32_t check_sum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

void put_time(std::string& out, base::TimePoint at) {
  service::row::put_varint(out, service::row::zigzag(at.time_since_epoch().count()));
}

bool take_time(std::string_view& in, base::TimePoint& at) {
  std::uint64_t number = 0;
  if (!service::row::take_varint(in, number)) return false;
  at = base::TimePoint(base::Duration(service::row::unzigzag(number)));
  return true;
}

}  // namespace

std::string queue_key(QueueId queue) {
  std::string key;
  put_fixed(key, queue);
  return key;
}

std::string message_key(QueueId queue, Sequence message) {
  std::string key;
  put_fixed(key, queue);
  put_fixed(key, message);
  return key;
}

bool parse_queue_key(std::string_view key, QueueId& queue) {
  if (key.size() != 8) return false;
  queue = take_fixed<QueueId>(key);
  return true;
}

bool parse_message_key(std::string_view key, QueueId& queue, Sequence& message) {
  if (key.size() != 16) return false;
  queue = take_fixed<QueueId>(key);
  message = take_fixed<Sequence>(key);
  return true;
}

std::string encode(const Header& header) {
  std::string out(1, kHeaderVersion);
  put_time(out, header.sent_at);
  put_time(out, header.available_at);
  put_time(out, header.visible_at);
  put_time(out, header.first_received_at);
  put_time(out, header.received_at);
  service::row::put_varint(out, header.deliveries);
  return out;
}

bool decode(std::string_view bytes, Header& header) {
  if (bytes.empty() || bytes.front() != kHeaderVersion) return false;
  bytes.remove_prefix(1);
  std::uint64_t deliveries = 0;
  if (!take_time(bytes, header.sent_at) || !take_time(bytes, header.available_at) ||
      !take_time(bytes, header.visible_at) || !take_time(bytes, header.first_received_at) ||
      !take_time(bytes, header.received_at) || !service::row::take_varint(bytes, deliveries)) {
    return false;
  }
  header.deliveries = static_cast<std::uint32_t>(deliveries);
  return true;
}

std::string encode(const Receipt& receipt) {
  std::string out(1, kReceiptVersion);
  put_fixed(out, receipt.queue);
  put_fixed(out, receipt.message);
  put_fixed(out, receipt.delivery);
  put_fixed(out, receipt.nonce);
  put_fixed(out, check_sum(out));
  return out;
}

bool decode(std::string_view bytes, Receipt& receipt) {
  if (bytes.size() != kReceiptSize || bytes.front() != kReceiptVersion) return false;
  const std::uint32_t expected = check_sum(bytes.substr(0, kReceiptSize - 4));
  bytes.remove_prefix(1);
  receipt.queue = take_fixed<QueueId>(bytes);
  receipt.message = take_fixed<Sequence>(bytes);
  receipt.delivery = take_fixed<std::uint32_t>(bytes);
  receipt.nonce = take_fixed<std::uint64_t>(bytes);
  return take_fixed<std::uint32_t>(bytes) == expected;
}

}  // namespace queue
