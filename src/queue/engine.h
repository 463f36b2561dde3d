#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "queue/agenda.h"
#include "queue/lineup.h"
#include "queue/log.h"
#include "queue/message.h"
#include "queue/waiters.h"
#include "service/context.h"

namespace queue {

// All queues: their messages in the store's journal, what is about to happen to them in memory, who waits for them.
// Every writing call adds to the turn's change and can be undone by it. Unless said otherwise a queue that is named
// must exist.
//
// No call costs more on a deep queue than on an empty one, but for a logarithm.
class Engine {
 public:
  // In flight per queue at most (SQS quotas); a receive hands out nothing beyond it.
  static constexpr std::uint64_t kInFlightMax = 120'000;
  // Long polls that may wait at once, over all queues; more are answered at once.
  static constexpr std::size_t kWaitersMax = 100'000;
  // Longest hold, counted from the delivery however often it is prolonged; beyond it the call is refused, not
  // shortened (ChangeMessageVisibility, API reference).
  static constexpr base::Duration kLongestHold = std::chrono::hours(12);

  // After so many changes it is worth asking the store whether a segment is mostly dead.
  static constexpr std::uint64_t kLookEvery = 4'096;

  explicit Engine(std::uint64_t look_every = kLookEvery);
  ~Engine();

  // Told of each message that can't be read any more, as soon as that is sure. It is then set aside: no call meets it
  // again and it is not counted, so that the others of its queue, or its group, go on. Its records stay in the journal
  // until its retention ends or the queue is purged. After a restart it is found again, at the start or when it is its
  // turn.
  using OnDamage = std::function<void(QueueId, Sequence, const store::Error&)>;
  void on_damage(OnDamage told) { on_damage_ = std::move(told); }

  // What the journal tells at start goes there.
  store::Recovery& recovery();
  // After that: says what a queue that exists is.
  void recover(QueueId queue, const Traits& traits, base::TimePoint now);
  // After that: removes messages of queues that nobody named.
  void recovered(service::Change& change);

  void create(service::Change& change, QueueId queue, const Traits& traits);
  void reshape(service::Change& change, QueueId queue, const Traits& traits);
  void remove(service::Change& change, QueueId queue);
  // Removes every message there is now, in whatever state, and forgets what was sent. Takes no longer on a deep queue.
  void purge(service::Change& change, QueueId queue);

  // FIFO: of messages with the same deduplication id within DedupWindow::kDedupWindow of the first one, only that is
  // enqueued.
  Sent send(service::Change& change, QueueId queue, Outgoing message, base::TimePoint now);

  // Hands out messages and hides each for `hold`. FIFO: as many as possible of the group whose turn it is, in order,
  // then of others; a group whose first message is in flight waits. With an attempt id that was used within
  // Attempts::kAttemptWindow the same messages and receipts come again, held anew, unless one was erased or held
  // otherwise since. Messages that were received too often go to the dead-letter queue on the way. An error: nothing
  // was changed.
  std::expected<std::vector<Delivery>, store::Error> receive(service::Context& ctx, QueueId queue,
                                                             const Wanted& wanted);
  // True when there was still something to erase. Standard: any receipt of the message does. FIFO: only the last one,
  // while its hold lasts; refused with Superseded or Expired.
  std::expected<bool, Refusal> erase(service::Change& change, const Receipt& receipt, base::TimePoint now);
  // Hides the message until now + hold. Standard: accepted without effect when the hold ended and nobody received the
  // message since.
  std::expected<void, Refusal> hold(service::Change& change, const Receipt& receipt, base::Duration hold,
                                    base::TimePoint now);

  // Moves up to `max` messages that could be received now, in that order, each to the queue that `route` names for the
  // one from which it was dead-lettered (0: from none). They become new there: number, time, tag (from `new_tag`), no
  // deliveries. Stops at the first one that has nowhere to go.
  struct Moved {
    std::size_t count = 0;
    enum class Stop : std::uint8_t { None, NoSource, NoTarget } stop = Stop::None;
    bool more = false;  // fewer than wanted although there may be more: many had to be set aside
  };
  using Route = std::function<QueueId(QueueId source)>;
  std::expected<Moved, store::Error> move(service::Context& ctx, QueueId from, const Route& route, std::size_t max,
                                          const std::function<std::string()>& new_tag);

