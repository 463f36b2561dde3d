#include <algorithm>

#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::AlarmHistoryItem;
using api::cloudwatch::DescribeAlarmHistoryInput;

constexpr std::int64_t kPageSizeDefault = 100;

bool wanted(const DescribeAlarmHistoryInput& input, const HistoryRow& row) {
  if (input.alarm_name && *input.alarm_name != row.alarm_name) return false;
  if (input.alarm_types && std::ranges::find(*input.alarm_types, row.alarm_type) == input.alarm_types->end()) {
    return false;
  }
  if (input.history_item_type && *input.history_item_type != row.type) return false;
  if (input.start_date && row.at < *input.start_date) return false;
  return !input.end_date || row.at <= *input.end_date;
}

AlarmHistoryItem item(const HistoryRow& row) {
  AlarmHistoryItem described;
  described.alarm_name = row.alarm_name;
  described.alarm_type = row.alarm_type;
  described.timestamp = row.at;
  described.history_item_type = row.type;
  described.history_summary = row.summary;
  described.history_data = row.data;
  return described;
}

}  // namespace

base::Outcome<api::cloudwatch::DescribeAlarmHistoryOutput> describe_alarm_history(
    State& state, const DescribeAlarmHistoryInput& input, service::Context& ctx) {
  TRY(const std::string after, read_token(input.next_token));
  api::cloudwatch::DescribeAlarmHistoryOutput output;
  output.alarm_history_items.emplace();
  std::vector<std::pair<const std::string*, const HistoryRow*>> rows;
  for (const auto& [key, row] : state.history.table().with_prefix(service::scope_prefix(ctx.call))) {
    if (wanted(input, row)) rows.emplace_back(&key, &row);
  }
  const bool ascending = input.scan_by == "TimestampAscending";
  if (!ascending) std::ranges::reverse(rows);
  const auto page = static_cast<std::size_t>(input.max_records.value_or(kPageSizeDefault));
  const std::string* last = nullptr;
  for (const auto& [key, row] : rows) {
    if (!after.empty() && (ascending ? *key <= after : *key >= after)) continue;
    if (output.alarm_history_items->size() == page) {
      output.next_token = make_token(*last);
      break;
    }
    output.alarm_history_items->push_back(item(*row));
    last = key;
  }
  return output;
}

}  // namespace cloudwatch
