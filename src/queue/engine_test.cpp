#include "queue/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "base/random.h"
#include "store/memory/memory_store.h"

namespace {

using namespace std::chrono_literals;
using queue::Delivery;
using queue::Engine;
using queue::QueueId;
using queue::Receipt;
using queue::Refusal;

constexpr base::Duration kRetention = 4h;

class NoInvoker : public service::Invoker {
  base::Outcome<api::Object> invoke(const api::Operation&, const api::Object&, service::Context&) override {
    std::abort();
  }
};

// Runs turns on an engine the way the cloud does.
struct Bench {
  store::MemoryStore store;
  base::SeededRandom random;
  NoInvoker invoker;
  service::Call call;
  base::TimePoint now = base::from_unix_seconds(1'700'000'000);
  std::unique_ptr<Engine> engine = std::make_unique<Engine>();
  std::map<QueueId, base::Duration> queues;  // what the owner of the engine knows
  std::uint64_t accepted = 0;                // batches that the store took

  explicit Bench(bool auto_sync = true, std::uint64_t seed = 1) : store(auto_sync), random(seed) {}

  // False when the body asked for a rollback or the store refused.
  template <class Body>
  bool turn(Body body) {
    service::Change change;
    service::Context ctx{call, now, random, change, invoker, store, {}};
    bool good = body(ctx);
    if (good && !change.batch().empty()) {
      good = store.write(change.batch(), [](auto) {}).has_value();
      accepted += good ? 1 : 0;
    }
    if (!good) change.roll_back_to({0, 0, 0});
    return good;
  }
  void create(QueueId id, base::Duration retention = kRetention) {
    if (turn([&](service::Context& ctx) { return engine->create(ctx.change, id, retention), true; })) {
      queues[id] = retention;
    }
  }
  queue::Sequence send(QueueId id, std::string payload, base::Duration delay = 0s) {
    queue::Sequence message = 0;
    turn([&](service::Context& ctx) {
      message = engine->send(ctx.change, id, std::move(payload), delay, ctx.now);
      return true;
    });
    return message;
  }
  std::vector<Delivery> receive(QueueId id, std::size_t max = 1, base::Duration hold = 30s) {
    std::vector<Delivery> deliveries;
    turn([&](service::Context& ctx) {
      deliveries = engine->receive(ctx, id, {max, hold}).value();
      return true;
    });
    return deliveries;
  }
  bool erase(const Receipt& receipt) {
    bool erased = false;
    turn([&](service::Context& ctx) {
      erased = engine->erase(ctx.change, receipt, ctx.now);
      return true;
    });
    return erased;
  }
  std::expected<void, Refusal> hold(const Receipt& receipt, base::Duration hold) {
    std::expected<void, Refusal> result;
    turn([&](service::Context& ctx) {
      result = engine->hold(ctx.change, receipt, hold, ctx.now);
      return true;
    });
    return result;
  }
  void tick() {
    for (int turns = 0; engine->deadline() <= now && turns < 1000; ++turns) {
      turn([&](service::Context& ctx) { return engine->tick(ctx), true; });
    }
    ASSERT_GT(engine->deadline(), now);
  }
  void restart() {
    engine = std::make_unique<Engine>();
    for (service::TableBase* table : engine->tables()) {
      ASSERT_TRUE(store.scan(table->prefix(), "", [&](std::string_view key, std::string_view bytes) {
        return table->load(key.substr(table->prefix().size()), bytes);
      }));
    }
    for (const auto& [id, retention] : queues) engine->recover(id, retention);
    turn([&](service::Context& ctx) { return engine->recovered(ctx.change), true; });
  }
  std::string counts(QueueId id) {
    const queue::Counts counts = engine->counts(id, now);
    return std::to_string(counts.visible) + "/" + std::to_string(counts.in_flight) + "/" +
           std::to_string(counts.delayed);
  }
};

std::string payloads(const std::vector<Delivery>& deliveries) {
  std::string text;
  for (const Delivery& delivery : deliveries) text += delivery.payload + " ";
  return text;
}

TEST(Receipt, RoundTripsAndKnowsGarbage) {
  const Receipt receipt{7, 1'000'000'007, 3, 0xdeadbeefdeadbeef};
  std::string bytes = queue::encode(receipt);
  Receipt read;
  ASSERT_TRUE(queue::decode(bytes, read));
  EXPECT_EQ(read, receipt);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    EXPECT_FALSE(queue::decode(broken, read)) << i;
    EXPECT_FALSE(queue::decode(bytes.substr(0, i), read)) << i;
  }
}

TEST(Header, RoundTripsAndNeverReadsCutBytes) {
  const queue::Header header{base::TimePoint(1s), base::TimePoint(2s), base::TimePoint(3s), {}, base::TimePoint(4s), 9};
  const std::string bytes = queue::encode(header);
  queue::Header read;
  ASSERT_TRUE(queue::decode(bytes, read));
  EXPECT_EQ(read, header);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(queue::decode(bytes.substr(0, size), read));
}

TEST(Engine, AMessageIsHiddenWhileHeldAndComesBackBehindTheOthers) {
  Bench bench;
  bench.create(1);
  bench.send(1, "a");
  bench.send(1, "b");
  EXPECT_EQ(payloads(bench.receive(1)), "a ");
  EXPECT_EQ(bench.counts(1), "1/1/0");
  bench.now += 30s;
  EXPECT_EQ(bench.counts(1), "2/0/0");
  const auto again = bench.receive(1, 10);
  EXPECT_EQ(payloads(again), "b a ");
  EXPECT_EQ(again[1].header.deliveries, 2u);
  EXPECT_EQ(again[1].header.first_received_at, bench.now - 30s);
}

TEST(Engine, DelayedMessagesWaitTheirTime) {
  Bench bench;
  bench.create(1);
  bench.send(1, "late", 10s);
  EXPECT_EQ(bench.counts(1), "0/0/1");
  EXPECT_TRUE(bench.receive(1).empty());
  bench.now += 10s;
  EXPECT_EQ(payloads(bench.receive(1)), "late ");
}

TEST(Engine, AnyReceiptOfAMessageErasesItOnce) {
  Bench bench;
  bench.create(1);
  bench.send(1, "a");
  const auto first = bench.receive(1, 1, 0s);
  const auto second = bench.receive(1, 1, 30s);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_TRUE(bench.erase(first[0].receipt));
  EXPECT_FALSE(bench.erase(second[0].receipt));
  EXPECT_EQ(bench.counts(1), "0/0/0");
  EXPECT_EQ(bench.store.rows().size(), 1u);  // the mark of the queue
}

TEST(Engine, HoldsEndTwelveHoursAfterTheDeliveryAtMost) {
  Bench bench;
  bench.create(1, 96h);
  bench.send(1, "a");
  const auto got = bench.receive(1, 1, 11h);
  bench.now += 10h;
  EXPECT_EQ(bench.hold(got[0].receipt, 2h + 1s).error(), Refusal::HeldTooLong);
  EXPECT_TRUE(bench.hold(got[0].receipt, 2h));
  bench.now += 2h - 1s;
  EXPECT_EQ(bench.counts(1), "0/1/0");
  bench.now += 1s;
  EXPECT_EQ(bench.counts(1), "1/0/0");
  EXPECT_TRUE(bench.hold(got[0].receipt, 60s)) << "an expired hold is accepted and changes nothing";
  EXPECT_EQ(bench.counts(1), "1/0/0");
  bench.receive(1);
  EXPECT_EQ(bench.hold(got[0].receipt, 60s).error(), Refusal::Superseded);
  bench.erase(got[0].receipt);
  EXPECT_EQ(bench.hold(got[0].receipt, 60s).error(), Refusal::Gone);
}

TEST(Engine, AHoldOfZeroMakesTheMessageReadyAtOnce) {
  Bench bench;
  bench.create(1);
  bench.send(1, "a");
  const auto got = bench.receive(1);
  EXPECT_TRUE(bench.hold(got[0].receipt, 0s));
  EXPECT_EQ(bench.counts(1), "1/0/0");
}

TEST(Engine, RetentionRemovesAlsoWhatIsInFlight) {
  Bench bench;
  bench.create(1, 60s);
  bench.send(1, "a");
  bench.send(1, "b");
  bench.receive(1, 1, 1h);
  bench.now += 61s;
  bench.tick();
  EXPECT_EQ(bench.counts(1), "0/0/0");
  EXPECT_TRUE(bench.receive(1).empty());
  EXPECT_EQ(bench.engine->deadline(), base::kNever);
}

TEST(Engine, PurgeTakesEverythingButWhatIsSentLaterAndCanBeUndone) {
  Bench bench;
  bench.create(1);
  bench.create(2);
  for (const char* payload : {"a", "b", "c"}) bench.send(1, payload);
  bench.send(1, "d", 60s);
  bench.send(2, "other");
  bench.receive(1);
  const auto purge = [&](service::Context& ctx) { return bench.engine->purge(ctx.change, 1), true; };
  bench.turn([&](service::Context& ctx) { return purge(ctx), false; });
  EXPECT_EQ(bench.counts(1), "2/1/1");
  bench.turn(purge);
  EXPECT_EQ(bench.counts(1), "0/0/0");
  bench.send(1, "later");
  bench.restart();
  EXPECT_EQ(payloads(bench.receive(1, 10)), "later ");
  EXPECT_EQ(payloads(bench.receive(2, 10)), "other ");
}

TEST(Engine, ARemovedQueueLeavesNothingAndSequencesGoOnRising) {
  Bench bench;
  bench.create(1);
  const auto before = bench.send(1, "a");
  bench.restart();
  EXPECT_GT(bench.send(1, "b"), before);
  bench.turn([&](service::Context& ctx) { return bench.engine->remove(ctx.change, 1), false; });
  EXPECT_EQ(bench.counts(1), "2/0/0");
  bench.turn([&](service::Context& ctx) { return bench.engine->remove(ctx.change, 1), true; });
  EXPECT_TRUE(bench.store.rows().empty());
}

TEST(Engine, TheOldestAgeLeavesOutWornAndDelayedMessages) {
  Bench bench;
  bench.create(1);
  EXPECT_FALSE(bench.engine->oldest_age(1, bench.now));
  bench.send(1, "worn");
  bench.now += 10s;
  bench.send(1, "late", 30s);
  bench.send(1, "young");
  bench.now += 5s;
  EXPECT_EQ(bench.engine->oldest_age(1, bench.now), 15s);
  for (int i = 0; i < 4; ++i) bench.receive(1, 1, 0s);  // "worn", "young", and "worn" twice: equal times go by age
  EXPECT_EQ(bench.engine->oldest_age(1, bench.now), 5s);
  bench.now += 30s;
  EXPECT_EQ(bench.engine->oldest_age(1, bench.now), 35s) << "\"late\" was sent before it, but available after it";
}

struct Poll {
  std::shared_ptr<bool> gone_away = std::make_shared<bool>(false);
  std::shared_ptr<std::string> answer = std::make_shared<std::string>("waits");
};

Poll poll(Bench& bench, QueueId id, base::Duration wait) {
  Poll poll;
  bench.engine->wait(id, {.deadline = bench.now + wait,
                          .max = 1,
                          .hold = 30s,
                          .abandoned = [away = poll.gone_away] { return *away; },
                          .answer =
                              [answer = poll.answer](service::Context&, queue::Waiter::Result result) {
                                *answer = result.queue_gone ? "gone" : payloads(result.deliveries.value());
                              }});
  return poll;
}

TEST(Waiters, AreServedInTheOrderInWhichTheyCame) {
  Bench bench;
  bench.create(1);
  const Poll first = poll(bench, 1, 20s);
  const Poll second = poll(bench, 1, 5s);
  bench.tick();
  bench.send(1, "a");
  EXPECT_EQ(*first.answer, "waits");
  bench.tick();
  EXPECT_EQ(*first.answer, "a ");
  EXPECT_EQ(*second.answer, "waits");
  EXPECT_EQ(bench.engine->deadline(), bench.now + 5s);
  bench.now += 5s;
  bench.tick();
  EXPECT_EQ(*second.answer, "");
  EXPECT_EQ(bench.engine->waiting(), 0u);
}

TEST(Waiters, WhoWentAwayGetsNothing) {
  Bench bench;
  bench.create(1);
  const Poll first = poll(bench, 1, 20s);
  const Poll second = poll(bench, 1, 20s);
  *first.gone_away = true;
  bench.send(1, "a");
  bench.tick();
  EXPECT_EQ(*first.answer, "waits");
  EXPECT_EQ(*second.answer, "a ");
}

TEST(Waiters, WakeWhenADelayOrAHoldEndsOrIsEnded) {
  Bench bench;
  bench.create(1);
  bench.send(1, "late", 3s);
  const Poll delayed = poll(bench, 1, 20s);
  EXPECT_EQ(bench.engine->deadline(), bench.now + 3s);
  bench.now += 3s;
  bench.tick();
  EXPECT_EQ(*delayed.answer, "late ");

  const Poll held = poll(bench, 1, 20s);
  bench.send(1, "x");
  bench.tick();
  EXPECT_EQ(*held.answer, "x ");
}

TEST(Waiters, HearThatTheirQueueIsGone) {
  Bench bench;
  bench.create(1);
  const Poll waiting = poll(bench, 1, 20s);
  bench.turn([&](service::Context& ctx) { return bench.engine->remove(ctx.change, 1), true; });
  bench.tick();
  EXPECT_EQ(*waiting.answer, "gone");
}

// The engine against a list of messages that is searched from end to end: same deliveries, same counts, whatever
// happens, also when calls are undone, the store refuses, or unsynced writes are lost.
struct Model {
  struct Message {
    queue::Sequence sequence;
    std::string payload;
    base::TimePoint sent_at, visible_at, received_at;
    std::uint32_t deliveries = 0;
  };
  std::map<QueueId, std::vector<Message>> queues;