  bool exists(QueueId queue) const;
  Counts counts(QueueId queue, base::TimePoint now);
  // How long the oldest message has been available; nothing when there is none that counts (see Standard and Fifo).
  std::optional<base::Duration> oldest_age(QueueId queue, base::TimePoint now);
  // The same without the messages of noisy groups.
  std::optional<base::Duration> quiet_oldest_age(QueueId queue, base::TimePoint now);

  // False when too many wait already.
  bool wait(QueueId queue, Waiter waiter);
  std::size_t waiting() const { return waiters_.size(); }

  base::TimePoint deadline() const;
  void tick(service::Context& ctx);

 private:
  struct Held;
  class Recovery;
  struct Buried;
  struct Taken;
  struct InAnswer {
    std::size_t index, size;
  };

  // engine.cpp
  Held& held(QueueId queue, base::TimePoint now);
  static std::optional<base::Duration> age_since(const Held& source, Lineup::Among among);
  Sequence next_number(service::Change& change, QueueId queue, Held& held);
  void put(service::Change& change, QueueId queue, Sequence number, const State& before, State after);
  void put_back(QueueId queue, Sequence number, const std::optional<Fresh>& put, State before);
  void remember(service::Change& change, QueueId queue, Sequence number, base::TimePoint at, const Facts& facts);
  void give_up(service::Change& change, const Spot& spot);
  void retire(service::Change& change, const Spot& spot, const State& state);
  void release_if_vacant(QueueId queue, GroupId group);
  void reschedule(QueueId queue);
  base::TimePoint next_work(QueueId queue) const;

  // receive.cpp
  using Deliveries = std::expected<std::vector<Delivery>, store::Error>;
  Deliveries hand_out(service::Context& ctx, QueueId queue, const Wanted& wanted);
  std::optional<Deliveries> hand_out_again(service::Context& ctx, QueueId queue, const Wanted& wanted);
  std::vector<Taken> take(service::Context& ctx, QueueId queue, const Wanted& wanted);
  std::expected<std::vector<Log::Fetched>, store::Error> read(service::Context& ctx, QueueId queue,
                                                              std::vector<Taken>& taken);
  void set_aside(service::Change& change, const Spot& spot, const State& now, const store::Error& error);
  bool pass_over(service::Context& ctx, QueueId queue, const Lineup::Pick& pick);
  void deliver(service::Context& ctx, QueueId queue, const Wanted& wanted, Taken& taken, Log::Fetched& fetched,
               InAnswer in_answer, Delivery& delivery);
  void note_attempt(service::Change& change, QueueId queue, const std::string& id,
                    const std::vector<Delivery>& deliveries);

  // transfer.cpp
  const Held* dead_letters_of(const Held& source) const;
  void transfer(service::Context& ctx, QueueId from, const Lineup::Pick& pick, store::Place body, QueueId to,
                Header header, const Facts& facts);
  std::expected<Moved::Stop, store::Error> move_one(service::Context& ctx, QueueId from, const Lineup::Pick& pick,
                                                    const Route& route, const std::function<std::string()>& new_tag);
  void dead_letter(service::Context& ctx, QueueId from, const Lineup::Pick& pick);

  // upkeep.cpp
  void expire(service::Change& change, QueueId queue, base::TimePoint now);
  void sweep(service::Change& change, QueueId queue, base::TimePoint now);
  void serve(service::Context& ctx, QueueId queue);
  bool serve_first(service::Context& ctx, QueueId queue);

  // compact.cpp
  bool compaction_due() const;
  void compact(service::Context& ctx);
  std::size_t rewrite(service::Context& ctx, const store::Living& living);
  bool stands_at(const store::Living& living, GroupId group);
  void relocate(const store::Living& living, GroupId group, store::Place to, store::Place body);

  std::unique_ptr<Recovery> recovery_;
  Log log_;
  std::map<QueueId, Held> queues_;
  Waiters waiters_;
  Agenda agenda_;
  // Of purged queues, freed a slice at a time.
  std::deque<std::shared_ptr<Buried>> buried_;
  // Groups that an undone send has left behind, maybe empty.
  std::vector<std::pair<QueueId, GroupId>> left_groups_;
  // What lives in a segment that is mostly dead, to be written anew; changes since the last look for such a segment.
  std::deque<store::Living> scattered_;
  std::uint32_t scattered_in_ = 0;
  std::set<std::uint32_t> stuck_;  // segments with something in them that can't be written anew
  std::uint64_t look_every_;
  std::uint64_t changes_ = 0;
  OnDamage on_damage_;
};

}  // namespace queue
