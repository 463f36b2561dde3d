#include "queue/message.h"

#include <bit>
#include <cstring>

namespace queue {
namespace {

constexpr char kReceiptVersion = 2;
constexpr std::size_t kReceiptSize = 1 + 8 + 8 + 4 + 8 + 4;

// Big-endian; the supported machines are not.
template <class Number>
void put_fixed(char*& out, Number number) {
  number = std::byteswap(number);
  std::memcpy(out, &number, sizeof number);
  out += sizeof number;
}

template <class Number>
Number take_fixed(const char*& in) {
  Number number;
  std::memcpy(&number, in, sizeof number);
  in += sizeof number;
  return std::byteswap(number);
}

// Not a defence against forgers: it only tells typing errors and foreign tokens apart.
std::uint32_t check_sum(const Receipt& receipt) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = kReceiptVersion;
  for (const std::uint64_t word : {receipt.queue, receipt.message, std::uint64_t{receipt.delivery}, receipt.nonce}) {
    hash = (hash ^ word) * kOdd;
    hash ^= hash >> 29;
  }
  return static_cast<std::uint32_t>(hash ^ hash >> 32);
}

}  // namespace

std::string encode(const Receipt& receipt) {
  std::string bytes(kReceiptSize, kReceiptVersion);
  char* out = bytes.data() + 1;
  put_fixed(out, receipt.queue);
  put_fixed(out, receipt.message);
  put_fixed(out, receipt.delivery);
  put_fixed(out, receipt.nonce);
  put_fixed(out, check_sum(receipt));
  return bytes;
}

bool decode(std::string_view bytes, Receipt& receipt) {
  if (bytes.size() != kReceiptSize || bytes.front() != kReceiptVersion) return false;
  const char* in = bytes.data() + 1;
  receipt.queue = take_fixed<QueueId>(in);
  receipt.message = take_fixed<Sequence>(in);
  receipt.delivery = take_fixed<std::uint32_t>(in);
  receipt.nonce = take_fixed<std::uint64_t>(in);
  return take_fixed<std::uint32_t>(in) == check_sum(receipt);
}

}  // namespace queue
