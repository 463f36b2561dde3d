// Dead-letter queues (facts, A4 and A11).

#include "sqs/bench_for_test.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;
using namespace api::sqs;

class Redrive : public SqsForTest {
 protected:
  Redrive() { dead = *bench.ok<CreateQueue>({.queue_name = "dead"}).queue_url; }

  static std::string arn(const std::string& name) { return "arn:aws:sqs:us-east-1:000000000000:" + name; }
  static std::string policy(const std::string& target, const std::string& count) {
    return R"({"deadLetterTargetArn":")" + target + R"(","maxReceiveCount":)" + count + "}";
  }
  // What SetQueueAttributes says of a policy, after "Value <policy> for parameter RedrivePolicy is invalid. Reason: ".
  std::string reason(const std::string& text, const std::string& name = "RedrivePolicy") {
    const std::string fault = set_fault({{name, text}});
    const std::string head =
        "InvalidParameterValueException: Value " + text + " for parameter " + name + " is invalid. Reason: ";
    return fault.starts_with(head) ? fault.substr(head.size()) : fault;
  }
  std::vector<Message> receive_dead(std::int64_t visibility = 0) {
    auto output = bench.ok<ReceiveMessage>({.attribute_names = {{"All"}},
                                            .max_number_of_messages = 10,
                                            .queue_url = dead,
                                            .visibility_timeout = visibility});
    return output.messages.value_or(std::vector<Message>());
  }
  std::vector<std::string> sources(ListDeadLetterSourceQueuesRequest in = {}) {
    in.queue_url = dead;
    return bench.ok<ListDeadLetterSourceQueues>(std::move(in)).queue_urls;
  }

  std::string dead;
};

TEST_F(Redrive, PoliciesAreChecked) {
  EXPECT_EQ(
      set_fault({{"RedrivePolicy", "[]"}}),
      "InvalidAttributeValue: Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid "
      "JSON map.");
  EXPECT_EQ(reason(R"({"maxReceiveCount":1})"),
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  EXPECT_EQ(reason(R"({"deadLetterTargetArn":"x"})"),
            "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  EXPECT_EQ(reason(R"({"deadLetterTargetArn":"x","maxReceiveCount":1,"more":1})"),
            "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].");
  for (const char* count : {"0", "1001", "\"x\"", "1.5"}) {
    EXPECT_TRUE(reason(policy(arn("dead"), count)).starts_with("Invalid value for maxReceiveCount: ")) << count;
  }
  EXPECT_EQ(reason(policy("dead", "1")), "Dead-letter target ARN should be fully qualified ARN.");
  EXPECT_EQ(reason(policy("arn:aws:sns:us-east-1:000000000000:dead", "1")),
            "Only SQS queues are valid resources for deadLetterTargetArn.");
  EXPECT_EQ(reason(policy("arn:aws:sqs:us-east-1:111111111111:dead", "1")),
            "Dead-letter target owner should be same as the source.");
  EXPECT_EQ(reason(policy(arn("none"), "1")), "Dead letter target does not exist.");
  EXPECT_EQ(reason(policy("arn:aws:sqs:eu-west-1:000000000000:dead", "1")), "Dead letter target does not exist.");
  EXPECT_EQ(reason(policy(arn("q"), "1")), "A queue can't be its own dead-letter queue.");
  bench.ok<CreateQueue>({.attributes = {{{"FifoQueue", "true"}}}, .queue_name = "dead.fifo"});
  EXPECT_EQ(reason(policy(arn("dead.fifo"), "1")), "Dead-letter queue must be same type of queue as the source..");
  EXPECT_FALSE(attributes().contains("RedrivePolicy"));
}

TEST_F(Redrive, PoliciesAreReturnedAsTheyWereSet) {
  const std::string text = R"({ "maxReceiveCount" : "3", "deadLetterTargetArn":")" + arn("dead") + "\"}";
  set({{"RedrivePolicy", text}});
  bench.restart();
  EXPECT_EQ(attributes()["RedrivePolicy"], text);
  EXPECT_EQ(
      bench.fault<CreateQueue>({.attributes = {{{"RedrivePolicy", policy(arn("dead"), "3")}}}, .queue_name = "q"}), "")
      << "the same in other words";
  EXPECT_NE(
      bench.fault<CreateQueue>({.attributes = {{{"RedrivePolicy", policy(arn("dead"), "4")}}}, .queue_name = "q"}), "");
  set({{"RedrivePolicy", ""}});
  EXPECT_FALSE(attributes().contains("RedrivePolicy"));
}

