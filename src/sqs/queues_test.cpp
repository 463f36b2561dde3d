// Queues, their attributes, tags and lists.

#include "sqs/bench_for_test.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;
using namespace api::sqs;

class Queues : public SqsForTest {};

TEST_F(Queues, AnswerUnderTheAddressOfTheCaller) {
  EXPECT_EQ(url, "http://localhost:4566/000000000000/q");
  bench.call.base_url = "http://10.0.0.1:80";
  EXPECT_EQ(bench.ok<GetQueueUrl>({.queue_name = "q"}).queue_url, "http://10.0.0.1:80/000000000000/q");
}

TEST_F(Queues, AreFoundByAnyFormOfUrl) {
  for (const char* form :
       {"q", "http://elsewhere:1/000000000000/q", "https://sqs.us-east-1.amazonaws.com/000000000000/q",
        "http://x/queue/us-east-1/000000000000/q", "http://x/queue/q", "/000000000000/q", "http://x/000000000000/q/",
        "000000000000/q"}) {
    EXPECT_EQ(bench.fault<ListQueueTags>({.queue_url = form}), "") << form;
  }
  EXPECT_EQ(bench.fault<ListQueueTags>({.queue_url = "http://x/000000000000/none"}),
            "QueueDoesNotExist: The specified queue does not exist.");
  EXPECT_EQ(bench.fault<ListQueueTags>({.queue_url = "http://x/111111111111/q"}),
            "QueueDoesNotExist: The specified queue does not exist.");
  EXPECT_EQ(bench.fault<ListQueueTags>({}),
            "MissingRequiredParameterException: The request must contain the parameter "
            "QueueUrl.");
  bench.call.protocol = api::Protocol::AwsQuery;
  EXPECT_EQ(bench.fault<ListQueueTags>({.queue_url = "none"}),
            "QueueDoesNotExist: The specified queue does not exist for this wsdl version.");
}

TEST_F(Queues, OfAnotherRegionAreOthers) {
  bench.call.region = "eu-west-1";
  EXPECT_EQ(bench.fault<GetQueueUrl>({.queue_name = "q"}), "QueueDoesNotExist: The specified queue does not exist.");
}

TEST_F(Queues, OfAnotherAccountAreHidden) {
  EXPECT_EQ(bench.fault<GetQueueUrl>({.queue_name = "q", .queue_owner_aws_account_id = "111111111111"}),
            "QueueDoesNotExist: The specified queue does not exist or you do not have access to it.");
}

TEST_F(Queues, NeedGoodNames) {
  const std::string rule =
      "InvalidParameterValueException: Can only include alphanumeric characters, hyphens, or "
      "underscores. 1 to 80 in length";
  EXPECT_EQ(bench.fault<CreateQueue>({.queue_name = "a.fifo"}), rule);
  EXPECT_EQ(bench.fault<CreateQueue>({.queue_name = "a b"}), rule);
  EXPECT_EQ(bench.fault<CreateQueue>({.queue_name = std::string(81, 'a')}), rule);
  EXPECT_EQ(bench.fault<CreateQueue>({.queue_name = std::string(80, 'a')}), "");
  EXPECT_EQ(bench.fault<CreateQueue>({}),
            "InvalidParameterValueException: Value for parameter QueueName is invalid. "
            "Reason: Must specify a queue name.");
}

TEST_F(Queues, ShowTheAttributesOfAFreshOne) {
  const std::map<std::string, std::string> expected = {
      {"ApproximateNumberOfMessages", "0"},
      {"ApproximateNumberOfMessagesDelayed", "0"},
      {"ApproximateNumberOfMessagesNotVisible", "0"},
      {"CreatedTimestamp", "1700000000"},
      {"DelaySeconds", "0"},
      {"LastModifiedTimestamp", "1700000000"},
      {"MaximumMessageSize", "1048576"},
      {"MessageRetentionPeriod", "345600"},
      {"QueueArn", "arn:aws:sqs:us-east-1:000000000000:q"},
      {"ReceiveMessageWaitTimeSeconds", "0"},
      {"SqsManagedSseEnabled", "true"},
      {"VisibilityTimeout", "30"},
  };
  EXPECT_EQ(bench.ok<GetQueueAttributes>({.attribute_names = {{"All"}}, .queue_url = url}).attributes, expected);
  EXPECT_FALSE(bench.ok<GetQueueAttributes>({.queue_url = url}).attributes);
  EXPECT_FALSE(
      bench.ok<GetQueueAttributes>({.attribute_names = {{"Policy", "FifoQueue"}}, .queue_url = url}).attributes);
  EXPECT_EQ(bench.fault<GetQueueAttributes>({.attribute_names = {{"Foobar"}}, .queue_url = url}),
            "InvalidAttributeName: Unknown Attribute Foobar.");
}

