// Takes messages from the queue, needs Interval seconds to judge each one even or odd, writes the result, and deletes
// the message. Stopped in mid-work it leaves the message to the next consumer.

#include <ctime>

#include "api/sqs/operations.h"
#include "environment.h"

namespace {

bool work_for(std::int64_t seconds) {
  timespec left{.tv_sec = static_cast<std::time_t>(seconds), .tv_nsec = 0};
  return !example::stopping && nanosleep(&left, nullptr) == 0;
}

void handle(client::Client& aws, const std::string& queue, const api::sqs::Message& message, std::int64_t interval) {
  const std::string body = message.body.value_or("");
  example::log(body);
  if (!work_for(interval)) return;
  const bool even = !body.empty() && (body.back() - '0') % 2 == 0;
  example::log(body + (even ? " is even." : " is odd."));
  const auto deleted =
      aws.call<api::sqs::DeleteMessage>({.queue_url = queue, .receipt_handle = *message.receipt_handle});
  if (!deleted) example::log("not deleted: " + deleted.error().to_text());
}

}  // namespace

int main() {
  example::end_on_sigterm();
  const std::int64_t interval = std::stoll(example::required("Interval"));
  client::Client aws = example::make_client();
  const auto queue = aws.call<api::sqs::GetQueueUrl>({.queue_name = example::required("QueueName")});
  if (!queue) {
    std::cerr << "the queue can't be found: " << queue.error().to_text() << std::endl;
    return 1;
  }
  while (!example::stopping) {
    const auto received = aws.call<api::sqs::ReceiveMessage>(
        {.max_number_of_messages = 1, .queue_url = *queue->queue_url, .wait_time_seconds = 20});
    if (!received) {
      if (example::stopping) break;
      example::log("not received: " + received.error().to_text());
      if (!work_for(5)) break;
      continue;
    }
    for (const auto& message : received->messages.value_or(std::vector<api::sqs::Message>{})) {
      handle(aws, *queue->queue_url, message, interval);
    }
  }
  return 0;
}
