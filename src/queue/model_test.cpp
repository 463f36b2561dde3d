// Random histories of everything an engine does, against a model that searches lists from end to end: same deliveries,
// same counts, whatever happens, also when calls are undone, the store refuses, or unsynced writes are lost. A failure
// names its seed; RENKEI_QUEUE_SEEDS=from-to runs others, RENKEI_QUEUE_STEPS longer ones.

#include <cstdlib>
#include <deque>
#include <functional>

#include "queue/bench_for_test.h"
#include "queue/model_for_test.h"

namespace {

using namespace std::chrono_literals;
using queue::Bench;
using queue::Delivery;
using queue::Model;
using queue::QueueId;
using queue::Receipt;
using queue::Refusal;
using queue::Traits;

constexpr QueueId kStandard = 1, kStandardDead = 2, kFifo = 3, kFifoDead = 4, kSlowFifo = 5;
// Small, so that segments fill, die and are compacted within a history.
constexpr std::uint32_t kSegmentBytes = 16u << 10;

std::string text(const std::string& payload, const queue::Header& header, const queue::Facts& facts,
                 queue::Sequence number) {
  const auto micros = [](base::TimePoint at) { return std::to_string(at.time_since_epoch().count()); };
  return payload + "#" + std::to_string(number) + " x" + std::to_string(header.deliveries) + " sent " +
         micros(header.sent_at) + " first " + micros(header.first_received_at) + " hidden to " +
         micros(header.visible_at) + " " + facts.tag + "/" + facts.group + "/" + facts.dedup_id + " from " +
         std::to_string(facts.source) + "\n";
}

class History {
 public:
  explicit History(std::uint64_t seed) : bench_(false, seed, kSegmentBytes), random_(seed * 7919) {
    create(kStandard, {.retention = queue::kRetention, .redrive = Traits::Redrive{kStandardDead, 4}});
    create(kStandardDead, {.retention = queue::kRetention});
    create(kFifo, {.fifo = true, .retention = queue::kRetention, .redrive = Traits::Redrive{kFifoDead, 3}});
    create(kFifoDead, {.fifo = true, .retention = queue::kRetention});
    create(kSlowFifo, {.fifo = true, .dedup_per_group = true, .retention = 10min, .delay = 20s});
    bench_.store.sync();
    states_ = {model_};
    seen_ = bench_.accepted;
  }

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      bench_.now += std::chrono::milliseconds(pick(8) == 0 ? pick(60'000) : pick(40) == 0 ? pick(600'000) : 5);
      bench_.tick();
      model_.expire(bench_.now);
      remember();
      act(pick(100));
      remember();
      compare();
    }
  }
  std::size_t writes() const { return states_.size() - 1; }
  // Power fails when only the first `count` of all unsynced writes are on disk.
  void crash_after(std::size_t count) {
    bench_.store.sync(count);
    bench_.store.crash();
    bench_.restart();
    model_ = states_[count];
    model_.restart();
    model_.expire(bench_.now);
    bench_.tick();
    bench_.store.sync();
    states_ = {model_};
    seen_ = bench_.accepted;
    // Deliveries that were lost were never answered.
    std::erase_if(receipts_, [&](const Receipt& receipt) {
      const Model::Entry* entry = model_.find(receipt.queue, receipt.message);
      return entry != nullptr && (entry->here() == 0 || entry->header.deliveries < receipt.delivery);
    });
    compare();
  }
  // Everything there is comes out as the model says.
  void drain() {
    bench_.now += 13h;
    bench_.now -= 12h + 50min;  // the holds end, what is kept stays
    for (const QueueId id : {kStandard, kStandardDead, kFifo, kFifoDead, kSlowFifo}) {
      bench_.tick();
      model_.expire(bench_.now);
      for (int i = 0; i < 200 && !testing::Test::HasFatalFailure(); ++i) receive(id, 10, 60s, "");
    }
    compare();
  }

 private:
  void create(QueueId id, const Traits& traits) {
    bench_.create(id, traits);
    model_.queues[id].traits = traits;
  }
  std::uint64_t pick(std::uint64_t bound) { return base::below(random_, bound); }
  QueueId any_queue() {
    const std::uint64_t roll = pick(10);
    return roll < 4 ? kStandard : roll < 8 ? kFifo : roll == 8 ? kSlowFifo : pick(2) == 0 ? kStandardDead : kFifoDead;
  }
  // Sometimes something goes wrong after the call, and must leave no trace but numbers that were left out.
  template <class Body>
  bool turn(const Model& before, Body body) {
    const std::uint64_t fate = pick(10);
    if (fate == 1) bench_.store.fail_write_after(0);
    const std::uint64_t writes = bench_.store.writes();
    const bool kept = bench_.turn([&](service::Context& ctx) { return body(ctx), fate != 0; });
    // A turn that wrote nothing has not met the refusal.
    if (fate == 1 && bench_.store.writes() == writes) (void)bench_.store.write({}, [](auto) {});
    if (kept) return true;
    Model undone = before;
    for (auto& [id, queue] : undone.queues) queue.last = model_.queues.at(id).last;
    model_ = undone;
    return false;
  }
  // After each write: which model the disk would recover to. Batches become durable in order.
  void remember() {
    while (seen_ < bench_.accepted) {
      ++seen_;
      states_.push_back(model_);
    }
    if (states_.size() > 1) states_.back() = model_;
  }

  void act(std::uint64_t roll) {
    if (roll < 30) return send();
    if (roll < 58) {
      const std::uint64_t hold = pick(4) == 0 ? 0 : pick(120);
      return receive(any_queue(), 1 + pick(10), std::chrono::seconds(hold),
                     pick(6) == 0 ? "try" + std::to_string(pick(4)) : "");
    }
    if (roll < 76) return erase();
    if (roll < 86) return hold();
    if (roll < 87) return purge();
    if (roll < 90) return move();
    if (roll < 98) return sync();
    crash_after(0);
  }

  void send() {
    const QueueId id = any_queue();
    const bool fifo = model_.queues.at(id).traits.fifo;
    queue::Outgoing message;
    message.payload = "m" + std::to_string(++sent_) + std::string(pick(300), '.');
    message.tag = "t" + std::to_string(sent_);
    if (fifo || pick(4) == 0) message.group = "g" + std::to_string(pick(4));
    if (fifo) message.dedup_id = "d" + std::to_string(pick(3) == 0 ? pick(30) : 1000 + static_cast<unsigned>(sent_));
    if (!fifo && pick(3) == 0) message.delay = std::chrono::seconds(pick(900));
    const Model before = model_;
    const queue::Sent expected = model_.send(id, message, bench_.now);
    queue::Sent sent;
    turn(before, [&](service::Context& ctx) { sent = bench_.engine->send(ctx.change, id, message, ctx.now); });
    ASSERT_EQ(sent.number, expected.number);
    ASSERT_EQ(sent.duplicate, expected.duplicate);
    ASSERT_EQ(sent.tag, expected.tag);
  }
  void receive(QueueId id, std::size_t max, base::Duration hold, std::string attempt_id) {
    if (!model_.queues.at(id).traits.fifo) attempt_id = "";
    const Model before = model_;
    std::optional<std::vector<Model::Entry>> handed;
    if (!attempt_id.empty()) handed = model_.again(id, attempt_id, hold, bench_.now);
    const bool again = handed.has_value();
    if (!again) handed = model_.receive(id, max, hold, bench_.now);
    std::vector<Delivery> deliveries;
    const bool kept = turn(before, [&](service::Context& ctx) {
      deliveries = bench_.engine->receive(ctx, id, {max, hold, attempt_id}).value();
    });
    std::string expected, got;
    for (const Model::Entry& entry : *handed) expected += text(entry.payload, entry.header, entry.facts, entry.number);
    for (const Delivery& d : deliveries) got += text(d.payload, d.header, d.facts, d.receipt.message);
    ASSERT_EQ(got, expected);
    if (!kept) return;
    for (const Delivery& delivery : deliveries) receipts_.push_back(delivery.receipt);
    if (attempt_id.empty() || deliveries.empty()) return;
    Model::Attempt attempt{bench_.now, {}, {}};
    for (const Delivery& d : deliveries) {
      attempt.receipts.push_back(d.receipt);
      attempt.visible_at.push_back(d.header.visible_at);
    }
    auto& attempts = model_.queues.at(id).attempts;
    if (again) {
      ASSERT_EQ(attempt.receipts, attempts.at(attempt_id).receipts);
    }
    attempts[attempt_id] = attempt;
  }
  // Why a receipt does not do, by the model; nothing when it does.
  std::optional<Refusal> refusal(const Receipt& receipt, bool erasing) {
    const Model::Entry* entry = model_.find(receipt.queue, receipt.message);
    const bool fifo = model_.queues.at(receipt.queue).traits.fifo;
    if (entry == nullptr) return Refusal::Gone;
    if (erasing && !fifo) return std::nullopt;
    if (entry->header.deliveries != receipt.delivery) return Refusal::Superseded;
    if (fifo && !entry->hidden(bench_.now)) return Refusal::Expired;
    return std::nullopt;
  }
  void erase() {
    if (receipts_.empty()) return;
    const Receipt receipt = receipts_[pick(receipts_.size())];
    const Model before = model_;
    const std::optional<Refusal> refused = refusal(receipt, true);
    if (!refused) model_.erase(receipt.queue, receipt.message);
    std::expected<bool, Refusal> erased;
    turn(before, [&](service::Context& ctx) { erased = bench_.engine->erase(ctx.change, receipt, ctx.now); });
    if (refused && *refused != Refusal::Gone) {
      ASSERT_EQ(erased, std::unexpected(*refused));
    } else {
      ASSERT_EQ(erased, !refused.has_value());
    }
  }
  void hold() {
    if (receipts_.empty()) return;
    const Receipt receipt = receipts_[pick(receipts_.size())];
    const base::Duration hold = std::chrono::seconds(pick(3) == 0 ? 0 : pick(43'201));
    const Model before = model_;
    std::optional<Refusal> refused = refusal(receipt, false);
    Model::Entry* entry = model_.find(receipt.queue, receipt.message);
    if (!refused && entry->hidden(bench_.now)) {
      if (bench_.now + hold > entry->header.received_at + 12h) {
        refused = Refusal::HeldTooLong;
      } else {
        entry->header.visible_at = bench_.now + hold;
      }
    }
    std::expected<void, Refusal> result;
    turn(before, [&](service::Context& ctx) { result = bench_.engine->hold(ctx.change, receipt, hold, ctx.now); });
    if (refused) {
      ASSERT_FALSE(result.has_value());
      ASSERT_EQ(result.error(), *refused);
    } else {
      ASSERT_TRUE(result.has_value());
    }
  }
  void purge() {
    const QueueId id = any_queue();
    const Model before = model_;
    Model::Queue& queue = model_.queues.at(id);
    queue.entries.clear();
    queue.firsts.clear();
    queue.attempts.clear();
    turn(before, [&](service::Context& ctx) { bench_.engine->purge(ctx.change, id); });
  }
  void move() {
    const QueueId from = pick(2) == 0 ? kStandardDead : kFifoDead;
    const std::size_t max = 1 + pick(5);
    const Model before = model_;
    const int tags = tags_;
    const std::size_t expected = model_.move(from, max, bench_.now, tags_);
    int engine_tags = tags;
    std::size_t moved = 0;
    turn(before, [&](service::Context& ctx) {
      const auto tag = [&] { return "moved" + std::to_string(++engine_tags); };
      const auto home = [](QueueId source) { return source; };
      moved = bench_.engine->move(ctx, from, home, max, tag).value().count;
    });
    ASSERT_EQ(moved, expected);
  }
  void sync() {
    const std::size_t count = pick(states_.size());
    bench_.store.sync(count);
    states_.erase(states_.begin(), states_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  void compare() {
    bench_.tick();
    for (const auto& [id, queue] : model_.queues) {
      ASSERT_EQ(bench_.counts(id), model_.counts(id, bench_.now)) << "queue " << id;
    }
  }

  Bench bench_;
  base::SeededRandom random_;
  Model model_;
  std::deque<Model> states_;  // what is durable, and after it each unsynced write
  std::uint64_t seen_ = 0;
  int sent_ = 0;
  int tags_ = 0;
  std::vector<Receipt> receipts_;
};

TEST(EngineModel, AgreesThroughUndoRefusalAndCrash) {
  std::uint64_t first = 1, last = 60;
  int steps = 400;
  if (const char* seeds = std::getenv("RENKEI_QUEUE_SEEDS")) {
    first = std::strtoull(seeds, nullptr, 10);
    const char* dash = std::strchr(seeds, '-');
    last = dash == nullptr ? first : std::strtoull(dash + 1, nullptr, 10);
  }
  if (const char* text = std::getenv("RENKEI_QUEUE_STEPS")) steps = std::atoi(text);
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed);
    history.run(steps);
    if (!HasFailure()) history.drain();
    if (HasFailure()) return;
  }
}

// One history, cut after every single write that it made.
TEST(EngineModel, AgreesAfterACrashAtEveryWrite) {
  for (std::uint64_t seed = 1'000; seed < 1'004; ++seed) {
    std::size_t writes = 1;
    for (std::size_t cut = 0; cut < writes; ++cut) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " cut after " + std::to_string(cut));
      History history(seed);
      history.run(40);
      writes = history.writes() + 1;
      history.crash_after(std::min(cut, history.writes()));
      if (!HasFailure()) history.drain();
      if (HasFailure()) return;
    }
  }
}

}  // namespace
