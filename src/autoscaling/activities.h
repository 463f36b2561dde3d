#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "autoscaling/rows.h"
#include "service/context.h"
#include "service/table.h"

namespace autoscaling {

// What was done to targets, and what was asked for and not done. Rows are keyed by time, then by the order in which
// they were made. Knows when each activity that is under way is to be looked at.
class Activities {
 public:
  static constexpr std::chrono::hours kKept{6 * 7 * 24};
  static constexpr std::chrono::hours kSweepInterval{1};
  // Of all targets together; the oldest go first.
  static constexpr std::size_t kRowsMax = 100'000;
  // Observed: activities end about 32, 34 or 64, 66 seconds after their start.
  static constexpr std::chrono::seconds kPollInterval{32};

  Activities();
  service::Table<ActivityRow>& table() { return rows_; }
  const service::Table<ActivityRow>& table() const { return rows_; }

  // A new activity of the target, starting now. Returns its key.
  std::string add(service::Context& ctx, ActivityRow row);
  // Notes that nothing was done, unless the same was the last thing noted for this cause.
  void add_not_scaled(service::Context& ctx, const ResourceName& resource, const std::string& cause,
                      const std::string& reason, std::int64_t capacity);
  void end(service::Context& ctx, const std::string& key, ActivityStatus status, std::string message);
  // Ends what is under way for this resource: another capacity was set.
  void override_open(service::Context& ctx, const ResourceName& resource, std::int64_t capacity);

  base::TimePoint poll_due() const { return polls_.empty() ? base::kNever : polls_.begin()->first; }
  // Keys of the activities that are to be looked at by `now`; each is due again later unless it is ended.
  std::vector<std::string> take_due(base::TimePoint now);

  base::TimePoint sweep_due() const { return rows_.rows().empty() ? base::kNever : sweep_at_; }
  void sweep(service::Context& ctx);

 private:
  void index(const std::string& key, const ActivityRow* before, const ActivityRow* after);
  void schedule(const std::string& key, base::TimePoint at);
  void unschedule(const std::string& key);

  service::Table<ActivityRow> rows_;
  std::uint64_t next_number_ = 0;
  std::set<std::pair<base::TimePoint, std::string>> polls_;
  std::map<std::string, base::TimePoint, std::less<>> poll_at_;  // of each activity under way
  base::TimePoint sweep_at_ = base::TimePoint::min();
};

std::string set_message(std::int64_t capacity);  // "Successfully set desired count to 3. "

}  // namespace autoscaling
