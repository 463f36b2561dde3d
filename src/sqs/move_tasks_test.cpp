// Message move tasks (facts, A4 and A12).

#include "sqs/bench_for_test.h"

namespace sqs {
namespace {

using namespace std::chrono_literals;
using namespace api::sqs;

class Moves : public SqsForTest {
 protected:
  Moves() {
    dead = create("dead");
    set({{"RedrivePolicy", redrive}});
  }
  static std::string arn(const std::string& name) { return "arn:aws:sqs:us-east-1:000000000000:" + name; }
  std::string create(const std::string& name) { return *bench.ok<CreateQueue>({.queue_name = name}).queue_url; }
  // Sends that many and lets them all die.
  void bury(int count) {
    for (int i = 0; i < count; ++i) send(std::to_string(i));
    for (int i = 0; i < count; i += 10) receive(10, 0);
    while (counts() != "0/0/0") receive(10, 0);
  }
  std::string count_of(const std::string& queue) {
    const std::string held = std::exchange(url, queue);
    std::string text = counts();
    url = held;
    return text;
  }
  std::string start(StartMessageMoveTaskRequest in = {}) {
    if (in.source_arn.empty()) in.source_arn = arn("dead");
    return *bench.ok<StartMessageMoveTask>(std::move(in)).task_handle;
  }
  std::string start_fault(StartMessageMoveTaskRequest in) {
    if (in.source_arn.empty()) in.source_arn = arn("dead");
    return bench.fault<StartMessageMoveTask>(std::move(in));
  }
  std::vector<ListMessageMoveTasksResultEntry> list(std::int64_t max = 10) {
    return bench.ok<ListMessageMoveTasks>({.max_results = max, .source_arn = arn("dead")})
        .results.value_or(std::vector<ListMessageMoveTasksResultEntry>());
  }
  // Of the newest task: "RUNNING 1/3".
  std::string status() {
    const auto task = list(1).at(0);
    return *task.status + " " + std::to_string(*task.approximate_number_of_messages_moved) + "/" +
           std::to_string(*task.approximate_number_of_messages_to_move);
  }

