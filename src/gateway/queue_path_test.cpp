#include "gateway/queue_path.h"

#include <gtest/gtest.h>

#include "api/sqs/operations.h"

namespace {

net::Request request(const char* method, const char* path, const char* query = "", const char* body = "") {
  net::Request asked;
  asked.method = method;
  asked.path = path;
  asked.query = query;
  asked.body = body;
  asked.headers.emplace_back("host", "127.0.0.1:4566");
  return asked;
}

base::Outcome<void> checked(const net::Request& asked, api::Protocol protocol = api::Protocol::AwsQuery) {
  gateway::Route route;
  route.service = &api::sqs::service();
  route.protocol = protocol;
  return gateway::check_queue_path(asked, route);
}

std::string filled_in(const char* path, std::string queue_url) {
  cloud::Request decoded;
  decoded.operation = &api::sqs::SendMessage::operation();
  decoded.input = api::Object::of(api::sqs::SendMessageRequest{.message_body = "b", .queue_url = std::move(queue_url)});
  gateway::fill_in_queue(decoded, request("POST", path));
  return decoded.input.as<api::sqs::SendMessageRequest>().queue_url;
}

}  // namespace

TEST(QueuePath, Forms) {
  EXPECT_EQ(gateway::queue_of_path("/000000000000/my-queue"), "000000000000/my-queue");
  EXPECT_EQ(gateway::queue_of_path("/queue/us-east-1/000000000000/q.fifo"), "000000000000/q.fifo");
  EXPECT_EQ(gateway::queue_of_path("/queue/q"), "q");
  EXPECT_EQ(gateway::queue_of_path("/bucket/key"), std::nullopt);
  EXPECT_EQ(gateway::queue_of_path("/"), std::nullopt);
  EXPECT_TRUE(gateway::is_queue_url("/000000000000/q.fifo"));
  EXPECT_FALSE(gateway::is_queue_url("/000000000000/.fifo"));
  EXPECT_FALSE(gateway::is_queue_url("/queue/q"));
}

TEST(QueuePath, KnowsNoActionsOfAccounts) {
  const auto nothing = checked(request("GET", "/000000000000/q"));
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().shape->http_status, 404);
  const auto made = checked(request("POST", "/000000000000/q", "", "Action=CreateQueue&QueueName=r"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().shape->query_code, "InvalidAction");
  EXPECT_EQ(made.error().message, "The action CreateQueue is not valid for this endpoint.");
  EXPECT_FALSE(checked(request("GET", "/000000000000/q", "Action=ListQueues")));
  EXPECT_TRUE(checked(request("GET", "/000000000000/q", "Action=ReceiveMessage")));
  EXPECT_TRUE(checked(request("GET", "/", "Action=ListQueues")));
  EXPECT_TRUE(checked(request("POST", "/000000000000/q", "", "{}"), api::Protocol::AwsJson));
}

TEST(QueuePath, NamesTheQueueOfAnInputThatNamesNone) {
  EXPECT_EQ(filled_in("/000000000000/q", ""), "http://127.0.0.1:4566/000000000000/q");
  EXPECT_EQ(filled_in("/000000000000/q", "other"), "other");
  EXPECT_EQ(filled_in("/", ""), "");
}
