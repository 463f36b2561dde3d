#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.h"
#include "queue/message.h"

namespace queue {

// The one structure for all that waits for time: when each queue wants attention next.
class Agenda {
 public:
  // kNever takes the queue off.
  void set(QueueId queue, base::TimePoint at) {
    const auto before = scheduled_.find(queue);
    if (before != scheduled_.end()) {
      if (before->second == at) return;
      order_.erase({before->second, queue});
      scheduled_.erase(before);
    }
    if (at == base::kNever) return;
    order_.insert({at, queue});
    scheduled_.emplace(queue, at);
  }
  base::TimePoint next() const { return order_.empty() ? base::kNever : order_.begin()->first; }
  // The queues that want attention by `now`, the most urgent first.
  std::vector<QueueId> due(base::TimePoint now) const {
    std::vector<QueueId> queues;
    for (const auto& [at, queue] : order_) {
      if (at > now) break;
      queues.push_back(queue);
    }
    return queues;
  }

 private:
  std::set<std::pair<base::TimePoint, QueueId>> order_;
  std::map<QueueId, base::TimePoint> scheduled_;
};

}  // namespace queue
