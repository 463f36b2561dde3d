// Random histories of SQS operations through the whole cloud, with a virtual clock and a store that crashes, refuses
// and fails, held to a reference. Laws: nothing acknowledged is lost, nothing deleted comes back, no FIFO message
// overtakes its group or is handed out while it is held, an attempt that is repeated gets what it got, quiet groups are
// not held up by noisy ones, counts and receive counts are exact, dead letters and what is moved go where they must and
// no faster than asked for, and metrics add up.
//
// A failure prints its seed. RENKEI_MODEL_SEED repeats one history; RENKEI_MODEL_HISTORIES makes a longer run, and
// RENKEI_MODEL_CRASHED one that crashes at each write of so many.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "api/cloudwatch/operations.h"
#include "cloud/sqs_history_for_test.h"

namespace cloud::model {

void History::boot() {
  runtime_ = std::make_unique<runtime::ScriptedRuntime>(clock_);
  cloud_ = std::make_unique<Cloud>(Cloud::Parts{clock_, cloud_random_, *store_, *runtime_, blobs_, nullptr, nullptr},
                                   Config{});
  if (!cloud_->recover()) fail("the cloud does not recover");
  store_->sync();
}

// What was not synced is gone, and so is everybody who waited for an answer.
void History::crash() {
  ++crashes_;
  store_->crash();
  cloud_.reset();
  polls_.clear();
  boot();
  follow_moves();  // the last step may be on disk and not told yet
  tick_all();
}

// What was counted is kept by then.
void History::crash_after_a_lull() {
  settle();
  advance(seconds(7));
  sync_all();
  if (wrong_.empty()) crash();
}

void History::sync_all() {
  while (store_->unsynced() > 0 && !cloud_->broken()) store_->sync(1);
  if (cloud_->broken()) crash();
}

void History::tick_all() {
  for (int i = 0; cloud_->deadline() <= clock_.time; ++i) {
    if (i == 10'000) return fail("ticks without end");
    cloud_->tick();
    after_turn();
  }
  check_polls();
}

// Each turn makes at most one write.
void History::after_turn() {
  if (faults_.crash_at_write && !crashed_at_write_ && store_->writes() > setup_writes_ + *faults_.crash_at_write) {
    crashed_at_write_ = true;
    if (faults_.keep_write) store_->sync();
    return crash();
  }
  const bool moves = std::ranges::any_of(
      model_.queues, [](const auto& each) { return each.second.move && each.second.move->is_active(); });
  // The answer of a poll is made when it comes; what a move task did must be known before it does more.
  if (!polls_.empty() || moves || sync_turns_) sync_all();
  follow_moves();
}

// Asks after each move task that is under way.
void History::follow_moves() {
  for (auto& [name, queue] : model_.queues) {
    if (!wrong_.empty() || !queue.move || !queue.move->is_active()) continue;
    model_.expire(clock_.time);
    bury_for_polls();
    bool told = false;
    auto answered = [&](service::Answer answer) {
      told = true;
      if (!answer.result) return fail(answer.result.error().message);
      const auto& tasks = answer.result->as<api::sqs::ListMessageMoveTasksResult>().results;
      if (!tasks || tasks->empty()) return fail("a move task is forgotten");
      // After a refused write the cloud rests a second from work of its own.
      const base::Duration slack = faults_.random ? seconds(2) : seconds(0);
      fail(model_.told(queue, tasks->front().status.value_or(""),
                       tasks->front().approximate_number_of_messages_moved.value_or(0), clock_.time, slack));
    };
    service::Call call;
    call.base_url = "http://localhost:4566";
    cloud_->submit({&api::sqs::ListMessageMoveTasks::operation(),
                    api::Object::of(api::sqs::ListMessageMoveTasksRequest{.source_arn = queue.arn}), call},
                   {std::move(answered), std::make_shared<bool>(false)});
    if (!told) fail("nothing is told of a move task");
    if (queue.move->is_active()) continue;
    if (queue.move->steps > 1) ++long_moves_;
    if (queue.move->status == "CANCELLED") ++cancelled_moves_;
  }
}

// Who waits at a queue receives from it whenever a message becomes visible, and so moves its dead letters. Whoever
// waits at the dead-letter queue may get them in the same tick.
void History::bury_for_polls() {
  for (const Poll& poll : polls_) {
    const auto queue = model_.queues.find(poll.queue);
    if (*poll.gone || queue == model_.queues.end()) continue;
    model_.bury(queue->second, model_.choose(queue->second, clock_.time).dead, clock_.time);
  }
}

// Nobody waits longer than asked for, or while there is something to be had.
void History::check_polls() {
  for (const Poll& poll : polls_) {
    if (*poll.gone) continue;
    const auto queue = model_.queues.find(poll.queue);
    if (queue == model_.queues.end()) return fail("a poll outlived its queue");
    model_.expire(clock_.time);
    const auto choice = model_.choose(queue->second, clock_.time);
    if (choice.size() > 0) return fail("a poll was not woken by " + choice.lines[0][0]->body);
    if (poll.deadline <= clock_.time) return fail("a poll was not answered in time");
  }
  bury_for_polls();
}

void History::deliver(const api::Operation& operation, api::Object input, Apply apply, std::shared_ptr<bool> gone) {
  ++operations_;
  last_ = operation.name;
  service::Call call;
  call.base_url = "http://localhost:4566";
  const bool late = gone != nullptr;
  if (!late) gone = std::make_shared<bool>(false);
  auto answered = [this, late, made = clock_.time, apply = std::move(apply)](service::Answer answer) {
    if (!answer.result && answer.result.error().shape->http_status >= 500) {
      if (late) static_cast<void>(apply(answer.result, clock_.time));
      return;  // refused by the disk: nothing happened
    }
    const base::TimePoint at = late ? clock_.time : made;
    model_.expire(at);
    if (late) bury_for_polls();
    fail(apply(answer.result, at));
  };
  cloud_->submit({&operation, std::move(input), call}, {std::move(answered), std::move(gone)});
  after_turn();
  tick_all();
}

void History::advance(base::Duration span) {
  const base::TimePoint end = clock_.time + span;
  while (wrong_.empty()) {
    tick_all();
    const base::TimePoint next = cloud_->deadline();
    if (next > end) break;
    clock_.time = std::max(clock_.time, next);
  }
  clock_.time = end;
  tick_all();
}

void History::make_queue(Queue queue, std::map<std::string, std::string> attributes) {
  queue.arn = "arn:aws:sqs:us-east-1:000000000000:" + queue.name;
  queue.url = "http://localhost:4566/000000000000/" + queue.name;
  submit<api::sqs::CreateQueue>({.attributes = std::move(attributes), .queue_name = queue.name},
                                [this, queue](const Result& result, base::TimePoint) -> std::string {
                                  if (!result) return result.error().message;
                                  model_.queues[queue.name] = queue;
                                  return "";
                                });
}

void History::make_queues() {
  make_queue({.name = "plain"}, {});
  make_queue({.name = "brief", .delay = seconds(3), .hold = seconds(5), .retention = seconds(60)},
             {{"DelaySeconds", "3"}, {"VisibilityTimeout", "5"}, {"MessageRetentionPeriod", "60"}});
  const auto redrive = [](const std::string& target, int max) {
    return R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:)" + target + R"(","maxReceiveCount":)" +
           std::to_string(max) + "}";
  };
  make_queue({.name = "dead", .dead_letters = true}, {});
  make_queue({.name = "source", .hold = seconds(10), .target = "dead", .max_receives = 2},
             {{"VisibilityTimeout", "10"}, {"RedrivePolicy", redrive("dead", 2)}});
  make_queue({.name = "fair", .hold = seconds(120)}, {{"VisibilityTimeout", "120"}});
  make_queue({.name = "line.fifo", .fifo = true, .hold = seconds(10)},
             {{"FifoQueue", "true"}, {"VisibilityTimeout", "10"}});
  make_queue({.name = "scoped.fifo", .fifo = true, .dedup_per_group = true, .delay = seconds(2)},
             {{"FifoQueue", "true"}, {"DeduplicationScope", "messageGroup"}, {"DelaySeconds", "2"}});
  make_queue({.name = "dead.fifo", .fifo = true, .dead_letters = true}, {{"FifoQueue", "true"}});
  make_queue({.name = "source.fifo", .fifo = true, .hold = seconds(10), .target = "dead.fifo", .max_receives = 2},
             {{"FifoQueue", "true"}, {"VisibilityTimeout", "10"}, {"RedrivePolicy", redrive("dead.fifo", 2)}});
  sync_all();
}

void History::operate() {
  using Operation = void (History::*)();
  static constexpr std::pair<int, Operation> kMix[] = {
      {20, &History::send},         {10, &History::send_batch},  {24, &History::receive},
      {6, &History::long_poll},     {14, &History::erase},       {4, &History::erase_batch},
      {8, &History::change},        {3, &History::change_batch}, {10, &History::look},
      {1, &History::purge},         {1, &History::abandon},      {2, &History::set_attributes},
      {1, &History::replace_queue}, {6, &History::move},         {2, &History::cancel_move},
      {2, &History::look_at_moves}, {1, &History::crowd},
  };
  int total = 0;
  for (const auto& [weight, operation] : kMix) total += weight;
  int drawn = static_cast<int>(below(dice_, static_cast<std::uint64_t>(total)));
  for (const auto& [weight, operation] : kMix) {
    if ((drawn -= weight) < 0) return (this->*operation)();
  }
}

// The store refuses the next write: a full disk. The cloud then rests a second from work of its own.
void History::with_refused_write() {
  sync_all();
  store_->fail_write_after(0);
  operate();
  store_->fail_write_after(UINT32_MAX);
  sync_all();
  clock_.time += seconds(1) + microseconds(500);
  tick_all();
}

// The disk fails a sync: the process must end and recover.
void History::with_failed_sync() {
  sync_all();
  store_->fail_sync_after(0);
  operate();
  sync_all();
  store_->fail_sync_after(UINT32_MAX);
}

void History::step() {
  // Odd microseconds: nothing ever ends at the very instant of a call.
  switch (below(dice_, 40)) {
    case 0:
      advance(seconds(below(dice_, 90)) + microseconds(below(dice_, 999) + 1));
      break;
    case 1:
      advance(minutes(below(dice_, 7)) + microseconds(below(dice_, 999) + 1));
      break;
    default:
      advance(milliseconds(below(dice_, 1500)) + microseconds(below(dice_, 999) + 1));
  }
  if (!wrong_.empty()) return;
  if (faults_.after_lulls && below(dice_, 50) == 0) return crash_after_a_lull();
  const std::uint64_t fate = faults_.random ? below(dice_, 300) : 299;
  if (fate < 4) {
    with_refused_write();
  } else if (fate < 6) {
    with_failed_sync();
  } else {
    operate();
  }
  if (fate >= 6 && fate < 12) {
    sync_next_ = false;
    return crash();
  }
  if (std::exchange(sync_next_, false) || below(dice_, 2) == 0) {
    sync_all();
  } else if (const std::size_t waiting = store_->unsynced(); waiting > 0) {
    store_->sync(below(dice_, waiting + 1));
  }
}

// All holds and delays end, all polls are answered.
void History::settle() {
  sync_all();
  advance(minutes(1) + microseconds(77));
  sync_all();
  if (wrong_.empty() && !polls_.empty()) fail("a poll was never answered");
  for (const auto& [name, queue] : model_.queues) {
    if (wrong_.empty() && queue.move && queue.move->is_active()) fail("a move task does not end");
  }
}

// What is there in the end is what the reference has: each message comes out, and nothing else.
void History::drain() {
  for (auto& [name, queue] : model_.queues) {
    for (int i = 0; i < 200 && !queue.messages.empty() && wrong_.empty(); ++i) {
      std::vector<Receipt> got;
      submit<api::sqs::ReceiveMessage>(
          receive_request(queue, 10, seconds(20)), [&](const Result& result, base::TimePoint at) {
            const std::size_t before = receipts_.size();
            std::string wrong = on_received(name, {10, seconds(20), ""}, result, at);
            const std::size_t count = result ? receipts_.size() - before : 0;
            got.assign(receipts_.end() - static_cast<std::ptrdiff_t>(count), receipts_.end());
            return wrong;
          });
      receipts_.clear();
      sync_all();
      // A crash just now may have left some in flight.
      if (got.empty()) advance(seconds(20) + microseconds(33));
      for (const Receipt& receipt : got) {
        submit<api::sqs::DeleteMessage>({queue.url, receipt.handle}, [&](const Result& result, base::TimePoint at) {
          return model_.erase(queue, receipt, at) && result ? std::string() : "a delete was refused";
        });
      }
      sync_all();
    }
    if (wrong_.empty() && !queue.messages.empty()) fail("queue " + name + " does not empty");
    look();
  }
  sync_all();
}

// The sum of a counter over everything.
std::string History::check_total(const Queue& queue, const std::string& metric, std::uint64_t right) {
  api::cloudwatch::GetMetricStatisticsInput input;
  input.namespace_ = "AWS/SQS";
  input.metric_name = metric;
  input.dimensions = std::vector<api::cloudwatch::Dimension>{{"QueueName", queue.name}};
  input.start_time = base::from_unix_seconds(1'800'000'000) - minutes(60);
  input.end_time = clock_.time + minutes(60);
  input.period = 3'600;
  input.statistics = std::vector<std::string>{"Sum"};
  std::string wrong = metric + " of " + queue.name + " was not answered";
  submit<api::cloudwatch::GetMetricStatistics>(input, [&](const Result& result, base::TimePoint) {
    double sum = 0;
    if (!result) return wrong = result.error().message;
    for (const auto& point : *result->as<api::cloudwatch::GetMetricStatisticsOutput>().datapoints) sum += *point.sum;
    const auto seen = static_cast<std::uint64_t>(sum);
    wrong = seen == right
                ? ""
                : metric + " of " + queue.name + " is " + std::to_string(seen) + " instead of " + std::to_string(right);
    return wrong;
  });
  sync_all();
  return wrong;
}

const std::string& History::check_metrics() {
  advance(minutes(3));  // until all minutes are published
  sync_all();
  for (const auto& [name, queue] : model_.queues) {
    fail(check_total(queue, "NumberOfMessagesSent", queue.sent));
    fail(check_total(queue, "NumberOfMessagesReceived", queue.received));
    fail(check_total(queue, "NumberOfMessagesDeleted", queue.deleted));
    fail(check_total(queue, "NumberOfEmptyReceives", queue.empty_receives));
    if (queue.fifo) fail(check_total(queue, "NumberOfDeduplicatedSentMessages", queue.deduplicated));
  }
  return wrong_;
}

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What a run has seen; none of its laws may be vacuous.
struct Seen {
  std::uint64_t operations = 0;
  std::uint64_t crashes = 0;
  std::uint64_t passed_over = 0;
  std::uint64_t long_moves = 0;
  std::uint64_t cancelled_moves = 0;

  void add(const History& history) {
    operations += history.operations();
    crashes += history.crashes();
    passed_over += history.passed_over();
    long_moves += history.long_moves();
    cancelled_moves += history.cancelled_moves();
  }
  std::string text() const {
    return std::to_string(operations) + " operations, " + std::to_string(crashes) + " crashes, " +
           std::to_string(passed_over) + " messages of noisy groups passed over, " + std::to_string(long_moves) +
           " move tasks of several steps, " + std::to_string(cancelled_moves) + " cancelled\n";
  }
};

// Crashes, refusals and failed syncs at random.
TEST(SqsModel, RandomHistoriesWithFaultsAgree) {
  const std::uint64_t first = setting("RENKEI_MODEL_SEED", 1);
  const std::uint64_t histories = setting("RENKEI_MODEL_HISTORIES", std::getenv("RENKEI_MODEL_SEED") ? 1 : 100);
  Seen seen;
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    History history(seed, {.random = true});
    ASSERT_EQ(history.run(1000), "");
    seen.add(history);
  }
  std::cout << "seeds " << first << " to " << first + histories - 1 << ": " << seen.text();
  if (histories < 20) return;
  EXPECT_GT(seen.passed_over, 0u);
  EXPECT_GT(seen.long_moves, 0u);
  EXPECT_GT(seen.cancelled_moves, 0u);
}

// Histories with a crash at each of their writes in turn, once losing it and once just after it is durable.
TEST(SqsModel, ACrashAtEveryWriteLosesNothing) {
  const std::uint64_t first = setting("RENKEI_MODEL_SEED", 7);
  const std::uint64_t seeds = setting("RENKEI_MODEL_CRASHED", 1);
  constexpr int kOperations = 60;
  std::uint64_t writes = 0;
  Seen seen;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    History whole(seed, {});
    ASSERT_EQ(whole.run(kOperations), "");
    for (std::uint64_t write = 0; write < whole.writes(); ++write) {
      for (const bool keep : {false, true}) {
        History history(seed, {.crash_at_write = write, .keep_write = keep});
        ASSERT_EQ(history.run(kOperations), "");
        seen.add(history);
      }
    }
    writes += whole.writes();
  }
  std::cout << "seeds " << first << " to " << first + seeds - 1 << ": " << writes
            << " writes, crashed at each twice: " << seen.text();
}

// What CloudWatch has of each queue is what was done, to the last message, also over crashes that come when nothing was
// counted for some seconds.
TEST(SqsModel, MetricsAddUpToWhatWasDone) {
  Seen seen;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    History history(seed, {.after_lulls = seed % 2 == 0});
    ASSERT_EQ(history.run(400), "");
    ASSERT_EQ(history.check_metrics(), "") << "seed " << seed;
    seen.add(history);
  }
  EXPECT_GT(seen.crashes, 8u);
}

}  // namespace
}  // namespace cloud::model