TEST_F(Queues, CheckAttributes) {
  const auto set = [&](std::map<std::string, std::string> attributes) {
    return bench.fault<SetQueueAttributes>({.attributes = std::move(attributes), .queue_url = url});
  };
  EXPECT_EQ(set({{"VisibilityTimeout", "43200"}}), "");
  EXPECT_EQ(set({{"VisibilityTimeout", "43201"}}),
            "InvalidAttributeValue: Invalid value for the parameter VisibilityTimeout.");
  EXPECT_EQ(set({{"DelaySeconds", "5x"}}), "InvalidAttributeValue: Invalid value for the parameter DelaySeconds.");
  EXPECT_EQ(set({{"MessageRetentionPeriod", "59"}}),
            "InvalidAttributeValue: Invalid value for the parameter MessageRetentionPeriod.");
  EXPECT_EQ(set({{"Policy", "not json"}}), "InvalidAttributeValue: Invalid value for the parameter Policy.");
  EXPECT_EQ(set({{"QueueArn", "x"}}), "InvalidAttributeName: Unknown Attribute QueueArn.");
  EXPECT_EQ(set({{"ContentBasedDeduplication", "true"}}),
            "InvalidAttributeName: Unknown Attribute ContentBasedDeduplication.");
  EXPECT_EQ(set({{"FifoThroughputLimit", "perQueue"}}),
            "InvalidAttributeName: You can specify the DeduplicationScope only when FifoQueue is set to true.");
  EXPECT_EQ(set({{"KmsMasterKeyId", "alias/k"}, {"SqsManagedSseEnabled", "true"}}),
            "InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time. You can either "
            "enable KMS SSE or SQS SSE.");
  EXPECT_EQ(set({}), "MissingRequiredParameterException: The request must contain the parameter Attribute.Name.");
}

TEST_F(Queues, KeepTheManagedEncryptionOffAfterAKey) {
  const auto managed = [&] {
    return (*bench.ok<GetQueueAttributes>({.attribute_names = {{"All"}}, .queue_url = url}).attributes);
  };
  bench.ok<SetQueueAttributes>({.attributes = {{"KmsMasterKeyId", "alias/k"}}, .queue_url = url});
  EXPECT_EQ(managed()["SqsManagedSseEnabled"], "false");
  EXPECT_EQ(managed()["KmsDataKeyReusePeriodSeconds"], "300");
  bench.ok<SetQueueAttributes>({.attributes = {{"KmsMasterKeyId", ""}}, .queue_url = url});
  EXPECT_EQ(managed()["SqsManagedSseEnabled"], "false");
  EXPECT_FALSE(managed().contains("KmsMasterKeyId"));
}

TEST_F(Queues, AreCreatedTwiceOnlyWithTheSameAttributes) {
  const auto create = [&](std::map<std::string, std::string> attributes, std::map<std::string, std::string> tags = {}) {
    return bench.fault<CreateQueue>({.attributes = std::move(attributes), .queue_name = "q", .tags = std::move(tags)});
  };
  EXPECT_EQ(create({}), "");
  EXPECT_EQ(create({{"VisibilityTimeout", "30"}}), "");
  EXPECT_EQ(create({{"VisibilityTimeout", "31"}}),
            "QueueNameExists: A queue already exists with the same name and a different value for attribute "
            "VisibilityTimeout");
  EXPECT_EQ(create({}, {{"a", "b"}}),
            "QueueNameExists: A queue already exists with the same name and a different value for tags");
}

TEST_F(Queues, RestAMinuteAfterTheyWereDeleted) {
  send("lost");
  bench.ok<DeleteQueue>({.queue_url = url});
  EXPECT_EQ(bench.fault<DeleteQueue>({.queue_url = url}), "QueueDoesNotExist: The specified queue does not exist.");
  bench.restart();
  bench.advance(59s);
  EXPECT_EQ(bench.fault<CreateQueue>({.queue_name = "q"}),
            "QueueDeletedRecently: You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name.");
  bench.advance(1s);
  bench.ok<CreateQueue>({.queue_name = "q"});
  EXPECT_EQ(counts(), "0/0/0");
}

