// Random histories of SQS operations through the whole cloud, with a virtual clock and a store that crashes, refuses
// and fails, held to a reference. Laws: nothing acknowledged is lost, nothing deleted comes back, no FIFO message
// overtakes its group or is handed out while it is held, counts and receive counts are exact, dead letters go where
// they must.
//
// A failure prints its seed. RENKEI_MODEL_SEED repeats one history, RENKEI_MODEL_HISTORIES makes a longer run.

#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>

#include "api/sqs/operations.h"
#include "cloud/cloud.h"
#include "cloud/sqs_reference_for_test.h"
#include "runtime/fake/scripted_runtime.h"
#include "store/memory/memory_store.h"

namespace cloud {
namespace {

using base::below;
using reference::Queue;
using reference::Receipt;
using reference::Received;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Whether histories have FIFO queues, dead-letter queues.
constexpr bool kWithFifo = true;
constexpr bool kWithRedrive = true;

// Small ones, so that segments fill up, are compacted and reused.
constexpr std::uint32_t kSegmentBytes = 32 << 10;

struct Clock : base::Clock {
  base::TimePoint time = base::from_unix_seconds(1'800'000'000);
  base::TimePoint now() const override { return time; }
};

struct NoBlobs : Blobs {
  void release(const std::string&) override {}
  void keep_only(const std::set<std::string>&) override {}
  std::optional<std::string> read(const std::string&, std::uint64_t) override { return std::nullopt; }
};

// What goes wrong in a history.
struct Faults {
  bool random = false;  // now and then, of every kind
  // A crash at the write with this number, which is lost or made durable first.
  std::optional<std::uint64_t> crash_at_write;
  bool keep_write = false;
};

class History {
 public:
  History(std::uint64_t seed, Faults faults) : seed_(seed), faults_(faults), dice_(seed), cloud_random_(seed + 1) {
    store_ = std::make_unique<store::MemoryStore>(false, kSegmentBytes);
    boot();
    make_queues();
    setup_writes_ = store_->writes();
  }

  // Empty when everything was right; else what was not.
  const std::string& run(int operations) {
    for (int i = 0; i < operations && wrong_.empty(); ++i) step();
    if (wrong_.empty()) settle();
    for (int i = 0; i < 2 && wrong_.empty(); ++i) drain();  // the first may fill dead-letter queues
    if (!wrong_.empty()) {
      wrong_ = "seed " + std::to_string(seed_) + ", operation " + std::to_string(operations_) + " (" + last_ +
               "), crash at write " + (faults_.crash_at_write ? std::to_string(*faults_.crash_at_write) : "-") + ": " +
               wrong_;
    }
    return wrong_;
  }

  std::uint64_t operations() const { return operations_; }
  std::uint64_t crashes() const { return crashes_; }
  // Without those that made the queues.
  std::uint64_t writes() const { return store_->writes() - setup_writes_; }

 private:
  using Result = base::Outcome<api::Object>;
  // Holds an answer to the reference as of the time at which it was made; says what is wrong.
  using Apply = std::function<std::string(const Result&, base::TimePoint)>;
  struct Poll {
    std::uint64_t number;
    std::string queue;
    base::TimePoint deadline;
    std::shared_ptr<bool> gone;
  };

  void boot();
  void crash();
  void make_queues();
  void make_queue(Queue queue, std::map<std::string, std::string> attributes);
  template <class Op>
  void submit(typename Op::Input input, Apply apply, std::shared_ptr<bool> gone = nullptr);
  void tick_all();
  void after_turn();
  void check_polls();
  void bury_for_polls();
  void sync_all();
  void advance(base::Duration span);
  void step();
  void settle();
  void drain();
  void operate();
  void with_refused_write();
  void with_failed_sync();

  void send();
  void send_batch();
  void receive();
  void long_poll();
  void abandon();
  void erase();
  void erase_batch();
  void change();
  void change_batch();
  void look();
  void purge();
  void set_attributes();
  void replace_queue();

