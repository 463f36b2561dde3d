#include "autoscaling/signal.h"

#include "base/value.h"
#include "wire/json.h"
#include "wire/text.h"

namespace autoscaling {
namespace {

constexpr const char* kNoPoints = "Metric data points must be provided";

// "2026-09-17T01:47:59.076+0000": ISO 8601 but for the offset's colon.
std::optional<base::TimePoint> query_date(const base::Value& data) {
  const base::Value* date = data.find("queryDate");
  if (date == nullptr || !date->is_string()) return std::nullopt;
  std::string text = date->as_string();
  if (text.ends_with("+0000")) text = text.substr(0, text.size() - 5) + "Z";
  return wire::parse_date_time(text);
}

std::expected<Signal, std::string> signal_of(const base::Value& data) {
  Signal signal;
  const base::Value* points = data.find("recentDatapoints");
  if (points == nullptr || !points->is_array()) return std::unexpected(kNoPoints);
  for (const base::Value& point : points->as_array()) {
    if (point.is_number()) signal.points.push_back(point.as_double());
  }
  if (signal.points.empty()) return std::unexpected(kNoPoints);
  if (const base::Value* threshold = data.find("threshold"); threshold != nullptr && threshold->is_number()) {
    signal.threshold = threshold->as_double();
  }
  return signal;
}

}  // namespace

std::expected<Signal, std::string> read_signal(std::string_view reason_data, base::TimePoint now) {
  const auto data = wire::parse_json(reason_data);
  if (!data) return std::unexpected(kNoPoints);
  auto signal = signal_of(*data);
  if (!signal) return signal;
  const auto at = query_date(*data);
  if (!at || now - *at > kSignalAgeMax) return std::unexpected("Metric data points are too old");
  return signal;
}

std::expected<Signal, std::string> read_old_signal(std::string_view reason_data) {
  const auto data = wire::parse_json(reason_data);
  if (!data) return std::unexpected(kNoPoints);
  return signal_of(*data);
}

}  // namespace autoscaling
