#include "bench/body.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "bench/answer.h"

namespace bench {
namespace {

constexpr std::string_view kLetters = "abcdefghij klmnopqrstuvwxyz0123456789";

std::string filler(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = kLetters[(i * 7 + i / kLetters.size()) % kLetters.size()];
  return text;
}

void append_url(std::string& out, std::string_view queue_url) {
  out.append("{\"QueueUrl\":\"").append(queue_url).append("\"");
}

}  // namespace

Bodies::Bodies(const Options& options)
    : batch_(options.batch),
      batched_(options.batch > 1),
      fifo_groups_(options.fifo_groups),
      text_(filler(options.message_size)),
      id_prefix_(std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "-" +
                 std::to_string(::getpid()) + "-") {}

void Bodies::append_message(std::string& out, std::uint64_t micros, std::uint64_t serial) const {
  out.append("\"MessageBody\":\"");
  std::string_view rest = text_;
  if (micros != 0) {
    const std::string mark = stamp(micros);
    out.append(mark);
    rest.remove_prefix(std::min(mark.size(), rest.size()));
  }
  out.append(rest).append("\"");
  if (fifo_groups_ == 0) return;
  out.append(",\"MessageGroupId\":\"g").append(std::to_string(serial % fifo_groups_));
  out.append("\",\"MessageDeduplicationId\":\"").append(id_prefix_).append(std::to_string(serial)).append("\"");
}

std::string Bodies::send(std::string_view queue_url, std::uint64_t micros, std::uint64_t serial) const {
  std::string out;
  out.reserve(batch_ * (text_.size() + 160) + 160);
  append_url(out, queue_url);
  if (!batched_) {
    out.append(",");
    append_message(out, micros, serial);
    return out.append("}");
  }
  out.append(",\"Entries\":[");
  for (std::size_t i = 0; i < batch_; ++i) {
    out.append(i == 0 ? "{\"Id\":\"" : ",{\"Id\":\"").append(std::to_string(i)).append("\",");
    append_message(out, micros, serial + i);
    out.append("}");
  }
  return out.append("]}");
}

std::string Bodies::receive(std::string_view queue_url, int wait_seconds) const {
  std::string out;
  append_url(out, queue_url);
  out.append(",\"MaxNumberOfMessages\":").append(std::to_string(batch_));
  if (wait_seconds > 0) out.append(",\"WaitTimeSeconds\":").append(std::to_string(wait_seconds));
  return out.append("}");
}

std::string Bodies::erase(std::string_view queue_url, std::span<const std::string> receipts) const {
  std::string out;
  append_url(out, queue_url);
  if (!batched_) return out.append(",\"ReceiptHandle\":\"").append(receipts.front()).append("\"}");
  out.append(",\"Entries\":[");
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    out.append(i == 0 ? "{\"Id\":\"" : ",{\"Id\":\"").append(std::to_string(i));
    out.append("\",\"ReceiptHandle\":\"").append(receipts[i]).append("\"}");
  }
  return out.append("]}");
}

}  // namespace bench