  void fail(const std::string& what) {
    if (wrong_.empty() && !what.empty()) wrong_ = what;
  }
  Queue& pick() {
    auto at = model_.queues.begin();
    std::advance(at, below(dice_, model_.queues.size()));
    return at->second;
  }
  Receipt* pick_receipt() { return receipts_.empty() ? nullptr : &receipts_[below(dice_, receipts_.size())]; }
  reference::Sending make_sending(const Queue& queue);
  std::string on_received(const std::string& queue, std::size_t max, base::Duration hold, const Result& result,
                          base::TimePoint at);

  const std::uint64_t seed_;
  const Faults faults_;
  base::SeededRandom dice_;
  base::SeededRandom cloud_random_;
  Clock clock_;
  NoBlobs blobs_;
  std::unique_ptr<store::MemoryStore> store_;
  std::unique_ptr<runtime::ScriptedRuntime> runtime_;
  std::unique_ptr<Cloud> cloud_;
  reference::Sqs model_;
  std::deque<Receipt> receipts_;
  std::vector<Poll> polls_;
  std::uint64_t bodies_ = 0;
  std::uint64_t names_ = 0;
  std::uint64_t poll_numbers_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t setup_writes_ = UINT32_MAX;
  bool crashed_at_write_ = false;
  bool sync_next_ = false;
  std::string last_;
  std::string wrong_;
};

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
  tick_all();
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
  if (!polls_.empty()) sync_all();  // an answer is made when it comes
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

template <class Op>
void History::submit(typename Op::Input input, Apply apply, std::shared_ptr<bool> gone) {
  ++operations_;
  last_ = Op::operation().name;
  service::Call call;
  call.base_url = "http://localhost:4566";
  const bool late = gone != nullptr;
  if (!late) gone = std::make_shared<bool>(false);
  auto deliver = [this, late, made = clock_.time, apply = std::move(apply)](service::Answer answer) {
    if (!answer.result && answer.result.error().shape->http_status >= 500) {
      if (late) static_cast<void>(apply(answer.result, clock_.time));
      return;  // refused by the disk: nothing happened
    }
    const base::TimePoint at = late ? clock_.time : made;
    model_.expire(at);
    if (late) bury_for_polls();
    fail(apply(answer.result, at));
  };
  cloud_->submit({&Op::operation(), api::Object::of(std::move(input)), call}, {std::move(deliver), std::move(gone)});
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
  if (kWithRedrive) {
    make_queue({.name = "dead", .dead_letters = true}, {});
    make_queue({.name = "source", .hold = seconds(10), .target = "dead", .max_receives = 2},
               {{"VisibilityTimeout", "10"}, {"RedrivePolicy", redrive("dead", 2)}});
  }
  if (kWithFifo) {
    make_queue({.name = "line.fifo", .fifo = true, .hold = seconds(10)},
               {{"FifoQueue", "true"}, {"VisibilityTimeout", "10"}});
    make_queue({.name = "scoped.fifo", .fifo = true, .dedup_per_group = true, .delay = seconds(2)},
               {{"FifoQueue", "true"}, {"DeduplicationScope", "messageGroup"}, {"DelaySeconds", "2"}});
  }
  if (kWithFifo && kWithRedrive) {
    make_queue({.name = "dead.fifo", .fifo = true, .dead_letters = true}, {{"FifoQueue", "true"}});
    make_queue({.name = "source.fifo", .fifo = true, .hold = seconds(10), .target = "dead.fifo", .max_receives = 2},
               {{"FifoQueue", "true"}, {"VisibilityTimeout", "10"}, {"RedrivePolicy", redrive("dead.fifo", 2)}});
  }
  sync_all();
}

reference::Sending History::make_sending(const Queue& queue) {
  reference::Sending what;
  what.body = "m" + std::to_string(++bodies_);
  if (queue.fifo) {
    what.group = "g" + std::to_string(below(dice_, 4));
    // Mostly an id of its own, now and then one of a few.
    what.dedup = below(dice_, 3) > 0 ? what.body : "d" + std::to_string(below(dice_, 6));
  } else if (below(dice_, 3) == 0) {
    what.delay = seconds(below(dice_, 8));
  }
  return what;
}

// Where messages are dead-lettered a receive must see all there is, or the reference can't tell what it moved.
bool is_full(const Queue& queue) {
  return queue.messages.size() >= (queue.max_receives > 0 || queue.dead_letters ? 6 : 60);
}

void History::send() {
  Queue& queue = pick();
  if (is_full(queue)) return receive();
  const reference::Sending what = make_sending(queue);
  api::sqs::SendMessageRequest input;
  input.queue_url = queue.url;
  input.message_body = what.body;
  if (what.delay) input.delay_seconds = what.delay->count() / 1'000'000;
  if (queue.fifo) input.message_group_id = what.group;
  if (queue.fifo) input.message_deduplication_id = what.dedup;
  submit<api::sqs::SendMessage>(input, [this, what, name = queue.name](const Result& result, base::TimePoint at) {
    if (!result) return result.error().message;
    const auto& output = result->as<api::sqs::SendMessageResult>();
    return model_.sent(model_.queues.at(name), what, output.message_id.value_or(""),
                       output.sequence_number.value_or(""), at);
  });
}

void History::send_batch() {
  Queue& queue = pick();
  if (is_full(queue)) return receive();
  std::vector<reference::Sending> all;
  api::sqs::SendMessageBatchRequest input;
  input.queue_url = queue.url;
  for (std::uint64_t i = below(dice_, queue.max_receives > 0 ? 3 : 10) + 1; i > 0; --i) {
    all.push_back(make_sending(queue));
    auto& entry = input.entries.emplace_back();
    entry.id = "e" + std::to_string(all.size() - 1);
    entry.message_body = all.back().body;
    if (all.back().delay) entry.delay_seconds = all.back().delay->count() / 1'000'000;
    if (queue.fifo) entry.message_group_id = all.back().group;
    if (queue.fifo) entry.message_deduplication_id = all.back().dedup;
  }
  submit<api::sqs::SendMessageBatch>(input, [this, all, name = queue.name](const Result& result, base::TimePoint at) {
    if (!result) return result.error().message;
    const auto& output = result->as<api::sqs::SendMessageBatchResult>();
    if (output.successful.size() != all.size()) return std::string("a part of a batch was refused");
    std::string wrong;
    for (std::size_t i = 0; i < all.size() && wrong.empty(); ++i) {
      const auto& entry = output.successful[i];
      if (entry.id != "e" + std::to_string(i)) return std::string("a batch answers out of order");
      wrong = model_.sent(model_.queues.at(name), all[i], entry.message_id, entry.sequence_number.value_or(""), at);
    }
    return wrong;
  });
}

std::string History::on_received(const std::string& name, std::size_t max, base::Duration hold, const Result& result,
                                 base::TimePoint at) {
  if (!result) return model_.queues.contains(name) ? result.error().message : "";
  std::vector<Received> got;
  const auto& messages = result->as<api::sqs::ReceiveMessageResult>().messages;
  for (const auto& message : messages.value_or(std::vector<api::sqs::Message>())) {
    got.push_back({*message.body, *message.message_id, *message.receipt_handle, *message.attributes});
    receipts_.push_back({name, *message.body, *message.receipt_handle});
    if (receipts_.size() > 60) receipts_.pop_front();
  }
  return model_.received(model_.queues.at(name), got, max, hold, at);
}

api::sqs::ReceiveMessageRequest receive_request(const Queue& queue, std::size_t max,
                                                std::optional<base::Duration> hold) {
  api::sqs::ReceiveMessageRequest input;
  input.queue_url = queue.url;
  input.max_number_of_messages = static_cast<std::int64_t>(max);
  input.message_system_attribute_names = std::vector<std::string>{"All"};
  if (hold) input.visibility_timeout = hold->count() / 1'000'000;
  return input;
}

void History::receive() {
  const Queue& queue = pick();
  const std::size_t max = queue.max_receives > 0 ? 10 : below(dice_, 10) + 1;
  std::optional<base::Duration> hold;
  if (below(dice_, 2) == 0) hold = seconds(below(dice_, 20));
  auto input = receive_request(queue, max, hold);
  input.wait_time_seconds = 0;
  submit<api::sqs::ReceiveMessage>(
      input, [this, max, hold, name = queue.name](const Result& result, base::TimePoint at) {
        const auto known = model_.queues.find(name);
        const base::Duration held = hold.value_or(known == model_.queues.end() ? base::Duration() : known->second.hold);
        return on_received(name, max, held, result, at);
      });
}

void History::long_poll() {
  const Queue& queue = pick();
  if (polls_.size() >= 4) return abandon();
  sync_all();
  if (!wrong_.empty()) return;
  const std::size_t max = queue.max_receives > 0 ? 10 : below(dice_, 10) + 1;
  const base::Duration hold = seconds(below(dice_, 20));
  auto input = receive_request(queue, max, hold);
  input.wait_time_seconds = static_cast<std::int64_t>(below(dice_, 20) + 1);
  const auto gone = std::make_shared<bool>(false);
  const std::uint64_t number = ++poll_numbers_;
  polls_.push_back({number, queue.name, clock_.time + seconds(*input.wait_time_seconds), gone});
  submit<api::sqs::ReceiveMessage>(
      input,
      [this, number, max, hold, gone, name = queue.name](const Result& result, base::TimePoint at) -> std::string {
        const bool some = result && result->as<api::sqs::ReceiveMessageResult>().messages;
        const auto first = std::ranges::find_if(polls_, [&](const Poll& p) { return p.queue == name && !*p.gone; });
        if (some && *gone) return "an abandoned poll swallowed a message";
        if (some && first != polls_.end() && first->number != number) return "a poll was answered before its turn";
        std::erase_if(polls_, [&](const Poll& poll) { return poll.number == number; });
        if (*gone || (!result && result.error().shape->http_status >= 500)) return "";
        return on_received(name, max, hold, result, at);
      },
      gone);
}

// A client hangs up.
void History::abandon() {
  if (polls_.empty()) return receive();
  const std::size_t at = below(dice_, polls_.size());
  *polls_[at].gone = true;
  polls_.erase(polls_.begin() + static_cast<std::ptrdiff_t>(at));
}

void History::erase() {
  const Receipt* receipt = pick_receipt();
  if (receipt == nullptr || !model_.queues.contains(receipt->queue)) return receive();
  submit<api::sqs::DeleteMessage>(
      {model_.queues.at(receipt->queue).url, receipt->handle},
      [this, receipt = *receipt](const Result& result, base::TimePoint at) -> std::string {
        const bool right = model_.erase(model_.queues.at(receipt.queue), receipt, at);
        return right == result.has_value() ? "" : right ? result.error().message : "an expired receipt deleted";
      });
}

void History::erase_batch() {
  const Receipt* first = pick_receipt();
  if (first == nullptr || !model_.queues.contains(first->queue)) return receive();
  std::vector<Receipt> all;
  api::sqs::DeleteMessageBatchRequest input;
  input.queue_url = model_.queues.at(first->queue).url;
  for (const Receipt& receipt : receipts_) {
    if (receipt.queue != first->queue || all.size() == 10 || below(dice_, 3) == 0) continue;
    all.push_back(receipt);
    input.entries.push_back({std::to_string(all.size() - 1), receipt.handle});
  }
  if (all.empty()) return;
  submit<api::sqs::DeleteMessageBatch>(input, [this, all](const Result& result, base::TimePoint at) -> std::string {
    if (!result) return result.error().message;
    std::set<std::string> done;
    for (const auto& entry : result->as<api::sqs::DeleteMessageBatchResult>().successful) done.insert(entry.id);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool right = model_.erase(model_.queues.at(all[i].queue), all[i], at);
      if (right != done.contains(std::to_string(i)))
        return right ? "a delete was refused" : "an expired receipt deleted";
    }
    return "";
  });
}

void History::change() {
  const Receipt* receipt = pick_receipt();
  if (receipt == nullptr || !model_.queues.contains(receipt->queue)) return receive();
  const base::Duration hold = below(dice_, 3) == 0 ? seconds(0) : seconds(below(dice_, 40));
  submit<api::sqs::ChangeMessageVisibility>(
      {model_.queues.at(receipt->queue).url, receipt->handle, hold.count() / 1'000'000},
      [this, hold, receipt = *receipt](const Result& result, base::TimePoint at) -> std::string {
        const bool right = model_.change(model_.queues.at(receipt.queue), receipt, hold, at);
        return right == result.has_value() ? "" : right ? result.error().message : "a stale receipt changed a hold";
      });
}

void History::change_batch() {
  const Receipt* first = pick_receipt();
  if (first == nullptr || !model_.queues.contains(first->queue)) return receive();
  std::vector<Receipt> all;
  std::vector<base::Duration> holds;
  api::sqs::ChangeMessageVisibilityBatchRequest input;
  input.queue_url = model_.queues.at(first->queue).url;
  for (const Receipt& receipt : receipts_) {
    if (receipt.queue != first->queue || all.size() == 10 || below(dice_, 2) == 0) continue;
    all.push_back(receipt);
    holds.push_back(seconds(below(dice_, 15)));
    input.entries.push_back({std::to_string(all.size() - 1), receipt.handle, holds.back().count() / 1'000'000});
  }
  if (all.empty()) return;
  submit<api::sqs::ChangeMessageVisibilityBatch>(
      input, [this, all, holds](const Result& result, base::TimePoint at) -> std::string {
        if (!result) return result.error().message;
        std::set<std::string> done;
        for (const auto& entry : result->as<api::sqs::ChangeMessageVisibilityBatchResult>().successful) {
          done.insert(entry.id);
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
          const bool right = model_.change(model_.queues.at(all[i].queue), all[i], holds[i], at);
          if (right != done.contains(std::to_string(i))) return right ? "a change was refused" : "a stale receipt";
        }
        return "";
      });
}

std::string shown(const reference::Counts& counts) {
  return std::to_string(counts.visible) + "/" + std::to_string(counts.in_flight) + "/" + std::to_string(counts.delayed);
}

void History::look() {
  const Queue& queue = pick();
  submit<api::sqs::GetQueueAttributes>(
      {.attribute_names = {{"All"}}, .queue_url = queue.url},
      [this, name = queue.name](const Result& result, base::TimePoint at) -> std::string {
        if (!result) return result.error().message;
        const auto attributes = *result->as<api::sqs::GetQueueAttributesResult>().attributes;
        const auto count = [&](const std::string& kind) {
          return std::stoull(attributes.at("ApproximateNumberOfMessages" + kind));
        };
        const reference::Counts seen{count(""), count("NotVisible"), count("Delayed")};
        const reference::Counts right = reference::Sqs::counts(model_.queues.at(name), at);
        return seen == right ? "" : "counts of " + name + " are " + shown(seen) + " instead of " + shown(right);
      });
}

void History::purge() {
  const Queue& queue = pick();
  submit<api::sqs::PurgeQueue>({queue.url}, [this, name = queue.name](const Result& result, base::TimePoint at) {
    const bool right = model_.purge(model_.queues.at(name), at);
    return right == result.has_value() ? std::string()
                                       : "purge of " + name + (right ? " was refused" : " came too soon");
  });
}

void History::set_attributes() {
  const Queue& queue = pick();
  const std::int64_t hold = static_cast<std::int64_t>(below(dice_, 30));
  const std::int64_t retention = static_cast<std::int64_t>(60 + below(dice_, 2000));
  std::map<std::string, std::string> attributes{{"VisibilityTimeout", std::to_string(hold)}};
  if (queue.name == "brief") attributes["MessageRetentionPeriod"] = std::to_string(retention);
  submit<api::sqs::SetQueueAttributes>(
      {attributes, queue.url}, [this, hold, retention, name = queue.name](const Result& result, base::TimePoint) {
        if (!result) return result.error().message;
        Queue& changed = model_.queues.at(name);
        changed.hold = seconds(hold);
        if (name == "brief") changed.retention = seconds(retention);
        return std::string();
      });
}

// The plain queue goes and another one comes; what it held never shows up again.
void History::replace_queue() {
  sync_all();
  if (!wrong_.empty()) return;
  const auto old =
      std::ranges::find_if(model_.queues, [](const auto& each) { return each.first.starts_with("plain"); });
  if (old == model_.queues.end()) return make_queue({.name = "plain" + std::to_string(++names_)}, {});
  submit<api::sqs::DeleteQueue>({old->second.url}, [this, name = old->first](const Result& result, base::TimePoint) {
    if (!result) return result.error().message;
    model_.queues.erase(name);
    return std::string();
  });
  make_queue({.name = "plain" + std::to_string(++names_)}, {});
  sync_next_ = true;  // before anything else speaks of either
}

void History::operate() {
  using Operation = void (History::*)();
  static constexpr std::pair<int, Operation> kMix[] = {
      {20, &History::send},         {10, &History::send_batch}, {24, &History::receive}, {6, &History::long_poll},
      {14, &History::erase},        {4, &History::erase_batch}, {8, &History::change},   {3, &History::change_batch},
      {10, &History::look},         {1, &History::purge},       {1, &History::abandon},  {2, &History::set_attributes},
      {1, &History::replace_queue},
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
}

// What is there in the end is what the reference has: each message comes out, and nothing else.
void History::drain() {
  for (auto& [name, queue] : model_.queues) {
    for (int i = 0; i < 200 && !queue.messages.empty() && wrong_.empty(); ++i) {
      std::vector<Receipt> got;
      submit<api::sqs::ReceiveMessage>(
          receive_request(queue, 10, seconds(20)), [&](const Result& result, base::TimePoint at) {
            const std::size_t before = receipts_.size();
            std::string wrong = on_received(name, 10, seconds(20), result, at);
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

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Crashes, refusals and failed syncs at random.
TEST(SqsModel, RandomHistoriesWithFaultsAgree) {
  const std::uint64_t first = setting("RENKEI_MODEL_SEED", 1);
  const std::uint64_t histories = setting("RENKEI_MODEL_HISTORIES", std::getenv("RENKEI_MODEL_SEED") ? 1 : 100);
  std::uint64_t operations = 0;
  std::uint64_t crashes = 0;
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    History history(seed, {.random = true});
    ASSERT_EQ(history.run(1000), "");
    operations += history.operations();
    crashes += history.crashes();
  }
  std::cout << "seeds " << first << " to " << first + histories - 1 << ": " << operations << " operations, " << crashes
            << " crashes\n";
}

// One history, with a crash at each of its writes in turn, once losing it and once just after it is durable.
TEST(SqsModel, ACrashAtEveryWriteLosesNothing) {
  const std::uint64_t seed = setting("RENKEI_MODEL_SEED", 7);
  constexpr int kOperations = 60;
  History whole(seed, {});
  ASSERT_EQ(whole.run(kOperations), "");
  std::uint64_t operations = 0;
  for (std::uint64_t write = 0; write < whole.writes(); ++write) {
    for (const bool keep : {false, true}) {
      History history(seed, {.crash_at_write = write, .keep_write = keep});
      ASSERT_EQ(history.run(kOperations), "");
      operations += history.operations();
    }
  }
  std::cout << "seed " << seed << ": " << whole.writes() << " writes, crashed at each twice, " << operations
            << " operations\n";
}

}  // namespace
}  // namespace cloud
