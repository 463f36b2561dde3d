#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "autoscaling/ports.h"
#include "autoscaling/rows.h"
#include "autoscaling/schedule/schedule.h"
#include "base/fault.h"
#include "service/context.h"
#include "service/table.h"

namespace autoscaling {

// All scheduled actions, and which of them runs next.
class Timetable {
 public:
  // `zones` may be null: then there is only UTC.
  explicit Timetable(TimeZones* zones);

  service::Table<ScheduledRow>& table() { return rows_; }
  const service::Table<ScheduledRow>& table() const { return rows_; }

  // Works out when the action runs next after `now` and notes it in the row. A fault when the row's schedule or time
  // zone can't be read.
  base::Outcome<void> plan(ScheduledRow& row, base::TimePoint now);

  base::TimePoint due() const { return agenda_.empty() ? base::kNever : agenda_.begin()->first; }
  // Keys of the actions that are due by `now`, in order of time.
  std::vector<std::string> due_by(base::TimePoint now) const;

 private:
  const TimeZone* zone(const std::string& name);

  TimeZones* zones_;
  std::map<std::string, TimeZone> known_;
  service::Table<ScheduledRow> rows_;
  std::set<std::pair<base::TimePoint, std::string>> agenda_;
};

}  // namespace autoscaling