  static base::TimePoint expiry(const Message& message) {
    return std::chrono::ceil<std::chrono::seconds>(message.sent_at + kRetention);
  }
  void expire(base::TimePoint now) {
    for (auto& [id, messages] : queues) std::erase_if(messages, [&](auto& m) { return expiry(m) <= now; });
  }
  Message* find(const Receipt& receipt) {
    for (Message& message : queues[receipt.queue]) {
      if (message.sequence == receipt.message) return &message;
    }
    return nullptr;
  }
  std::string receive(QueueId id, std::size_t max, base::Duration hold, base::TimePoint now) {
    std::string text;
    std::vector<Message*> ready;
    for (Message& message : queues[id]) {
      if (message.visible_at <= now) ready.push_back(&message);
    }
    std::ranges::sort(ready, [](auto* a, auto* b) {
      return std::pair(a->visible_at, a->sequence) < std::pair(b->visible_at, b->sequence);
    });
    for (Message* message : ready) {
      if (max-- == 0) break;
      message->visible_at = now + hold;
      message->received_at = now;
      ++message->deliveries;
      text += message->payload + ":" + std::to_string(message->deliveries) + " ";
    }
    return text;
  }
  std::string counts(QueueId id, base::TimePoint now) {
    int visible = 0, in_flight = 0, delayed = 0;
    for (const Message& message : queues[id]) {
      (message.visible_at <= now ? visible : message.deliveries > 0 ? in_flight : delayed) += 1;
    }
    return std::to_string(visible) + "/" + std::to_string(in_flight) + "/" + std::to_string(delayed);
  }
};

class History {
 public:
  explicit History(std::uint64_t seed) : bench_(false, seed), random_(seed * 7919) {
    for (const QueueId id : {1, 2}) {
      bench_.create(id);
      model_.queues[id];
    }
    bench_.store.sync();
    durable_ = model_;
    seen_ = bench_.accepted;
  }

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      SCOPED_TRACE(step);
      bench_.now += std::chrono::milliseconds(base::below(random_, 8) == 0 ? base::below(random_, 600'000) : 5);
      bench_.tick();
      model_.expire(bench_.now);
      remember();
      act();
      remember();
      compare();
    }
  }

