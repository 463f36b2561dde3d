// Sending, receiving, deleting, hiding.

#include "sqs/bench_for_test.h"
#include "sqs/message.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;
using namespace api::sqs;

class Messages : public SqsForTest {
 protected:
  std::string send_fault(SendMessageRequest in) {
    in.queue_url = url;
    if (in.message_body.empty()) in.message_body = "x";
    return bench.fault<SendMessage>(std::move(in));
  }
  std::string attribute_fault(const std::string& name, MessageAttributeValue value) {
    return send_fault({.message_attributes = {{{name, std::move(value)}}}});
  }
  std::string sent_md5(std::map<std::string, MessageAttributeValue> attributes) {
    return bench.ok<SendMessage>({.message_attributes = std::move(attributes), .message_body = "x", .queue_url = url})
        .md5_of_message_attributes.value_or("none");
  }
};

MessageAttributeValue text(std::string value, std::string type = "String") {
  return {.data_type = std::move(type), .string_value = std::move(value)};
}
MessageAttributeValue binary(std::string value) {
  return {.binary_value = std::move(value), .data_type = "Binary"};
}

TEST_F(Messages, ComeAndGo) {
  const std::string id = send("hello");
  const auto got = receive();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].body, "hello");
  EXPECT_EQ(got[0].message_id, id);
  EXPECT_EQ(got[0].md5_of_body, "5d41402abc4b2a76b9719d911017c592");
  EXPECT_FALSE(got[0].attributes);
  EXPECT_FALSE(got[0].message_attributes);
  EXPECT_EQ(counts(), "0/1/0");
  bench.ok<DeleteMessage>({.queue_url = url, .receipt_handle = *got[0].receipt_handle});
  bench.ok<DeleteMessage>({.queue_url = url, .receipt_handle = *got[0].receipt_handle});
  EXPECT_EQ(counts(), "0/0/0");
  EXPECT_FALSE(bench.ok<ReceiveMessage>({.queue_url = url}).messages) << "no empty list: real SQS leaves it out";
}

TEST_F(Messages, SurviveARestartWithTheirReceipts) {
  send("a");
  const auto got = receive();
  bench.restart();
  EXPECT_EQ(counts(), "0/1/0");
  bench.ok<DeleteMessage>({.queue_url = url, .receipt_handle = *got[0].receipt_handle});
  EXPECT_EQ(counts(), "0/0/0");
}

// Vectors of the facts sheet, A6.
TEST_F(Messages, DigestTheirAttributes) {
  EXPECT_EQ(sent_md5({}), "none");
  EXPECT_EQ(sent_md5({{"timestamp", text("1493147359900", "Number")}}), "235c5c510d26fb653d073faed50ae77c");
  EXPECT_EQ(sent_md5({{"MyAttribute", text("foobar")}}), "adb59cd4678ea5a855436b949cd07ab6");
  EXPECT_EQ(sent_md5({{"General", text("Kenobi")}, {"Hello", text("There")}, {"Help.Me", text("Me")}}),
            "4c360f3fdafd970e05fae2f149d997f5");
  EXPECT_EQ(sent_md5({{"k", text("x")}}), "a45daa70926828a2f0a1db3418e6feb4");
  EXPECT_EQ(sent_md5({{"attr1", binary("traceparent\x1e"
                                       "00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01")}}),
            "8cbe4db156db8a94db8b801b7addb984");
  const std::string trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
  const auto sent = bench.ok<SendMessage>(
      {.message_body = "x",
       .message_system_attributes = {{{"AWSTraceHeader", {.data_type = "String", .string_value = trace}}}},
       .queue_url = url});
  EXPECT_EQ(sent.md5_of_message_system_attributes, "5ae4d5d7636402d80f4eb6d213245a88");
  EXPECT_FALSE(sent.md5_of_message_attributes);
}

TEST_F(Messages, ReturnTheAttributesThatWereAskedFor) {
  sent_md5({{"General", text("Kenobi")}, {"Hello", text("There")}, {"Help.Me", text("Me")}, {"raw", binary("\x01")}});
  const auto get = [&](std::vector<std::string> names) {
    auto output = bench.ok<ReceiveMessage>(
        {.message_attribute_names = std::move(names), .queue_url = url, .visibility_timeout = 0});
    return output.messages.value().at(0);
  };
  EXPECT_FALSE(get({}).message_attributes);
  EXPECT_FALSE(get({"Hell"}).message_attributes);
  EXPECT_FALSE(get({"Hell"}).md5_of_message_attributes);
  EXPECT_EQ(get({"Hello"}).md5_of_message_attributes, "a311262e065454b75da111d535b8dacd");
  EXPECT_EQ(get({"Help.*"}).message_attributes->begin()->first, "Help.Me");
  EXPECT_EQ(get({"All"}).message_attributes->size(), 4u);
  EXPECT_EQ(get({".*"}).message_attributes->at("raw").binary_value, "\x01");
}

