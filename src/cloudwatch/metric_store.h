#pragma once

// Every metric's samples. A series is one namespace, name, exact set of dimensions and unit; per period of its
// resolution it keeps a statistic set, one small durable record each. The newest records are also in memory, so alarms
// and dashboards of the last half hour read no disk; memory does not grow with the history.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fault.h"
#include "base/time.h"
#include "cloudwatch/statistic.h"
#include "service/context.h"
#include "service/table.h"

namespace cloudwatch {

using Dimensions = std::vector<std::pair<std::string, std::string>>;

// Names a metric. Dimensions are a set: MetricStore sorts them.
struct Metric {
  std::string name_space;
  std::string name;
  Dimensions dimensions;
  friend bool operator==(const Metric&, const Metric&) = default;
};

struct SeriesRow {
  std::string name_space;
  std::string name;
  Dimensions dimensions;
  std::string unit;
  base::TimePoint active_at{};  // start of the newest data point, to within kActivityGrain

  Metric metric() const { return {name_space, name, dimensions}; }
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name_space);
    field(2, row.name);
    field(3, row.dimensions);
    field(4, row.unit);
    field(5, row.active_at);
  }
};

enum class Resolution : std::uint8_t { Second, Minute };

// Start of each period that has samples, oldest first.
using Buckets = std::map<base::TimePoint, StatisticSet>;

class MetricStore {
 public:
  // Series of one metric: unit and id.
  using Units = std::map<std::string, std::uint64_t, std::less<>>;

  static constexpr std::size_t kSeriesMax = 200'000;
  // What memory holds, and how often older points leave it.
  static constexpr std::chrono::minutes kMemorySpan{30};
  static constexpr std::chrono::minutes kSweepInterval{10};
  static constexpr std::chrono::minutes kActivityGrain{15};
  // Most records moved between tiers in one sweep; the rest waits for the next.
  static constexpr std::size_t kMovesMax = 10'000;

  MetricStore();

  service::TableBase& table() { return series_; }
  // After recovery: reads the newest points of each series back into memory.
  void load(service::Context& ctx);

  // Adds samples to the period that holds `at`. A fault when there are too many series or the store can't be read.
  base::Outcome<void> put(service::Context& ctx, Metric metric, std::string_view unit, base::TimePoint at,
                          const StatisticSet& samples, Resolution resolution = Resolution::Minute);

  // Nothing when the metric is not known.
  const Units* find(const service::Call& call, Metric metric) const;
  // Samples in [from, to) of one series, gathered in periods that start at `from`. Points kept at a coarser
  // resolution than `period` are left out.
  base::Outcome<Buckets> read(service::Context& ctx, std::uint64_t series, base::TimePoint from, base::TimePoint to,
                              base::Duration period) const;

  // The same of all series of a metric, or of the one with the given unit. Empty when the metric is not known.
  base::Outcome<Buckets> read(service::Context& ctx, const Metric& metric, const std::optional<std::string>& unit,
                              base::TimePoint from, base::TimePoint to, base::Duration period) const;

  // Metrics of the caller in order, after `after` (an identity given to `visit` before; "" for all). Return false to
  // stop.
  using Visit = std::function<bool(const std::string& identity, const Metric& metric, base::TimePoint active_at)>;
  void each_metric(const service::Call& call, const std::string& name_space, const std::string& after,
                   const Visit& visit) const;

  base::TimePoint sweep_due() const { return series_.rows().empty() ? base::kNever : sweep_at_; }
  // Lets old points leave memory, rolls up and deletes by age.
  void sweep(service::Context& ctx);

 private:
  // Tier and start in seconds.
  using PointKey = std::pair<int, std::int64_t>;
  using Points = std::map<PointKey, StatisticSet>;

  void index(const std::string& key, const SeriesRow* before, const SeriesRow* after);
  std::optional<std::uint64_t> series_for(service::Context& ctx, const Metric& metric, std::string_view unit,
                                          base::TimePoint at);
  void assign(std::uint64_t series, const PointKey& key, const std::optional<StatisticSet>& samples);
  base::Outcome<void> scan(store::Store& store, std::uint64_t series, int tier, std::int64_t from, std::int64_t to,
                           const std::function<bool(std::int64_t start, const StatisticSet&)>& visit) const;
  void expire(service::Context& ctx, const std::string& key, std::uint64_t series, std::size_t& moves);
  void move_up(service::Context& ctx, std::uint64_t series, int tier, std::size_t& moves);

  service::Table<SeriesRow> series_;
  std::map<std::string, Units, std::less<>> by_identity_;
  std::map<std::uint64_t, Points> recent_;
  std::uint64_t next_id_ = 1;
  base::TimePoint complete_from_ = base::TimePoint::min();  // memory has every point from here on
  base::TimePoint sweep_at_ = base::TimePoint::min();
};

// Text of the metric that orders and names it within everything: account, region, namespace, name, dimensions.
std::string identity_of(const service::Call& call, const Metric& metric);

}  // namespace cloudwatch
