#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cloudwatch/alarm.h"
#include "service/context.h"
#include "service/table.h"

namespace cloudwatch {

struct HistoryRow {
  std::string alarm_name;
  base::TimePoint at{};
  std::string type;
  std::string summary;
  std::string data;  // JSON
  std::string alarm_type = "MetricAlarm";

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.alarm_name);
    field(2, row.at);
    field(3, row.type);
    field(4, row.summary);
    field(5, row.data);
    field(6, row.alarm_type);
  }
};

inline constexpr const char* kMetricAlarm = "MetricAlarm";
inline constexpr const char* kCompositeAlarm = "CompositeAlarm";

// An alarm of either kind, as its history tells of it. Lives as long as the row.
struct AlarmFace {
  const std::string& name;
  const char* type;
  AlarmState state;
  const std::string& reason;
  const std::optional<std::string>& reason_data;  // JSON
};
AlarmFace face_of(const AlarmRow& row);

// What happened to alarms, also to deleted ones. Rows are keyed by time, then by the order in which they were made.
class AlarmHistory {
 public:
  static constexpr std::chrono::hours kKept{14 * 24};
  static constexpr std::chrono::hours kSweepInterval{1};
  // Of all alarms of an account and region; the oldest go first.
  static constexpr std::size_t kRowsMax = 100'000;

  AlarmHistory();
  service::Table<HistoryRow>& table() { return rows_; }
  const service::Table<HistoryRow>& table() const { return rows_; }

  void configured(service::Context& ctx, const AlarmRow& alarm, std::string_view type);  // Create, Update, Delete
  // `alarm_json` is the alarm as it is now.
  void configured(service::Context& ctx, const AlarmFace& alarm, std::string_view type, const std::string& alarm_json);
  void changed_state(service::Context& ctx, const AlarmFace& before, const AlarmFace& after);
  void ran_action(service::Context& ctx, const AlarmRow& alarm, const std::string& action, const std::string* error);

  base::TimePoint sweep_due() const { return rows_.rows().empty() ? base::kNever : sweep_at_; }
  void sweep(service::Context& ctx);

 private:
  void add(service::Context& ctx, HistoryRow row);

  service::Table<HistoryRow> rows_;
  std::uint64_t next_number_ = 0;
  base::TimePoint sweep_at_ = base::TimePoint::min();
};

}  // namespace cloudwatch