 private:
  std::uint64_t pick(std::uint64_t bound) { return base::below(random_, bound); }
  QueueId any_queue() { return 1 + pick(2); }
  // Half of the time something goes wrong after the call, and must leave no trace.
  enum class Fate { Kept, Undone, Refused };
  Fate fate() {
    const std::uint64_t roll = pick(10);
    return roll == 0 ? Fate::Undone : roll == 1 ? Fate::Refused : Fate::Kept;
  }
  template <class Body>
  bool turn(Body body) {
    const Fate fate = this->fate();
    if (fate == Fate::Refused) bench_.store.fail_write_after(0);
    const std::uint64_t before = bench_.store.writes();
    const bool kept = bench_.turn([&](service::Context& ctx) { return body(ctx), fate != Fate::Undone; });
    if (fate == Fate::Refused && bench_.store.writes() == before) clear_refusal();
    return kept;
  }
  // A turn that wrote nothing has not met the refusal.
  void clear_refusal() {
    (void)bench_.store.write({}, [](auto) {});
  }

  // After each write: which model the disk would recover to. Batches become durable in order.
  void remember() {
    while (seen_ < bench_.accepted) {
      ++seen_;
      unsynced_.push_back(model_);
    }
    if (!unsynced_.empty()) unsynced_.back() = model_;
  }

