// SQS, CloudWatch Logs: what the operations of a queue worker need leave for.

#include "cloud/access/asking.h"
#include "wire/json.h"
#include "wire/text.h"

namespace cloud::access {
namespace {

bool is_account(std::string_view text) {
  return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A QueueUrl ends in "/ACCOUNT/NAME"; a bare name is a queue of the caller's account.
std::string queue_arn_of_url(const Asking& asking, const std::string& url) {
  const std::size_t slash = url.rfind('/');
  const std::string name = url.substr(slash == std::string::npos ? 0 : slash + 1);
  const std::string before = slash == std::string::npos ? "" : url.substr(0, slash);
  const std::string account = before.substr(before.rfind('/') + 1);
  return "arn:aws:sqs:" + asking.call.region + ":" + (is_account(account) ? account : asking.call.account) + ":" + name;
}

// The handle of a move task holds the ARN of its source.
std::string source_of_handle(const std::string& handle) {
  const auto json = wire::parse_json(wire::from_base64(handle).value_or(""));
  const base::Value* source = json ? json->find("sourceArn") : nullptr;
  return source != nullptr && source->is_string() ? source->as_string() : "*";
}

// Batches need what their single forms need.
std::string_view queue_action(std::string_view operation) {
  constexpr std::string_view kBatch = "Batch";
  return operation.ends_with(kBatch) ? operation.substr(0, operation.size() - kBatch.size()) : operation;
}

}  // namespace

void ask_sqs(Asking& asking) {
  const Input& in = asking.input;
  if (asking.operation == "ListQueues") {
    asking.ask(asking.arn("sqs", ""));
  } else if (asking.one_of({"CreateQueue", "GetQueueUrl"})) {
    const std::string owner = in.text("QueueOwnerAWSAccountId");
    asking.ask("arn:aws:sqs:" + asking.call.region + ":" + (owner.empty() ? asking.call.account : owner) + ":" +
               in.text("QueueName"));
  } else if (asking.operation == "StartMessageMoveTask") {
    // Moving is receiving, deleting and sending (developer guide, "Configuring queue permissions for redrive").
    const std::string source = in.text("SourceArn");
    for (const char* action : {"StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}) {
      asking.ask(action, source);
    }
    const std::string destination = in.text("DestinationArn");
    if (!destination.empty()) asking.ask("SendMessage", destination);
  } else if (asking.operation == "ListMessageMoveTasks") {
    asking.ask(in.text("SourceArn"));
  } else if (asking.operation == "CancelMessageMoveTask") {
    asking.ask(source_of_handle(in.text("TaskHandle")));
  } else {
    asking.ask(queue_action(asking.operation), queue_arn_of_url(asking, in.text("QueueUrl")));
  }
}

// Groups and streams have one form, with an empty stream for a group: "log-group:NAME:log-stream:". Tags alone go by
// the ARN of the group (CloudWatch Logs guide, "Overview of managing access permissions").
void ask_logs(Asking& asking) {
  const Input& in = asking.input;
  if (const std::string tagged = in.text("resourceArn"); !tagged.empty()) {
    asking.ask(tagged);
    return;
  }
  std::string group = in.text("logGroupName");
  if (group.empty()) group = in.text("logGroupIdentifier");
  const std::string kMarker = ":log-group:";
  if (group.starts_with("arn:") && group.find(kMarker) != std::string::npos) {
    group.erase(0, group.find(kMarker) + kMarker.size());
    if (group.ends_with(":*")) group.resize(group.size() - 2);
  }
  asking.ask(asking.arn("logs", "log-group:" + group + ":log-stream:" + in.text("logStreamName")));
}

}  // namespace cloud::access
