#include "autoscaling/timetable.h"

#include "autoscaling/faults.h"
#include "service/table_codec.h"

namespace autoscaling {

Timetable::Timetable(TimeZones* zones)
    : zones_(zones), rows_("autoscaling.scheduled", service::make_codec<ScheduledRow>()) {
  rows_.on_change = [this](const std::string& key, const ScheduledRow* before, const ScheduledRow* after) {
    if (before != nullptr) agenda_.erase({before->next_at, key});
    if (after != nullptr && after->next_at != base::kNever) agenda_.emplace(after->next_at, key);
  };
}

const TimeZone* Timetable::zone(const std::string& name) {
  if (const auto held = known_.find(name); held != known_.end()) return &held->second;
  std::optional<TimeZone> zone;
  if (name.empty() || name == "UTC") {
    zone = TimeZone::utc();
  } else if (zones_ != nullptr) {
    if (const auto bytes = zones_->read(name)) zone = TimeZone::parse(*bytes);
  }
  return zone ? &known_.emplace(name, std::move(*zone)).first->second : nullptr;
}

base::Outcome<void> Timetable::plan(ScheduledRow& row, base::TimePoint now) {
  const auto schedule = parse_schedule(row.schedule);
  if (!schedule) {
    return validation("The schedule expression " + row.schedule + " is invalid: " + schedule.error() + ".");
  }
  const TimeZone* const where = zone(row.time_zone.value_or(""));
  if (where == nullptr) return validation("The time zone " + row.time_zone.value_or("") + " is not known.");
  row.next_at = next_run(*schedule, {row.created_at, row.start, row.end}, *where, now);
  return {};
}

std::vector<std::string> Timetable::due_by(base::TimePoint now) const {
  std::vector<std::string> due;
  for (const auto& [at, key] : agenda_) {
    if (at > now) break;
    due.push_back(key);
  }
  return due;
}

}  // namespace autoscaling
