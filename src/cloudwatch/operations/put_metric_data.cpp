#include <cmath>
#include <set>

#include "cloudwatch/faults.h"
#include "cloudwatch/operations/common.h"
#include "cloudwatch/operations/operations.h"
#include "cloudwatch/text.h"

namespace cloudwatch {
namespace {

using api::cloudwatch::MetricDatum;

constexpr std::size_t kDataMax = 1000;
constexpr std::size_t kValuesMax = 150;
constexpr std::chrono::hours kPastMax{14 * 24};
constexpr std::chrono::hours kFutureMax{2};

bool in_range(double value) {
  return std::isfinite(value) && std::fabs(value) <= std::ldexp(1.0, 360);
}

base::Outcome<void> check_number(double value, const std::string& parameter) {
  if (in_range(value)) return {};
  return invalid_value("The value " + java_double(value) + " for parameter " + parameter + " is invalid.");
}

base::Outcome<StatisticSet> from_set(const api::cloudwatch::StatisticSet& set, const std::string& path) {
  for (const double value : {set.sample_count, set.sum, set.minimum, set.maximum}) {
    CHECK(check_number(value, path + ".StatisticValues"));
  }
  if (set.sample_count <= 0) {
    return invalid_value("The parameter " + path + ".StatisticValues.SampleCount must be greater than 0.");
  }
  if (set.minimum > set.maximum) {
    return invalid_combination("The parameter " + path + ".StatisticValues.Maximum must be greater than or equal to " +
                               path + ".StatisticValues.Minimum.");
  }
  return StatisticSet{set.sample_count, set.sum, set.minimum, set.maximum};
}

base::Outcome<StatisticSet> from_values(const MetricDatum& datum, const std::string& path) {
  const std::vector<double>& values = *datum.values;
  if (values.empty()) return invalid_value("The parameter " + path + ".Values must not be empty.");
  if (values.size() > kValuesMax) {
    return invalid_value("The collection " + path + ".Values must not have a size greater than 150.");
  }
  if (datum.counts && datum.counts->size() != values.size()) {
    return invalid_value("The parameters " + path + ".Values and " + path + ".Counts must be of the same size.");
  }
  StatisticSet samples;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double count = datum.counts ? (*datum.counts)[i] : 1;
    CHECK(check_number(values[i], path + ".Values.member." + std::to_string(i + 1)));
    CHECK(check_number(count, path + ".Counts.member." + std::to_string(i + 1)));
    if (count < 0) return invalid_value("The parameter " + path + ".Counts must not be negative.");
    samples.merge(StatisticSet::of(values[i], count));
  }
  if (samples.count == 0) return invalid_value("The parameter " + path + ".Counts must have a count above 0.");
  return samples;
}

base::Outcome<StatisticSet> samples_of(const MetricDatum& datum, const std::string& path) {
  const int given = datum.value.has_value() + datum.values.has_value() + datum.statistic_values.has_value();
  if (given == 0) return missing_parameter("The parameter " + path + ".Value is required.");
  if (given > 1) {
    const std::string first = datum.value ? "Value" : "Values";
    const std::string second = datum.statistic_values ? "StatisticValues" : "Values";
    return invalid_combination("The parameters " + path + "." + first + " and " + path + "." + second +
                               " are mutually exclusive and you have specified both.");
  }
  if (datum.counts && !datum.values) {
    return invalid_combination("The parameter " + path + ".Counts needs " + path + ".Values.");
  }
  if (datum.statistic_values) return from_set(*datum.statistic_values, path);
  if (datum.values) return from_values(datum, path);
  CHECK(check_number(*datum.value, path + ".Value"));
  return StatisticSet::of(*datum.value);
}

base::Outcome<base::TimePoint> time_of(const MetricDatum& datum, const std::string& path, base::TimePoint now) {
  const base::TimePoint at = datum.timestamp.value_or(now);
  if (at < now - kPastMax) {
    return invalid_value("The parameter " + path + ".Timestamp must specify a time within the past two weeks.");
  }
  if (at > now + kFutureMax) {
    return invalid_value("The parameter " + path +
                         ".Timestamp must specify a time no more than two hours in the future.");
  }
  return at;
}

base::Outcome<void> put(State& state, const std::string& name_space, const MetricDatum& datum, const std::string& path,
                        service::Context& ctx) {
  TRY(const StatisticSet samples, samples_of(datum, path));
  TRY(const base::TimePoint at, time_of(datum, path, ctx.now));
  const std::int64_t resolution = datum.storage_resolution.value_or(60);
  if (resolution != 1 && resolution != 60) {
    return invalid_value("The parameter " + path + ".StorageResolution must be 1 or 60.");
  }
  Metric metric{name_space, datum.metric_name, dimensions_of(datum.dimensions)};
  std::set<std::string> names;
  for (const auto& [name, value] : metric.dimensions) {
    if (!names.insert(name).second) {
      return invalid_value("The parameter " + path + ".Dimensions has the dimension " + name + " twice.");
    }
  }
  return state.metrics.put(ctx, std::move(metric), datum.unit.value_or("None"), at, samples,
                           resolution == 1 ? Resolution::Second : Resolution::Minute);
}

}  // namespace

base::Outcome<api::cloudwatch::PutMetricDataOutput> put_metric_data(State& state,
                                                                    const api::cloudwatch::PutMetricDataInput& input,
                                                                    service::Context& ctx) {
  if (input.entity_metric_data && !input.entity_metric_data->empty()) {
    return not_supported("PutMetricData's EntityMetricData");
  }
  if (input.namespace_.starts_with("AWS/")) {
    return invalid_value("The value " + input.namespace_ + " for parameter Namespace is invalid.");
  }
  if (!input.metric_data || input.metric_data->empty()) {
    return missing_parameter("The parameter MetricData is required.");
  }
  if (input.metric_data->size() > kDataMax) {
    return invalid_value("The collection MetricData must not have a size greater than 1000.");
  }
  for (std::size_t i = 0; i < input.metric_data->size(); ++i) {
    const std::string path = "MetricData.member." + std::to_string(i + 1);
    CHECK(put(state, input.namespace_, (*input.metric_data)[i], path, ctx));
  }
  return api::cloudwatch::PutMetricDataOutput{};
}

}  // namespace cloudwatch
