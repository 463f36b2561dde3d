#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/sqs/operations.h"
#include "sim/ledger.h"
#include "sim/names.h"
#include "sim/workload.h"
#include "sim/world.h"

namespace sim {

// What programs act on.
struct Stage {
  World& world;
  Ledger& ledger;
  Names& names;
  const Workload& workload;
};

// Things planned by somebody who may be gone by then.
class Life {
 public:
  explicit Life(World& world) : world_(world) {}
  ~Life() { *over_ = true; }
  Life(const Life&) = delete;

  bool over() const { return *over_; }
  void end() { *over_ = true; }
  template <class F>
  void after(base::Duration delay, F action) {
    world_.after(delay, [over = over_, action = std::move(action)]() mutable {
      if (!*over) action();
    });
  }
  std::shared_ptr<const bool> token() const { return over_; }

 private:
  World& world_;
  std::shared_ptr<bool> over_ = std::make_shared<bool>(false);
};

// Sends messages, for a task or for the world outside.
class Producer {
 public:
  Producer(Stage& stage, const Production& production, std::uint64_t seed);
  void begin();
  void end() { life_.end(); }

 private:
  void plan(std::size_t stream);
  void send(std::int64_t messages);
  void send_batch(const std::string& url, std::int64_t messages);

  Stage& stage_;
  const Production& production_;
  base::SeededRandom random_;
  std::vector<ArrivalStream> streams_;
  Life life_;
};

// The workers of one task.
class Consumer {
 public:
  // `exit` ends the container.
  Consumer(Stage& stage, const Consumption& consumption, std::uint64_t seed, std::function<void(int)> exit);
  ~Consumer() { cut_off(); }
  Consumer(const Consumer&) = delete;

  void begin();
  // SIGTERM; `exit` follows when everything at hand is done. Not called for programs that ignore it.
  void stop();
  // The container is gone: what was at hand stays undone.
  void cut_off();
  // Worker time spent on messages since the last call.
  base::Duration take_busy(base::TimePoint now);

 private:
  using Messages = std::vector<api::sqs::Message>;
  struct Worker {
    Messages batch;
    std::size_t next = 0;
    std::size_t taken = 0;  // messages of this batch when it came
    bool working = false;
    base::TimePoint working_since{};
    base::TimePoint counted_until{};
    base::TimePoint polled_at{};
    std::shared_ptr<bool> poll;  // set while a receive waits
    std::uint64_t heartbeat = 0;
  };

  void receive(Worker& worker);
  void heard(Worker& worker, base::Outcome<api::sqs::ReceiveMessageResult> answer);
  void count_polls(const Worker& worker, bool empty);
  void handle(Worker& worker);
  void finish(Worker& worker);
  void succeed(const api::sqs::Message& message, base::TimePoint begun);
  void fail(const api::sqs::Message& message);
  void beat(Worker& worker);
  bool remove(const api::sqs::Message& message);
  void hold(const api::sqs::Message& message, std::int64_t seconds);
  void forward();
  void rest(Worker& worker);
  base::Duration call_time() const { return stage_.workload.call; }
  QueueTotals& totals() { return stage_.ledger.totals(queue_); }

  Stage& stage_;
  const Consumption& consumption_;
  base::SeededRandom random_;
  std::function<void(int)> exit_;
  std::string url_;
  std::string queue_;
  std::list<Worker> workers_;
  base::Duration busy_{};
  bool stopping_ = false;
  bool crashed_ = false;
  Life life_;
};

// What runs in the first essential container of a task.
class Program {
 public:
  Program(Stage& stage, const ServiceModel* model, std::uint64_t seed, std::function<void(int)> exit);

  void begin();
  void sigterm();
  void gone();  // the container has ended
  // vCPU seconds since the last call.
  double take_cpu(base::TimePoint now);
  base::Duration take_busy(base::TimePoint now);
  std::int64_t memory() const { return model_ == nullptr ? 0 : model_->memory; }

 private:
  Stage& stage_;
  const ServiceModel* model_;
  base::SeededRandom random_;
  std::function<void(int)> exit_;
  std::list<Producer> producers_;
  std::optional<Consumer> consumer_;
  void collect(base::TimePoint now);

  base::TimePoint counted_until_{};
  base::Duration busy_for_cpu_{};
  base::Duration busy_{};
  Life life_;
};

// A seed of its own for each thing that draws, so that a change to one leaves the others as they were.
std::uint64_t seed_of(std::uint64_t seed, std::string_view name, std::uint64_t number);

}  // namespace sim
