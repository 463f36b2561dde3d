#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace sim {

// What the models are about to do, by time; equal times in the order in which they were planned.
class Agenda {
 public:
  using Action = std::move_only_function<void()>;

  void at(base::TimePoint time, Action action) {
    entries_.push_back({time, next_number_++, std::move(action)});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  base::TimePoint next() const { return entries_.empty() ? base::kNever : entries_.front().time; }
  // Runs the first; there must be one.
  void run_first() {
    std::pop_heap(entries_.begin(), entries_.end(), later);
    Action action = std::move(entries_.back().action);
    entries_.pop_back();
    action();
  }

 private:
  struct Entry {
    base::TimePoint time;
    std::uint64_t number;
    Action action;
  };
  static bool later(const Entry& a, const Entry& b) { return a.time != b.time ? a.time > b.time : a.number > b.number; }

  std::vector<Entry> entries_;
  std::uint64_t next_number_ = 0;
};

}  // namespace sim
