#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "sim/histogram.h"

namespace sim {

// What happened at one queue, seen from the tasks.
struct QueueTotals {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t handled = 0;  // for the first time, each message once
  std::uint64_t failed = 0;   // handlings that ended in failure
  // Received although somebody had it before, by why it came again.
  std::uint64_t again_while_in_work = 0;  // the visibility time-out ended before the work did
  std::uint64_t again_after_failure = 0;
  std::uint64_t again_after_stop = 0;  // the task that had it was stopped or crashed
  std::uint64_t handled_twice = 0;     // handlings of messages that had been handled already
  std::uint64_t cut_off = 0;           // messages in work when their task was stopped
  std::uint64_t lost = 0;              // deleted before the work, which then failed or was cut off
  std::uint64_t send_requests = 0;     // in chunks of 64 KiB, as they are billed
  std::uint64_t receive_requests = 0;
  std::uint64_t empty_receives = 0;
  std::uint64_t other_requests = 0;  // deletes and changes of visibility
  std::uint64_t refused = 0;
  Histogram waited;  // from being sent to the beginning of the work that handled it
  Histogram whole;   // from being sent to having been handled
  base::Duration work{};

  std::uint64_t requests() const { return send_requests + receive_requests + other_requests; }
};

// Where each message is. A body is its number here, so that a receive finds it again.
class Ledger {
 public:
  QueueTotals& totals(const std::string& queue) { return queues_[queue]; }
  const std::map<std::string, QueueTotals>& queues() const { return queues_; }

  // "17", or "17p" of a message that nobody can handle, padded with blanks to its size.
  std::string write(bool poison, std::int64_t size);
  void sent(std::string_view body, const std::string& queue, base::TimePoint now);
  static bool is_poison(std::string_view body);

  void received(std::string_view body, const std::string& queue);
  // `kept`: the queue still has the message.
  void failed(std::string_view body, const std::string& queue, bool kept);
  void cut_off(std::string_view body, const std::string& queue, bool kept);
  void handled(std::string_view body, const std::string& queue, base::TimePoint begun, base::TimePoint now);

  std::size_t letters() const { return letters_.size(); }

 private:
  enum class Fate : std::uint8_t { Waiting, Failed, Stopped };
  struct Letter {
    base::TimePoint sent{};
    std::uint16_t holders = 0;  // that received it and have not let go
    Fate fate = Fate::Waiting;
    bool received = false;
    bool handled = false;
  };

  static std::uint64_t number_of(std::string_view body);
  Letter* find(std::string_view body);
  void let_go(std::string_view body, Fate fate, bool kept = true);

  std::map<std::string, QueueTotals> queues_;
  std::unordered_map<std::uint64_t, Letter> letters_;  // never gone through: its order is nobody's
  std::uint64_t next_ = 1;
};

}  // namespace sim
