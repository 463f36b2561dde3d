// FIFO queues (facts, A4, A8 and A10): what SQS adds to the engine's order.

#include "sqs/bench_for_test.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;
using namespace api::sqs;

class Fifo : public SqsForTest {
 protected:
  Fifo() {
    standard = url;
    url = create("f.fifo");
  }
  std::string create(const std::string& name, Attributes attributes = {}) {
    attributes["FifoQueue"] = "true";
    return *bench.ok<CreateQueue>({.attributes = std::move(attributes), .queue_name = name}).queue_url;
  }
  SendMessageResult put(const std::string& body, const std::string& group, const std::string& id) {
    return bench.ok<SendMessage>(
        {.message_body = body, .message_deduplication_id = id, .message_group_id = group, .queue_url = url});
  }
  std::string send_fault(SendMessageRequest in) {
    in.queue_url = url;
    if (in.message_body.empty()) in.message_body = "x";
    return bench.fault<SendMessage>(std::move(in));
  }
  // Bodies in the order of their delivery: "a b".
  std::string bodies(std::int64_t max = 10, std::int64_t visibility = 30) {
    std::string all;
    for (const Message& message : receive(max, visibility)) all += (all.empty() ? "" : " ") + *message.body;
    return all;
  }
  Message receive_all_of_one(std::int64_t visibility = 30) {
    auto output =
        bench.ok<ReceiveMessage>({.attribute_names = {{"All"}}, .queue_url = url, .visibility_timeout = visibility});
    return output.messages.value().at(0);
  }

  std::string standard;
  const std::string code = "InvalidParameterValueException: ";
};

TEST_F(Fifo, NamesEndInFifo) {
  const std::string rule =
      code +
      "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
      "must end with .fifo suffix and be 1 to 80 in length";
  const auto fault = [&](const std::string& name) {
    return bench.fault<CreateQueue>({.attributes = {{{"FifoQueue", "true"}}}, .queue_name = name});
  };
  EXPECT_EQ(fault("plain"), rule);
  EXPECT_EQ(fault(".fifo"), rule);
  EXPECT_EQ(fault("a b.fifo"), rule);
  EXPECT_EQ(fault(std::string(76, 'a') + ".fifo"), rule);
  EXPECT_EQ(fault(std::string(75, 'a') + ".fifo"), "");
  EXPECT_EQ(bench.fault<CreateQueue>({.attributes = {{{"FifoQueue", "false"}}}, .queue_name = "a"}),
            "InvalidAttributeName: Unknown Attribute FifoQueue.");
}

TEST_F(Fifo, ShowTheirAttributes) {
  auto all = attributes();
  EXPECT_EQ(all.size(), 12u + 4u);
  EXPECT_EQ(all["FifoQueue"], "true");
  EXPECT_EQ(all["ContentBasedDeduplication"], "false");
  EXPECT_EQ(all["DeduplicationScope"], "queue");
  EXPECT_EQ(all["FifoThroughputLimit"], "perQueue");
  EXPECT_EQ(all["QueueArn"], "arn:aws:sqs:us-east-1:000000000000:f.fifo");
  set({{"ContentBasedDeduplication", "true"},
       {"DeduplicationScope", "messageGroup"},
       {"FifoQueue", "true"},
       {"FifoThroughputLimit", "perMessageGroupId"}});
  bench.restart();
  all = attributes();
  EXPECT_EQ(all["ContentBasedDeduplication"], "true");
  EXPECT_EQ(all["DeduplicationScope"], "messageGroup");
  EXPECT_EQ(all["FifoThroughputLimit"], "perMessageGroupId");
}

TEST_F(Fifo, CheckTheirAttributes) {
  EXPECT_EQ(set_fault({{"FifoQueue", "false"}}),
            "InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not "
            "supported.");
  EXPECT_EQ(set_fault({{"ContentBasedDeduplication", "maybe"}}),
            "InvalidAttributeValue: Invalid value for the parameter ContentBasedDeduplication.");
  EXPECT_EQ(set_fault({{"DeduplicationScope", "all"}}),
            "InvalidAttributeValue: Invalid value for the parameter DeduplicationScope.");
  EXPECT_EQ(set_fault({{"FifoThroughputLimit", "perMessageGroupId"}}),
            "InvalidAttributeValue: The perMessageGroupId value is allowed only when the value for DeduplicationScope "
            "is messageGroup");
  url = standard;
  EXPECT_EQ(set_fault({{"FifoQueue", "true"}}), "InvalidAttributeName: Unknown Attribute FifoQueue.");
  EXPECT_EQ(set_fault({{"DeduplicationScope", "queue"}}),
            "InvalidAttributeName: You can specify the DeduplicationScope only when FifoQueue is set to true.");
}

