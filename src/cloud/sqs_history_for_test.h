#pragma once

// A random history of SQS operations on a whole cloud, with a virtual clock and a store that crashes, refuses and
// fails, held to a reference. sqs_history_test.cpp has the operations, sqs_model_test.cpp the rest and the tests. For
// *_test.cpp files.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/sqs/operations.h"
#include "cloud/cloud.h"
#include "cloud/sqs_reference_for_test.h"
#include "runtime/fake/scripted_runtime.h"
#include "store/memory/memory_store.h"

namespace cloud::model {

using base::below;
using reference::Queue;
using reference::Receipt;
using reference::Received;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

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
  // Now and then a crash when nothing was counted for some seconds: metrics must be exact over it.
  bool after_lulls = false;
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
  // Receives that had to pass over a noisy group.
  std::uint64_t passed_over() const { return model_.passed_over; }
  // Move tasks that made several steps, and that were cancelled.
  std::uint64_t long_moves() const { return long_moves_; }
  std::uint64_t cancelled_moves() const { return cancelled_moves_; }
  // What CloudWatch has against what was done; of a history without faults.
  const std::string& check_metrics();
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
  void crash_after_a_lull();
  void make_queues();
  void make_queue(Queue queue, std::map<std::string, std::string> attributes);
  template <class Op>
  void submit(typename Op::Input input, Apply apply, std::shared_ptr<bool> gone = nullptr);
  void deliver(const api::Operation& operation, api::Object input, Apply apply, std::shared_ptr<bool> gone);
  void tick_all();
  void after_turn();
  void check_polls();
  void bury_for_polls();
  void follow_moves();
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
  void send_all(const Queue& queue, std::vector<reference::Sending> all);
  void receive();
  void receive_from(const Queue& queue, std::size_t max, std::optional<base::Duration> hold,
                    const std::string& attempt);
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
  void crowd();
  void move();
  void cancel_move();
  void look_at_moves();
  std::optional<std::string> target_of_move(Queue& from);

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
  std::string on_received(const std::string& queue, const reference::Wanted& wanted, const Result& result,
                          base::TimePoint at);
  std::string check_total(const Queue& queue, const std::string& metric, std::uint64_t right);

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
  std::uint64_t long_moves_ = 0;
  std::uint64_t cancelled_moves_ = 0;
  std::uint64_t setup_writes_ = UINT32_MAX;
  bool crashed_at_write_ = false;
  bool sync_next_ = false;
  bool sync_turns_ = false;  // each at once
  std::string last_;
  std::string wrong_;
};

api::sqs::ReceiveMessageRequest receive_request(const Queue& queue, std::size_t max,
                                                std::optional<base::Duration> hold);

// Each answer is held to the reference when it comes; then what follows from the turn is done.
template <class Op>
void History::submit(typename Op::Input input, Apply apply, std::shared_ptr<bool> gone) {
  deliver(Op::operation(), api::Object::of(std::move(input)), std::move(apply), std::move(gone));
}

}  // namespace cloud::model
