#include "queue/message.h"

namespace queue {
namespace {

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

}  // namespace

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