TEST_F(Fifo, ExistOnceWithTheSameAttributes) {
  EXPECT_EQ(create("f.fifo"), url);
  EXPECT_EQ(bench.fault<CreateQueue>({.attributes = {{{"ContentBasedDeduplication", "true"}, {"FifoQueue", "true"}}},
                                      .queue_name = "f.fifo"}),
            "QueueNameExists: A queue already exists with the same name and a different value for attribute "
            "ContentBasedDeduplication");
}

TEST_F(Fifo, SendsNeedTheirIds) {
  EXPECT_EQ(send_fault({.message_deduplication_id = "d"}),
            "MissingRequiredParameterException: The request must contain the parameter MessageGroupId.");
  EXPECT_EQ(send_fault({.message_group_id = "g"}),
            code +
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly");
  EXPECT_EQ(send_fault({.message_deduplication_id = "d", .message_group_id = ""}),
            code +
                "Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric "
                "and punctuation characters. 1 to 128 in length.");
  EXPECT_EQ(send_fault({.message_deduplication_id = std::string(129, 'd'), .message_group_id = "g"}),
            code + "Value " + std::string(129, 'd') +
                " for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include "
                "alphanumeric and punctuation characters. 1 to 128 in length.");
  EXPECT_EQ(send_fault({.delay_seconds = 2, .message_deduplication_id = "d", .message_group_id = "g"}),
            code +
                "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not "
                "valid for this queue type.");
  EXPECT_EQ(send_fault({.delay_seconds = 0, .message_deduplication_id = "d", .message_group_id = "g"}), "");
  EXPECT_EQ(counts(), "1/0/0");
}

TEST_F(Fifo, BatchesFailAsAWholeWithoutIds) {
  const auto fault = [&](std::vector<SendMessageBatchRequestEntry> entries) {
    return bench.fault<SendMessageBatch>({.entries = std::move(entries), .queue_url = url});
  };
  const SendMessageBatchRequestEntry good{
      .id = "a", .message_body = "x", .message_deduplication_id = "d", .message_group_id = "g"};
  EXPECT_EQ(fault({good, {.id = "b", .message_body = "x", .message_deduplication_id = "e"}}),
            code + "The request must contain the parameter MessageGroupId.");
  EXPECT_EQ(fault({good, {.id = "b", .message_body = "x", .message_group_id = "g"}}),
            code +
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly");
  EXPECT_EQ(counts(), "0/0/0");
  const auto result = bench.ok<SendMessageBatch>(
      {.entries = {good,
                   {.id = "b", .message_body = "x", .message_deduplication_id = "e", .message_group_id = "a b"},
                   {.id = "c", .message_body = "y", .message_deduplication_id = "d", .message_group_id = "g"}},
       .queue_url = url});
  ASSERT_EQ(result.successful.size(), 2u);
  EXPECT_EQ(result.failed.at(0).id, "b");
  EXPECT_EQ(result.successful[1].message_id, result.successful[0].message_id) << "a duplicate within the batch";
  EXPECT_EQ(counts(), "1/0/0");
}

TEST_F(Fifo, NumbersHaveTwentyDigitsAndRise) {
  const std::string first = *put("a", "g", "1").sequence_number;
  bench.restart();
  const std::string second = *put("b", "h", "2").sequence_number;
  EXPECT_EQ(first.size(), 20u);
  EXPECT_EQ(second.size(), 20u);
  EXPECT_LT(first, second);
  const Message message = receive_all_of_one();
  EXPECT_EQ(message.attributes->at("SequenceNumber"), first);
  EXPECT_EQ(message.attributes->at("MessageGroupId"), "g");
  EXPECT_EQ(message.attributes->at("MessageDeduplicationId"), "1");
}

TEST_F(Fifo, DuplicatesAnswerLikeTheFirstForFiveMinutes) {
  const auto first = put("a", "g", "same");
  EXPECT_EQ(bodies(), "a");
  bench.advance(299s);
  const auto again = put("b", "h", "same");
  EXPECT_EQ(again.message_id, first.message_id);
  EXPECT_EQ(again.sequence_number, first.sequence_number);
  EXPECT_EQ(again.md5_of_message_body, "92eb5ffee6ae2fec3ad71c777531578f") << "of what was sent now";
  bench.restart();
  bench.advance(1s);
  EXPECT_NE(put("c", "h", "same").message_id, first.message_id);
}

TEST_F(Fifo, ContentIsItsOwnId) {
  url = create("c.fifo", {{"ContentBasedDeduplication", "true"}});
  const auto send = [&](const std::string& body) {
    return *bench.ok<SendMessage>({.message_body = body, .message_group_id = "g", .queue_url = url}).message_id;
  };
  const std::string id = send("abc");
  EXPECT_EQ(send("abc"), id);
  const std::string sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(put("other", "g", sha).message_id, id) << "an explicit id that equals the digest collides with it";
  EXPECT_NE(put("abc", "g", "own").message_id, id) << "an explicit id wins";
  EXPECT_EQ(receive_all_of_one().attributes->at("MessageDeduplicationId"), sha);
}

TEST_F(Fifo, IdsMayCountWithinTheirGroup) {
  put("a", "g", "same");
  put("b", "h", "same");
  EXPECT_EQ(counts(), "1/0/0");
  url = create("s.fifo", {{"DeduplicationScope", "messageGroup"}});
  put("a", "g", "same");
  put("b", "h", "same");
  put("c", "h", "same");
  EXPECT_EQ(counts(), "2/0/0");
}

TEST_F(Fifo, GroupsComeInOrder) {
  put("g1-1", "g1", "1");
  put("g1-2", "g1", "2");
  put("g2-1", "g2", "3");
  put("g1-3", "g1", "4");
  EXPECT_EQ(bodies(), "g1-1 g1-2 g1-3 g2-1");
  put("g1-4", "g1", "5");
  EXPECT_EQ(bodies(), "") << "its group is locked";
  EXPECT_EQ(counts(), "1/4/0") << "blocked messages are not in flight";
}

TEST_F(Fifo, ReceiptsEndWithTheirHold) {
  put("a", "g", "1");
  const std::string handle = *receive(1, 10)[0].receipt_handle;
  bench.advance(10s);
  const std::string expired =
      code + "Value " + handle + " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.";
  EXPECT_EQ(bench.fault<DeleteMessage>({.queue_url = url, .receipt_handle = handle}), expired);
  EXPECT_EQ(bench.fault<ChangeMessageVisibility>({.queue_url = url, .receipt_handle = handle, .visibility_timeout = 5}),
            expired);
  const std::string newer = *receive(1, 10)[0].receipt_handle;
  EXPECT_EQ(bench.fault<DeleteMessage>({.queue_url = url, .receipt_handle = handle}), expired);
  bench.ok<ChangeMessageVisibility>({.queue_url = url, .receipt_handle = newer, .visibility_timeout = 60});
  bench.advance(30s);
  bench.ok<DeleteMessage>({.queue_url = url, .receipt_handle = newer});
  EXPECT_EQ(counts(), "0/0/0");
}

TEST_F(Fifo, AttemptsMayBeRepeated) {
  put("a", "g", "1");
  const auto attempt = [&](const std::string& id) {
    return bench.ok<ReceiveMessage>({.queue_url = url, .receive_request_attempt_id = id, .visibility_timeout = 30});
  };
  const auto first = attempt("once").messages;
  ASSERT_TRUE(first);
  const auto again = attempt("once").messages;
  ASSERT_TRUE(again) << "the answer got lost: it comes again";
  EXPECT_EQ(again->at(0).receipt_handle, first->at(0).receipt_handle);
  EXPECT_FALSE(attempt("twice").messages);
  EXPECT_EQ(bench.fault<ReceiveMessage>({.queue_url = url, .receive_request_attempt_id = "a b"}),
            code +
                "Value a b for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId can only "
                "include alphanumeric and punctuation characters. 1 to 128 in length.");
}

TEST_F(Fifo, TheQueuesDelayHoldsForAll) {
  url = create("d.fifo", {{"DelaySeconds", "10"}});
  put("a", "g", "1");
  EXPECT_EQ(counts(), "0/0/1");
  set({{"DelaySeconds", "0"}});
  EXPECT_EQ(bodies(), "a") << "also for what is waiting already";
}

TEST_F(Fifo, DeadLettersKeepTheirOrder) {
  const std::string source = url;
  const std::string dead = create("dead.fifo");
  set({{"RedrivePolicy",
        R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead.fifo","maxReceiveCount":1})"}});
  const std::string id = *put("a", "g", "1").message_id;
  put("b", "g", "2");
  EXPECT_EQ(bodies(10, 0), "a b");
  EXPECT_EQ(bodies(10, 0), "");
  url = dead;
  const Message first = receive_all_of_one();
  EXPECT_EQ(first.body, "a");
  EXPECT_EQ(first.message_id, id);
  EXPECT_EQ(first.attributes->at("MessageDeduplicationId"), id) << "of a dead letter: the id it had";
  EXPECT_EQ(first.attributes->at("DeadLetterQueueSourceArn"), "arn:aws:sqs:us-east-1:000000000000:f.fifo");
  EXPECT_EQ(counts(), "1/1/0");
}

}  // namespace
}  // namespace sqs