TEST_F(Redrive, AllowPoliciesAreChecked) {
  const std::string name = "RedriveAllowPolicy";
  const std::string odd =
      "InvalidAttributeValue: Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can\u2019t create "
      "the redrive allow policy, as it\u2019s in an unsupported format.";
  const std::string head = "Amazon SQS can\u2019t create the redrive allow policy. ";
  for (const char* text : {"x", "{}", R"({"redrivePermission":"some"})", R"({"redrivePermission":"denyAll","more":1})",
                           R"({"redrivePermission":"byQueue","sourceQueueArns":"x"})"}) {
    EXPECT_EQ(set_fault({{name, text}}), odd) << text;
  }
  EXPECT_EQ(reason(R"({"redrivePermission":"byQueue"})", name),
            head +
                "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns "
                "values.");
  EXPECT_EQ(reason(R"({"redrivePermission":"allowAll","sourceQueueArns":[")" + arn("q") + "\"]}", name),
            head + "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
  std::string many = "\"" + arn("q") + "\"";
  for (int i = 0; i < 10; ++i) many += ",\"" + arn("q") + "\"";
  EXPECT_EQ(reason(R"({"redrivePermission":"byQueue","sourceQueueArns":[)" + many + "]}", name),
            head + "The maximum number of source queue ARNs you can specify is 10.");
}

TEST_F(Redrive, AllowPoliciesSayWhoMayUseAQueue) {
  const auto allow = [&](const std::string& text) {
    bench.ok<SetQueueAttributes>({.attributes = {{"RedriveAllowPolicy", text}}, .queue_url = dead});
    return reason(policy(arn("dead"), "1"));
  };
  EXPECT_NE(allow(R"({"redrivePermission":"denyAll"})"), "");
  EXPECT_NE(allow(R"({"redrivePermission":"byQueue","sourceQueueArns":[")" + arn("other") + "\"]}"), "");
  EXPECT_EQ(allow(R"({"redrivePermission":"byQueue","sourceQueueArns":[")" + arn("q") + "\"]}"), "");
  EXPECT_EQ(allow(R"({"redrivePermission":"allowAll"})"), "");
  EXPECT_EQ(allow(""), "");
}

TEST_F(Redrive, MovesWhatWasReceivedTooOften) {
  set({{"RedrivePolicy", policy(arn("dead"), "2")}});
  const std::string id = send("poison");
  bench.now += 5s;
  EXPECT_EQ(receive(10, 0).size(), 1u);
  EXPECT_EQ(receive(10, 0).size(), 1u);
  EXPECT_EQ(counts(), "1/0/0") << "moved by the receive that would have been the third";
  EXPECT_EQ(receive().size(), 0u);
  EXPECT_EQ(counts(), "0/0/0");
  bench.restart();
  const auto got = receive_dead();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].message_id, id);
  EXPECT_EQ(got[0].body, "poison");
  EXPECT_EQ(got[0].attributes->at("ApproximateReceiveCount"), "3");
  EXPECT_EQ(got[0].attributes->at("SentTimestamp"), "1700000000000");
  EXPECT_EQ(got[0].attributes->at("DeadLetterQueueSourceArn"), arn("q"));
}

TEST_F(Redrive, LetsTheNextMessageThrough) {
  set({{"RedrivePolicy", policy(arn("dead"), "1")}});
  send("poison");
  receive(10, 0);
  send("good");
  const auto got = receive();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].body, "good");
}

TEST_F(Redrive, WaitsForItsTarget) {
  set({{"RedrivePolicy", policy(arn("dead"), "1")}});
  send("poison");
  receive(10, 0);
  bench.ok<DeleteQueue>({.queue_url = dead});
  EXPECT_EQ(receive(10, 0).size(), 1u) << "nowhere to go: it stays";
  EXPECT_EQ(attributes()["RedrivePolicy"], policy(arn("dead"), "1"));
  bench.advance(60s);
  bench.ok<CreateQueue>({.queue_name = "dead"});
  EXPECT_EQ(receive().size(), 0u);
  EXPECT_EQ(receive_dead().size(), 1u);
}

TEST_F(Redrive, RemembersASourceThatIsGone) {
  set({{"RedrivePolicy", policy(arn("dead"), "1")}});
  send("poison");
  receive(10, 0);
  receive();
  bench.ok<DeleteQueue>({.queue_url = url});
  bench.restart();
  EXPECT_EQ(receive_dead().at(0).attributes->at("DeadLetterQueueSourceArn"), arn("q"));
}

TEST_F(Redrive, SourcesAreListedInPages) {
  EXPECT_TRUE(sources().empty());
  for (const char* name : {"a", "b", "c"}) {
    bench.ok<CreateQueue>({.attributes = {{{"RedrivePolicy", policy(arn("dead"), "1")}}}, .queue_name = name});
  }
  EXPECT_EQ(sources().size(), 3u);
  const auto first = bench.ok<ListDeadLetterSourceQueues>({.max_results = 2, .queue_url = dead});
  EXPECT_EQ(first.queue_urls.back(), "http://localhost:4566/000000000000/b");
  ASSERT_TRUE(first.next_token);
  const auto rest = sources({.max_results = 2, .next_token = first.next_token});
  EXPECT_EQ(rest, std::vector<std::string>{"http://localhost:4566/000000000000/c"});
  bench.ok<DeleteQueue>({.queue_url = rest[0]});
  bench.restart();
  EXPECT_EQ(sources().size(), 2u);
}

}  // namespace
}  // namespace sqs
