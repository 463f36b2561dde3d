// Sends the UNIX time to the queue, every 10 to 60 seconds at random.

#include <chrono>
#include <ctime>
#include <random>

#include "api/sqs/operations.h"
#include "environment.h"

namespace {

// Local time to the microsecond, as the article's program names its messages.
std::string stamp(std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y%m%d%H%M%S", &parts);
  std::snprintf(text + length, sizeof text - length, "%06lld", static_cast<long long>(micros));
  return text;
}

}  // namespace

int main() {
  example::end_on_sigterm();
  client::Client aws = example::make_client();
  const auto queue = aws.call<api::sqs::GetQueueUrl>({.queue_name = example::required("QueueName")});
  if (!queue) {
    std::cerr << "the queue can't be found: " << queue.error().to_text() << std::endl;
    return 1;
  }
  std::mt19937_64 random(std::random_device{}());
  std::uniform_int_distribution<unsigned> pause(10, 60);
  while (!example::stopping) {
    const auto now = std::chrono::system_clock::now();
    const std::string id = stamp(now);
    const std::string time = std::to_string(std::chrono::system_clock::to_time_t(now));
    example::log(id);
    example::log(time);
    api::sqs::SendMessageBatchRequestEntry entry;
    entry.id = id;
    entry.message_body = time;
    const auto sent = aws.call<api::sqs::SendMessageBatch>({.entries = {entry}, .queue_url = *queue->queue_url});
    if (!sent) example::log("not sent: " + sent.error().to_text());
    timespec left{.tv_sec = static_cast<std::time_t>(pause(random)), .tv_nsec = 0};
    if (!example::stopping) nanosleep(&left, nullptr);
  }
  return 0;
}