  void act() {
    const std::uint64_t roll = pick(100);
    if (roll < 30) return send();
    if (roll < 60) return receive();
    if (roll < 75) return erase();
    if (roll < 88) return hold();
    if (roll < 90) return purge();
    if (roll < 97) return sync();
    crash();
  }

  void send() {
    const QueueId id = any_queue();
    const std::string payload = "m" + std::to_string(sent_++);
    const base::Duration delay = std::chrono::seconds(pick(3) == 0 ? pick(900) : 0);
    queue::Sequence sequence = 0;
    const bool kept =
        turn([&](service::Context& ctx) { sequence = bench_.engine->send(ctx.change, id, payload, delay, ctx.now); });
    if (kept) model_.queues[id].push_back({sequence, payload, bench_.now, bench_.now + delay, {}, 0});
  }
  void receive() {
    const QueueId id = any_queue();
    const std::size_t max = 1 + pick(10);
    const base::Duration hold = std::chrono::seconds(pick(120));
    std::vector<Delivery> deliveries;
    const bool kept =
        turn([&](service::Context& ctx) { deliveries = bench_.engine->receive(ctx, id, {max, hold}).value(); });
    std::string text;
    for (const Delivery& d : deliveries) text += d.payload + ":" + std::to_string(d.header.deliveries) + " ";
    if (!kept && !deliveries.empty()) return;
    ASSERT_EQ(text, model_.receive(id, max, hold, bench_.now));
    for (const Delivery& delivery : deliveries) receipts_.push_back(delivery.receipt);
  }
  void erase() {
    if (receipts_.empty()) return;
    const Receipt receipt = receipts_[pick(receipts_.size())];
    Model::Message* held = model_.find(receipt);
    bool erased = false;
    const bool kept = turn([&](service::Context& ctx) { erased = bench_.engine->erase(ctx.change, receipt, ctx.now); });
    ASSERT_EQ(erased, held != nullptr);
    if (kept && held != nullptr) {
      std::erase_if(model_.queues[receipt.queue], [&](auto& m) { return m.sequence == receipt.message; });
    }
  }
  void hold() {
    if (receipts_.empty()) return;
    const Receipt receipt = receipts_[pick(receipts_.size())];
    const base::Duration hold = std::chrono::seconds(pick(43'201));
    Model::Message* held = model_.find(receipt);
    std::expected<void, Refusal> result;
    const bool kept =
        turn([&](service::Context& ctx) { result = bench_.engine->hold(ctx.change, receipt, hold, ctx.now); });
    if (held == nullptr || held->deliveries != receipt.delivery) {
      ASSERT_FALSE(result);
      return;
    }
    const bool active = held->visible_at > bench_.now;
    const bool too_long = bench_.now + hold > held->received_at + 12h;
    ASSERT_EQ(result.has_value(), !active || !too_long);
    if (kept && result && active) held->visible_at = bench_.now + hold;
  }
  void purge() {
    const QueueId id = any_queue();
    if (turn([&](service::Context& ctx) { bench_.engine->purge(ctx.change, id); })) model_.queues[id].clear();
  }
  void sync() {
    const std::size_t count = pick(unsynced_.size() + 1);
    bench_.store.sync(count);
    if (count > 0) durable_ = unsynced_[count - 1];
    unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  void crash() {
    bench_.store.crash();
    bench_.restart();
    model_ = durable_;
    model_.expire(bench_.now);
    unsynced_.clear();
    bench_.tick();
    seen_ = bench_.accepted;
    bench_.store.sync();
    durable_ = model_;
  }
  void compare() {
    bench_.tick();
    for (const QueueId id : {1, 2}) ASSERT_EQ(bench_.counts(id), model_.counts(id, bench_.now)) << "queue " << id;
  }

  Bench bench_;
  base::SeededRandom random_;
  Model model_;
  Model durable_;
  std::deque<Model> unsynced_;
  std::uint64_t seen_ = 0;
  int sent_ = 0;
  std::vector<Receipt> receipts_;
};

TEST(Engine, AgreesWithASimpleModelThroughUndoRefusalAndCrash) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History(seed).run(400);
    if (HasFailure()) return;
  }
}

}  // namespace
