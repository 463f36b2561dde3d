#pragma once

// An engine on a store that tests can break: turns, ticks, crashes and restarts as the cloud makes them. For *_test.cpp
// files.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "queue/engine.h"
#include "store/memory/memory_store.h"

namespace queue {

using namespace std::chrono_literals;

inline constexpr base::Duration kRetention = 4h;

class NoInvoker : public service::Invoker {
  base::Outcome<api::Object> invoke(const api::Operation&, const api::Object&, service::Context&) override {
    std::abort();
  }
};

// So that short tests see compaction.
inline constexpr std::uint64_t kLookEvery = 16;

// Runs turns on an engine the way the cloud does.
struct Bench {
  store::MemoryStore store;
  base::SeededRandom random;
  NoInvoker invoker;
  service::Call call;
  base::TimePoint now = base::from_unix_seconds(1'700'000'000);
  std::unique_ptr<Engine> engine = std::make_unique<Engine>(kLookEvery);
  std::map<QueueId, Traits> queues;  // what the owner of the engine knows
  std::uint64_t accepted = 0;        // batches that the store took
  Engine::OnDamage on_damage;        // of engines that a restart makes

  explicit Bench(bool auto_sync = true, std::uint64_t seed = 1,
                 std::uint32_t segment_bytes = store::MemoryStore::kSegmentBytes)
      : store(auto_sync, segment_bytes), random(seed) {}

  // False when the body asked for a rollback or the store refused.
  template <class Body>
  bool turn(Body body) {
    service::Change change(store.tail());
    service::Context ctx{call, now, random, change, invoker, store, {}};
    bool good = body(ctx);
    if (good && !change.batch().empty()) {
      good = store.write(change.batch(), [](auto) {}).has_value();
      accepted += good ? 1 : 0;
    }
    if (!good) change.roll_back_to({0, 0, 0});
    for (auto& effect : change.take_effects()) effect();
    return good;
  }
  void create(QueueId id, Traits traits = {.retention = kRetention}) {
    if (turn([&](service::Context& ctx) { return engine->create(ctx.change, id, traits), true; })) queues[id] = traits;
  }
  void reshape(QueueId id, Traits traits) {
    if (turn([&](service::Context& ctx) { return engine->reshape(ctx.change, id, traits), true; })) queues[id] = traits;
  }
  Sent enqueue(QueueId id, Outgoing message) {
    Sent sent;
    turn([&](service::Context& ctx) { return sent = engine->send(ctx.change, id, message, ctx.now), true; });
    return sent;
  }
  Sequence send(QueueId id, std::string payload, base::Duration delay = 0s) {
    return enqueue(id, Outgoing{.payload = payload, .delay = delay, .tag = "t-" + payload}).number;
  }
  // To a FIFO queue: "group" and a payload that is its own deduplication id.
  Sequence line(QueueId id, std::string group, std::string payload) {
    return enqueue(id, Outgoing{payload, {}, group, payload, "t-" + payload}).number;
  }
  std::vector<Delivery> receive(QueueId id, std::size_t max = 1, base::Duration hold = 30s, std::string attempt = "") {
    std::vector<Delivery> deliveries;
    turn([&](service::Context& ctx) {
      deliveries = engine->receive(ctx, id, {max, hold, attempt}).value();
      return true;
    });
    return deliveries;
  }
  std::expected<bool, Refusal> erase(const Receipt& receipt) {
    std::expected<bool, Refusal> erased;
    turn([&](service::Context& ctx) { return erased = engine->erase(ctx.change, receipt, ctx.now), true; });
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
  Engine::Moved move(QueueId from, std::optional<QueueId> to, std::size_t max = 100) {
    Engine::Moved moved;
    turn([&](service::Context& ctx) {
      const auto route = [to](QueueId source) { return to.value_or(source); };
      moved = engine->move(ctx, from, route, max, [this] { return "moved" + std::to_string(++tags); }).value();
      return true;
    });
    return moved;
  }
  int tags = 0;
  void tick() {
    for (int turns = 0; engine->deadline() <= now && turns < 1000; ++turns) {
      turn([&](service::Context& ctx) { return engine->tick(ctx), true; });
    }
    ASSERT_GT(engine->deadline(), now);
  }
  void restart() {
    engine = std::make_unique<Engine>(kLookEvery);
    engine->on_damage(on_damage);
    ASSERT_TRUE(store.recover(engine->recovery()));
    for (const auto& [id, traits] : queues) engine->recover(id, traits, now);
    turn([&](service::Context& ctx) { return engine->recovered(ctx.change), true; });
  }
  struct Poll {
    std::shared_ptr<bool> gone_away = std::make_shared<bool>(false);
    std::shared_ptr<std::string> answer = std::make_shared<std::string>("waits");
  };
  Poll poll(QueueId id, base::Duration wait);
  // Bytes that are needed on disk, without notes.
  std::uint64_t stored() const { return store.journal_use().live_bytes; }
  std::string counts(QueueId id) {
    const Counts counts = engine->counts(id, now);
    return std::to_string(counts.visible) + "/" + std::to_string(counts.in_flight) + "/" +
           std::to_string(counts.delayed);
  }
};

inline std::string payloads(const std::vector<Delivery>& deliveries) {
  std::string text;
  for (const Delivery& delivery : deliveries) text += delivery.payload + " ";
  return text;
}

inline Bench::Poll Bench::poll(QueueId id, base::Duration wait) {
  Poll poll;
  engine->wait(id, {.deadline = now + wait,
                    .wanted = {1, 30s, ""},
                    .abandoned = [away = poll.gone_away] { return *away; },
                    .answer =
                        [answer = poll.answer](service::Context&, Waiter::Result result) {
                          *answer = result.queue_gone ? "gone" : payloads(result.deliveries.value());
                        }});
  return poll;
}

}  // namespace queue