  std::string dead;
  const std::string redrive = R"({"deadLetterTargetArn":")" + arn("dead") + R"(","maxReceiveCount":1})";
  const std::string code = "InvalidParameterValueException: ";
  const std::string missing = "ResourceNotFoundException: ";
};

TEST_F(Moves, BringMessagesBackToTheirSource) {
  bury(3);
  EXPECT_EQ(count_of(dead), "3/0/0");
  bench.now += 5s;
  start();
  EXPECT_EQ(status(), "RUNNING 0/3");
  bench.tick();
  EXPECT_EQ(status(), "COMPLETED 3/3");
  EXPECT_EQ(count_of(dead), "0/0/0");
  const auto got = bench.ok<ReceiveMessage>({.attribute_names = {{"All"}}, .queue_url = url}).messages->at(0);
  EXPECT_EQ(got.attributes->at("ApproximateReceiveCount"), "1") << "it starts anew";
  EXPECT_EQ(got.attributes->at("SentTimestamp"), "1700000005000");
  EXPECT_FALSE(got.attributes->contains("DeadLetterQueueSourceArn"));
}

TEST_F(Moves, BringMessagesToAnotherQueueUnderNewIds) {
  const std::string other = create("other");
  const std::string id = send("a");
  receive(10, 0);
  receive();
  start({.destination_arn = arn("other")});
  bench.tick();
  EXPECT_EQ(count_of(other), "1/0/0");
  url = other;
  EXPECT_NE(receive()[0].message_id, id);
  const auto task = list().at(0);
  EXPECT_EQ(task.destination_arn, arn("other"));
  EXPECT_EQ(task.source_arn, arn("dead"));
  EXPECT_FALSE(task.task_handle) << "only while it runs";
  EXPECT_FALSE(task.max_number_of_messages_per_second);
  EXPECT_FALSE(task.failure_reason);
  EXPECT_EQ(task.started_timestamp, 1'700'000'000'000);
}

TEST_F(Moves, KeepTheirRate) {
  bury(30);
  start({.max_number_of_messages_per_second = 2});
  bench.advance(0s);
  EXPECT_EQ(status(), "RUNNING 1/30");
  bench.advance(5s);
  EXPECT_EQ(status(), "RUNNING 11/30");
  EXPECT_EQ(list(1).at(0).max_number_of_messages_per_second, 2);
  bench.now += 1h;  // nothing ran
  bench.tick();
  EXPECT_EQ(status(), "RUNNING 13/30") << "no hurry after it";
}

TEST_F(Moves, GoOnAfterARestart) {
  bury(10);
  start({.max_number_of_messages_per_second = 1});
  bench.advance(3s);
  EXPECT_EQ(status(), "RUNNING 4/10");
  bench.restart();
  EXPECT_EQ(status(), "RUNNING 4/10");
  bench.advance(10s);
  EXPECT_EQ(status(), "COMPLETED 10/10");
  EXPECT_EQ(counts(), "10/0/0");
}

TEST_F(Moves, MoveManyInSlices) {
  bury(250);
  start();
  bench.tick();
  EXPECT_EQ(status(), "COMPLETED 250/250");
  EXPECT_EQ(counts(), "250/0/0");
}

TEST_F(Moves, AreCancelled) {
  bury(5);
  const std::string handle = start({.max_number_of_messages_per_second = 1});
  EXPECT_EQ(list(1).at(0).task_handle, handle);
  bench.advance(1s);
  EXPECT_EQ(bench.ok<CancelMessageMoveTask>({.task_handle = handle}).approximate_number_of_messages_moved, 2);
  EXPECT_EQ(status(), "CANCELLING 2/5");
  bench.tick();
  EXPECT_EQ(status(), "CANCELLED 2/5");
  bench.advance(10s);
  EXPECT_EQ(counts(), "2/0/0") << "what was moved stays moved";
  EXPECT_EQ(bench.fault<CancelMessageMoveTask>({.task_handle = handle}), code + "Only active tasks can be cancelled.");
  EXPECT_EQ(bench.fault<CancelMessageMoveTask>({.task_handle = "x"}),
            code + "Value for parameter TaskHandle is invalid.");
  const std::string unknown =
      "eyJ0YXNrSWQiOiJ4Iiwic291cmNlQXJuIjoiYXJuOmF3czpzcXM6dXMtZWFzdC0xOjAwMDAwMDAwMDAwMDpkZWFk"
      "In0=";  // {"taskId":"x","sourceArn":"arn:aws:sqs:us-east-1:000000000000:dead"}
  EXPECT_EQ(bench.fault<CancelMessageMoveTask>({.task_handle = unknown}), missing + "Task does not exist.");
}

TEST_F(Moves, FailWithoutADestination) {
  bury(5);
  const std::string other = create("other");
  start({.destination_arn = arn("other"), .max_number_of_messages_per_second = 1});
  bench.advance(1s);
  bench.ok<DeleteQueue>({.queue_url = other});
  bench.advance(1s);
  EXPECT_EQ(status(), "FAILED 2/5");
  EXPECT_EQ(list(1).at(0).failure_reason, "AWS.SimpleQueueService.NonExistentQueue");
  EXPECT_EQ(count_of(dead), "3/0/0");
}

TEST_F(Moves, FailWithoutAKnownSource) {
  bench.ok<SendMessage>({.message_body = "sent here", .queue_url = dead});
  start();
  bench.tick();
  EXPECT_EQ(status(), "FAILED 0/1");
  EXPECT_EQ(list(1).at(0).failure_reason, "CouldNotDetermineMessageSource");
}

TEST_F(Moves, FindASourceThatWasMadeAgain) {
  bury(2);
  bench.ok<DeleteQueue>({.queue_url = url});
  const std::string other =
      *bench.ok<CreateQueue>({.attributes = {{{"RedrivePolicy", redrive}}}, .queue_name = "other"})
           .queue_url;  // so that the dead-letter queue is still one
  start();
  bench.tick();
  EXPECT_EQ(status(), "FAILED 0/2");
  EXPECT_EQ(list(1).at(0).failure_reason, "AWS.SimpleQueueService.NonExistentQueue");
  bench.advance(60s);
  EXPECT_EQ(create("q"), url);
  start();
  bench.tick();
  EXPECT_EQ(status(), "COMPLETED 2/2");
  EXPECT_EQ(counts(), "2/0/0");
  EXPECT_EQ(count_of(other), "0/0/0");
}

TEST_F(Moves, EndAfterADayAndAHalf) {
  bury(2);
  start({.max_number_of_messages_per_second = 1});
  bench.now += 36h;
  bench.tick();
  EXPECT_EQ(status(), "FAILED 0/2");
}

TEST_F(Moves, AreChecked) {
  create("plain");
  EXPECT_EQ(bench.fault<StartMessageMoveTask>({}),
            "MissingRequiredParameterException: The request must contain the parameter SourceArn.");
  EXPECT_EQ(start_fault({.source_arn = "dead"}), code +
                                                     "You must use this format to specify the SourceArn: "
                                                     "arn:<partition>:<service>:<region>:<account-id>:<resource-id>");
  EXPECT_EQ(start_fault({.source_arn = arn("none")}),
            missing + "The resource that you specified for the SourceArn parameter doesn't exist.");
  EXPECT_EQ(start_fault({.source_arn = arn("plain")}),
            code + "Source queue must be configured as a Dead Letter Queue.");
  EXPECT_EQ(start_fault({.destination_arn = arn("none")}),
            missing + "The resource that you specified for the DestinationArn parameter doesn't exist.");
  EXPECT_EQ(start_fault({.destination_arn = arn("dead")}),
            code + "Source queue arn and destination queue arn cannot be the same.");
  bench.ok<CreateQueue>({.attributes = {{{"FifoQueue", "true"}}}, .queue_name = "f.fifo"});
  EXPECT_EQ(start_fault({.destination_arn = arn("f.fifo")}),
            code + "The source queue and destination queue must be of the same queue type.");
  for (const std::int64_t rate : {0, 501}) {
    EXPECT_EQ(start_fault({.max_number_of_messages_per_second = rate}),
              code +
                  "Value for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: You must enter a number "
                  "that's between 1 and 500.");
  }
  EXPECT_EQ(bench.fault<ListMessageMoveTasks>({.max_results = 11, .source_arn = arn("dead")}),
            code +
                "Value for parameter MaxResults is invalid. Reason: You must enter a number that's between 1 and "
                "10.");
  EXPECT_EQ(bench.fault<ListMessageMoveTasks>({.source_arn = arn("none")}),
            missing + "The resource that you specified for the SourceArn parameter doesn't exist.");
  EXPECT_TRUE(list().empty());
}

TEST_F(Moves, RunOneAtATimeAndAreRememberedNewestFirst) {
  bury(2);
  start({.max_number_of_messages_per_second = 1});
  EXPECT_EQ(start_fault({}),
            code +
                "There is already a task running. Only one active task is allowed for a source queue arn at a given "
                "time.");
  bench.advance(5s);
  for (int i = 0; i < 11; ++i) {
    bench.now += 1s;
    start();
    bench.tick();
  }
  EXPECT_EQ(bench.ok<ListMessageMoveTasks>({.source_arn = arn("dead")}).results->size(), 1u) << "the default";
  const auto tasks = list();
  ASSERT_EQ(tasks.size(), 10u);
  EXPECT_GT(tasks[0].started_timestamp, tasks[9].started_timestamp);
  bench.ok<DeleteQueue>({.queue_url = dead});
  bench.advance(60s);
  create("dead");
  EXPECT_TRUE(list().empty()) << "of another queue of that name";
}

TEST_F(Moves, KeepTheOrderOfFifoQueues) {
  const auto create_fifo = [&](const std::string& name, const std::string& dead_letters) {
    Attributes wanted = {{"FifoQueue", "true"}};
    if (!dead_letters.empty()) wanted["RedrivePolicy"] = dead_letters;
    return *bench.ok<CreateQueue>({.attributes = std::move(wanted), .queue_name = name}).queue_url;
  };
  create_fifo("dead.fifo", "");
  url = create_fifo("work.fifo", R"({"deadLetterTargetArn":")" + arn("dead.fifo") + R"(","maxReceiveCount":1})");
  for (const char* body : {"a", "b", "c"}) {
    bench.ok<SendMessage>(
        {.message_body = body, .message_deduplication_id = body, .message_group_id = "g", .queue_url = url});
  }
  while (counts() != "0/0/0") receive(10, 0);
  start({.source_arn = arn("dead.fifo")});
  bench.tick();
  std::string bodies;
  for (const auto& message : receive()) bodies += *message.body;
  EXPECT_EQ(bodies, "abc");
}

}  // namespace
}  // namespace sqs