TEST_F(Messages, ReturnTheSystemAttributesThatWereAskedFor) {
  bench.call.trace_header = "Root=1";
  bench.ok<SendMessage>({.message_body = "x", .message_group_id = "tenant", .queue_url = url});
  bench.now += 5s;
  receive(1, 0);
  const auto get = [&](std::vector<std::string> old_names, std::vector<std::string> new_names) {
    auto output = bench.ok<ReceiveMessage>({.attribute_names = std::move(old_names),
                                            .message_system_attribute_names = std::move(new_names),
                                            .queue_url = url,
                                            .visibility_timeout = 0});
    return output.messages->at(0).attributes.value_or(std::map<std::string, std::string>());
  };
  const std::map<std::string, std::string> all = {
      {"AWSTraceHeader", "Root=1"},     {"ApproximateFirstReceiveTimestamp", "1700000005000"},
      {"ApproximateReceiveCount", "2"}, {"MessageGroupId", "tenant"},
      {"SenderId", "000000000000"},     {"SentTimestamp", "1700000000000"},
  };
  EXPECT_EQ(get({"All"}, {}), all);
  EXPECT_EQ(get({"SenderId", "SequenceNumber"}, {"SentTimestamp"}).size(), 2u);
}

TEST_F(Messages, HaveASize) {
  bench.ok<SetQueueAttributes>({.attributes = {{"MaximumMessageSize", "1024"}}, .queue_url = url});
  EXPECT_EQ(send_fault({.message_body = std::string(1024, 'x')}), "");
  EXPECT_EQ(send_fault({.message_body = std::string(1025, 'x')}),
            "InvalidParameterValueException: One or more parameters are invalid. Reason: Message must be shorter than "
            "1024 bytes.");
  EXPECT_NE(send_fault({.message_attributes = {{{"name", text("12")}}}, .message_body = std::string(1013, 'x')}), "");
  EXPECT_EQ(send_fault({.message_attributes = {{{"name", text("12")}}}, .message_body = std::string(1012, 'x')}), "");
  EXPECT_EQ(bench.fault<SendMessage>({.queue_url = url}),
            "MissingRequiredParameterException: The request must contain the parameter MessageBody.");
}

TEST_F(Messages, HoldOnlyXmlCharacters) {
  EXPECT_EQ(send_fault({.message_body = "tab\t, \xe6\x97\xa5\xe6\x9c\xac, \xf0\x9f\x98\x80"}), "");
  for (const char* bad : {"\x01", "\xef\xbf\xbe", "\xed\xa0\x80", "\xc0\x80", "\xff"}) {
    EXPECT_EQ(send_fault({.message_body = bad}),
              "InvalidMessageContents: Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 "
              "to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF");
  }
}

