#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "queue/message.h"

namespace queue {

// What receives with an attempt id were answered, for kAttemptWindow, so that a client that did not hear the answer can
// have it again.
class Attempts {
 public:
  static constexpr base::Duration kAttemptWindow = std::chrono::minutes(5);

  struct Handed {
    std::uint32_t index;
    Receipt receipt;
    base::TimePoint visible_at;  // a message that is visible at another time was changed since
  };
  struct Attempt {
    base::TimePoint at;
    std::size_t size = 0;  // of the answer; recovery may find less of it
    std::vector<Handed> handed;
  };

  const Attempt* find(const std::string& id, base::TimePoint now) const {
    const auto found = attempts_.find(id);
    if (found == attempts_.end() || found->second.at + kAttemptWindow <= now) return nullptr;
    return &found->second;
  }
  // Also removes a few that are over, so that there are never many of them.
  void put(const std::string& id, Attempt attempt) {
    for (int i = 0; i < 2 && !by_time_.empty() && by_time_.begin()->first + kAttemptWindow <= attempt.at; ++i) {
      remove(std::string(by_time_.begin()->second));
    }
    remove(id);
    by_time_.insert({attempt.at, id});
    attempts_.emplace(id, std::move(attempt));
  }
  void remove(const std::string& id) {
    const auto found = attempts_.find(id);
    if (found == attempts_.end()) return;
    by_time_.erase({found->second.at, id});
    attempts_.erase(found);
  }
  // Recovery: one more message of an answer, in any order.
  void load(const std::string& id, base::TimePoint at, std::size_t size, const Handed& handed) {
    const auto found = attempts_.find(id);
    if (found != attempts_.end() && found->second.at == at) {
      auto& all = found->second.handed;
      all.insert(std::ranges::upper_bound(all, handed.index, {}, &Handed::index), handed);
    } else if (found == attempts_.end() || found->second.at < at) {
      put(id, {at, size, {handed}});
    }
  }

 private:
  std::map<std::string, Attempt> attempts_;
  std::set<std::pair<base::TimePoint, std::string>> by_time_;
};

}  // namespace queue