TEST_F(Queues, AreListedByPrefixInPages) {
  for (const char* name : {"a1", "a2", "a3", "b1"}) bench.ok<CreateQueue>({.queue_name = name});
  EXPECT_EQ(bench.ok<ListQueues>({}).queue_urls->size(), 5u);
  const auto first = bench.ok<ListQueues>({.max_results = 2, .queue_name_prefix = "a"});
  EXPECT_EQ(first.queue_urls->back(), "http://localhost:4566/000000000000/a2");
  const auto second =
      bench.ok<ListQueues>({.max_results = 2, .next_token = first.next_token, .queue_name_prefix = "a"});
  EXPECT_EQ(second.queue_urls->size(), 1u);
  EXPECT_FALSE(second.next_token);
  EXPECT_FALSE(bench.ok<ListQueues>({.queue_name_prefix = "z"}).queue_urls);
  EXPECT_EQ(bench.fault<ListQueues>({.max_results = 1001}),
            "InvalidParameterValueException: Value for parameter MaxResults is invalid. Reason: MaxResults must be an "
            "integer between 1 and 1000.");
  EXPECT_EQ(bench.fault<ListQueues>({.next_token = first.next_token}),
            "InvalidParameterValueException: MaxResults is a mandatory parameter when you provide a value for "
            "NextToken.");
  EXPECT_EQ(bench.fault<ListQueues>({.max_results = 1, .next_token = "?"}),
            "InvalidParameterValueException: Invalid NextToken value.");
  EXPECT_EQ(bench.fault<ListQueues>({.max_results = 2, .next_token = first.next_token}),
            "InvalidParameterValueException: Invalid NextToken value. If you are passing in NextToken, you must not "
            "change the other request parameters.");
}

TEST_F(Queues, ArePurgedOnceAMinute) {
  for (int i = 0; i < 3; ++i) send("x");
  receive(1);
  bench.ok<PurgeQueue>({.queue_url = url});
  EXPECT_EQ(counts(), "0/0/0");
  send("later");
  EXPECT_EQ(bench.fault<PurgeQueue>({.queue_url = url}),
            "PurgeQueueInProgress: Only one PurgeQueue operation on q is allowed every 60 seconds.");
  EXPECT_EQ(counts(), "1/0/0");
  bench.advance(60s);
  EXPECT_EQ(bench.fault<PurgeQueue>({.queue_url = url}), "");
}

TEST_F(Queues, CarryTags) {
  EXPECT_FALSE(bench.ok<ListQueueTags>({.queue_url = url}).tags);
  bench.ok<TagQueue>({.queue_url = url, .tags = {{"a", "1"}, {"b", ""}}});
  bench.ok<TagQueue>({.queue_url = url, .tags = {{"a", "2"}}});
  bench.ok<UntagQueue>({.queue_url = url, .tag_keys = {"b", "unknown"}});
  bench.restart();
  EXPECT_EQ(bench.ok<ListQueueTags>({.queue_url = url}).tags, (std::map<std::string, std::string>{{"a", "2"}}));
  std::map<std::string, std::string> many;
  for (int i = 0; i < 50; ++i) many["k" + std::to_string(i)] = "";
  EXPECT_EQ(bench.fault<TagQueue>({.queue_url = url, .tags = many}),
            "InvalidParameterValueException: Too many tags added for queue q.");
  EXPECT_EQ(bench.fault<TagQueue>({.queue_url = url, .tags = {{std::string(129, 'k'), ""}}}),
            "InvalidParameterValueException: Tag keys must be between 1 and 128 characters in length.");
  EXPECT_EQ(bench.fault<UntagQueue>({.queue_url = url}),
            "MissingRequiredParameterException: The request must contain the parameter TagKeys.");
}

TEST_F(Queues, ARetentionThatIsShortenedAppliesToWhatIsThere) {
  send("old");
  bench.ok<SetQueueAttributes>({.attributes = {{"MessageRetentionPeriod", "60"}}, .queue_url = url});
  bench.advance(61s);
  EXPECT_EQ(counts(), "0/0/0");
}

}  // namespace
}  // namespace sqs