TEST_F(Messages, AreCheckedToTheLastCharacter) {
  for (std::size_t at = 0; at < 20; ++at) {
    for (const char* good : {"\t", "\n", "\r", " ", "~", "\x7f", "\xc2\x80", "\xe2\x82\xac", "\xf4\x8f\xbf\xbf"}) {
      std::string text(20, 'x');
      EXPECT_TRUE(has_valid_characters(text.replace(at, 1, good))) << at << " " << good;
    }
    for (const char* bad : {"\x1f", "\x0b", "\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xbf\xbf", "\xef\xbf\xbf",
                            "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
      std::string text(20, 'x');
      EXPECT_FALSE(has_valid_characters(text.replace(at, 1, bad))) << at;
    }
    std::string text(20, 'x');
    text[at] = 0;
    EXPECT_FALSE(has_valid_characters(text)) << at;
  }
}

TEST_F(Messages, CheckParameters) {
  EXPECT_EQ(send_fault({.delay_seconds = 901}),
            "InvalidParameterValueException: Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds "
            "must be >= 0 and <= 900.");
  EXPECT_EQ(send_fault({.message_group_id = "a b"}),
            "InvalidParameterValueException: Value a b for parameter MessageGroupId is invalid. Reason: "
            "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.");
  EXPECT_EQ(send_fault({.message_deduplication_id = "d"}),
            "InvalidParameterValueException: Value d for parameter MessageDeduplicationId is invalid. Reason: The "
            "request includes a parameter that is not valid for this queue type.");
  const auto receive_fault = [&](ReceiveMessageRequest in) {
    in.queue_url = url;
    return bench.fault<ReceiveMessage>(std::move(in));
  };
  EXPECT_EQ(receive_fault({.max_number_of_messages = 11}),
            "InvalidParameterValueException: Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be "
            "between 1 and 10, if provided.");
  EXPECT_EQ(receive_fault({.wait_time_seconds = 21}),
            "InvalidParameterValueException: Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 "
            "and <= 20, if provided.");
  EXPECT_EQ(receive_fault({.visibility_timeout = 43201}),
            "InvalidParameterValueException: Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be "
            ">= 0 and <= 43200, if provided.");
  EXPECT_EQ(receive_fault({.receive_request_attempt_id = "a"}),
            "InvalidParameterValueException: Value a for parameter ReceiveRequestAttemptId is invalid. Reason: The "
            "request include parameter that is not valid for this queue type.");
}

TEST_F(Messages, CheckAttributes) {
  const std::string code = "InvalidParameterValueException: ";
  EXPECT_EQ(attribute_fault("X", text("")),
            code + "Message (user) attribute 'X' must contain a non-empty value of type 'String'.");
  EXPECT_EQ(attribute_fault("X", text("v", "Foo")),
            code +
                "The type of message (user) attribute 'X' is invalid. You must use only the following supported "
                "type prefixes: Binary, Number, String.");
  EXPECT_EQ(attribute_fault("X", text("v", "Stringy")).substr(0, 60),
            (code + "The type of message (user) attribute").substr(0, 60));
  EXPECT_EQ(attribute_fault("X", text("12a", "Number")),
            code + "Can't cast the value of message (user) attribute 'X' to a number.");
  EXPECT_EQ(attribute_fault("aws.x", text("v")),
            code +
                "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are "
                "reserved for internal use.");
  EXPECT_NE(attribute_fault(".x", text("v")), "");
  EXPECT_NE(attribute_fault("x..y", text("v")), "");
  EXPECT_NE(attribute_fault("x y", text("v")), "");
  EXPECT_EQ(attribute_fault("X", text("v", "Binary")),
            code + "The message (user) attribute 'X' with type 'Binary' must use field 'Binary'.");
  for (const char* number : {"1", "-1.5", "+0.001e-3", "1E126", "0", "00012", ".5"}) {
    EXPECT_EQ(attribute_fault("X", text(number, "Number.int")), "") << number;
  }
  for (const char* number : {"1E127", "1e-129", "1.2.3", "", "e5", "1e", "0x10", "nan"}) {
    EXPECT_NE(attribute_fault("X", text(number, "Number")), "") << number;
  }
  std::map<std::string, MessageAttributeValue> many;
  for (int i = 0; i < 11; ++i) many["a" + std::to_string(i)] = text("v");
  EXPECT_EQ(send_fault({.message_attributes = many}),
            code + "Number of message attributes [11] exceeds the allowed maximum [10].");
  EXPECT_EQ(send_fault({.message_system_attributes = {{{"Foo", {.data_type = "String", .string_value = "x"}}}}}),
            code + "Message system attribute name 'Foo' is invalid.");
}

TEST_F(Messages, TellGarbageFromForeignReceipts) {
  EXPECT_EQ(bench.fault<DeleteMessage>({.queue_url = url, .receipt_handle = "garbage"}),
            "ReceiptHandleIsInvalid: The input receipt handle \"garbage\" is not a valid receipt handle.");
  EXPECT_EQ(bench.fault<DeleteMessage>({.queue_url = url}),
            "MissingRequiredParameterException: The request must contain the parameter ReceiptHandle.");
  send("x");
  const std::string handle = *receive()[0].receipt_handle;
  const std::string other = *bench.ok<CreateQueue>({.queue_name = "other"}).queue_url;
  EXPECT_EQ(bench.fault<DeleteMessage>({.queue_url = other, .receipt_handle = handle}),
            "ReceiptHandleIsInvalid: The receipt handle \"" + handle + "\" is not valid for this queue.");
}

TEST_F(Messages, ChangeTheirVisibility) {
  send("x");
  const std::string handle = *receive()[0].receipt_handle;
  const auto change = [&](std::int64_t seconds) {
    return bench.fault<ChangeMessageVisibility>(
        {.queue_url = url, .receipt_handle = handle, .visibility_timeout = seconds});
  };
  EXPECT_EQ(change(43201),
            "InvalidParameterValueException: Value 43201 for parameter VisibilityTimeout is invalid. "
            "Reason: Must be between 0 and 43200.");
  bench.now += 1s;
  EXPECT_EQ(change(43200),
            "InvalidParameterValueException: Value 43200 for parameter VisibilityTimeout is invalid. "
            "Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
  EXPECT_EQ(change(0), "");
  EXPECT_EQ(counts(), "1/0/0");
  EXPECT_EQ(change(10), "") << "an expired handle is accepted";
  const std::string newer = *receive()[0].receipt_handle;
  EXPECT_EQ(change(10), "InvalidParameterValueException: Value " + handle +
                            " for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
                            "available for visibility timeout change.");
  bench.ok<DeleteMessage>({.queue_url = url, .receipt_handle = newer});
  EXPECT_NE(change(10), "");
}

TEST_F(Messages, AreNotShownByAChangeWithoutATimeout) {
  send("x");
  EXPECT_EQ(bench.fault<ChangeMessageVisibility>({.queue_url = url, .receipt_handle = *receive()[0].receipt_handle}),
            "MissingRequiredParameterException: The request must contain the parameter VisibilityTimeout.");
  EXPECT_EQ(counts(), "0/1/0");
}

TEST_F(Messages, WaitOutADelay) {
  bench.ok<SetQueueAttributes>({.attributes = {{"DelaySeconds", "10"}}, .queue_url = url});
  send("queue's delay");
  bench.ok<SendMessage>({.delay_seconds = 0, .message_body = "own delay", .queue_url = url});
  EXPECT_EQ(counts(), "1/0/1");
  EXPECT_EQ(receive()[0].body, "own delay");
  bench.now += 10s;
  EXPECT_EQ(receive()[0].body, "queue's delay");
}

class Polls : public Messages {
 protected:
  std::shared_ptr<bool> poll(std::int64_t wait, std::string& answer) {
    answer = "waits";
    return bench.submit<ReceiveMessage>({.queue_url = url, .wait_time_seconds = wait}, [&](auto outcome) {
      answer = !outcome            ? std::string(outcome.error().message)
               : outcome->messages ? *outcome->messages->at(0).body
                                   : "nothing";
    });
  }
};

TEST_F(Polls, EndWithTheMessageThatArrives) {
  std::string first, second;
  poll(20, first);
  poll(20, second);
  bench.advance(3s);
  send("a");
  bench.tick();
  EXPECT_EQ(first, "a");
  EXPECT_EQ(second, "waits");
  bench.advance(17s);
  EXPECT_EQ(second, "nothing");
}

TEST_F(Polls, TakeTheQueuesWaitUnlessTheyNameOne) {
  bench.ok<SetQueueAttributes>({.attributes = {{"ReceiveMessageWaitTimeSeconds", "2"}}, .queue_url = url});
  std::string answer;
  bench.submit<ReceiveMessage>({.queue_url = url}, [&](auto) { answer = "answered"; });
  EXPECT_EQ(answer, "");
  bench.advance(2s);
  EXPECT_EQ(answer, "answered");
  poll(0, answer);
  EXPECT_EQ(answer, "nothing");
}

TEST_F(Polls, ThatWereAbandonedSwallowNothing) {
  std::string answer;
  *poll(20, answer) = true;
  send("a");
  bench.tick();
  EXPECT_EQ(answer, "waits");
  EXPECT_EQ(counts(), "1/0/0");
}

TEST_F(Polls, HearThatTheQueueIsGone) {
  std::string answer;
  poll(20, answer);
  bench.ok<DeleteQueue>({.queue_url = url});
  bench.tick();
  EXPECT_EQ(answer, "The specified queue does not exist.");
}

TEST_F(Polls, WakeWhenAHoldEnds) {
  send("a");
  receive(1, 5);
  std::string answer;
  poll(20, answer);
  bench.advance(4s);
  EXPECT_EQ(answer, "waits");
  bench.advance(1s);
  EXPECT_EQ(answer, "a");
}

class Batches : public Messages {
 protected:
  using Entries = std::vector<SendMessageBatchRequestEntry>;
  std::string batch_fault(Entries entries) {
    return bench.fault<SendMessageBatch>({.entries = std::move(entries), .queue_url = url});
  }
};

TEST_F(Batches, AreCheckedAsAWhole) {
  EXPECT_EQ(batch_fault({}),
            "EmptyBatchRequest: There should be at least one SendMessageBatchRequestEntry in the request.");
  EXPECT_EQ(bench.fault<DeleteMessageBatch>({.queue_url = url}),
            "EmptyBatchRequest: There should be at least one DeleteMessageBatchRequestEntry in the request.");
  EXPECT_EQ(batch_fault(Entries(20, {.id = "a", .message_body = "x"})),
            "TooManyEntriesInBatchRequest: Maximum number of entries per request are 10. You have sent 20.");
  EXPECT_EQ(batch_fault({{.id = "", .message_body = "x"}}),
            "InvalidBatchEntryId: A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long.");
  EXPECT_EQ(batch_fault({{.id = "id_2", .message_body = "x"}, {.id = "id_2", .message_body = "x"}}),
            "BatchEntryIdsNotDistinct: Id id_2 repeated.");
  EXPECT_EQ(batch_fault({{.id = "a"}}),
            "MissingRequiredParameterException: The request must contain the parameter "
            "SendMessageBatchRequestEntry.1.MessageBody.");
  EXPECT_EQ(batch_fault({{.id = "a", .message_body = std::string(1'048'576, 'x')}, {.id = "b", .message_body = "x"}}),
            "BatchRequestTooLong: Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.");
  EXPECT_EQ(counts(), "0/0/0");
}

TEST_F(Batches, FailEntryByEntry) {
  bench.ok<SetQueueAttributes>({.attributes = {{"MaximumMessageSize", "1024"}}, .queue_url = url});
  const auto result =
      bench.ok<SendMessageBatch>({.entries = {{.id = "good", .message_body = "x"},
                                              {.id = "big", .message_body = std::string(1025, 'x')},
                                              {.id = "odd", .message_body = "\x01"},
                                              {.delay_seconds = 901, .id = "late", .message_body = "x"}},
                                  .queue_url = url});
  ASSERT_EQ(result.successful.size(), 1u);
  EXPECT_EQ(result.successful[0].md5_of_message_body, "9dd4e461268c8034f5c8564e155c67a6");
  ASSERT_EQ(result.failed.size(), 3u);
  EXPECT_EQ(result.failed[0].code, "InvalidParameterValue");
  EXPECT_EQ(result.failed[0].message,
            "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.");
  EXPECT_TRUE(result.failed[0].sender_fault);
  EXPECT_EQ(result.failed[1].code, "InvalidMessageContents");
  EXPECT_EQ(result.failed[2].id, "late");
  EXPECT_EQ(counts(), "1/0/0");
}

TEST_F(Batches, DeleteAndHide) {
  send("a");
  send("b");
  const auto got = receive();
  const auto hidden = bench.ok<ChangeMessageVisibilityBatch>(
      {.entries = {{.id = "a", .receipt_handle = *got[0].receipt_handle, .visibility_timeout = 0},
                   {.id = "b", .receipt_handle = "garbage", .visibility_timeout = 0}},
       .queue_url = url});
  EXPECT_EQ(hidden.successful.size(), 1u);
  EXPECT_EQ(hidden.failed.at(0).code, "ReceiptHandleIsInvalid");
  EXPECT_EQ(counts(), "1/1/0");
  const auto gone = bench.ok<DeleteMessageBatch>({.entries = {{.id = "a", .receipt_handle = *got[0].receipt_handle},
                                                              {.id = "b", .receipt_handle = *got[1].receipt_handle},
                                                              {.id = "c", .receipt_handle = "garbage"}},
                                                  .queue_url = url});
  EXPECT_EQ(gone.successful.size(), 2u);
  EXPECT_EQ(gone.failed.size(), 1u);
  EXPECT_EQ(counts(), "0/0/0");
  EXPECT_EQ(
      bench.fault<ChangeMessageVisibilityBatch>({.entries = {{.id = "a", .receipt_handle = "h"}}, .queue_url = url}),
      "MissingRequiredParameterException: The request must contain the parameter "
      "ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout.");
}

}  // namespace
}  // namespace sqs
