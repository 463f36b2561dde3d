#include "cloudwatch/metric_store.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "cloudwatch/faults.h"
#include "cloudwatch/metric_record.h"
#include "service/table_codec.h"

namespace cloudwatch {
namespace {

using std::chrono::hours;

// How long records stay at each resolution before they are gathered into the next (concepts: "Metrics retention").
struct Tier {
  std::int64_t seconds;
  base::Duration kept;
};
constexpr std::array<Tier, 4> kTiers{
    {{1, hours(3)}, {60, hours(15 * 24)}, {300, hours(63 * 24)}, {3600, hours(455 * 24)}}};
constexpr int kTierCount = static_cast<int>(kTiers.size());

std::int64_t floor_to(std::int64_t second, std::int64_t grain) {
  const std::int64_t rest = second % grain;
  return second - (rest < 0 ? rest + grain : rest);
}

std::uint64_t id_of(std::string_view key) {
  std::uint64_t id = 0;
  const std::string_view digits = key.substr(key.rfind('/') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), id, 16);
  return id;
}

std::string scope_of(std::string_view key) {
  return std::string(key.substr(0, key.rfind('/') + 1));
}

// '\0' can't occur in names, so parts can't run into each other, and prefixes select whole parts.
std::string identity_in(std::string_view scope, const Metric& metric) {
  std::string text(scope);
  text += metric.name_space + '\0' + metric.name + '\0';
  for (const auto& [name, value] : metric.dimensions) text += name + '\0' + value + '\0';
  return text;
}

}  // namespace

std::string identity_of(const service::Call& call, const Metric& metric) {
  return identity_in(service::scope_prefix(call), metric);
}

MetricStore::MetricStore() : series_("cloudwatch.series", service::make_codec<SeriesRow>()) {
  series_.on_change = [this](const std::string& key, const SeriesRow* before, const SeriesRow* after) {
    index(key, before, after);
  };
}

void MetricStore::index(const std::string& key, const SeriesRow* before, const SeriesRow* after) {
  const std::uint64_t id = id_of(key);
  if (before == nullptr && after != nullptr) {
    by_identity_[identity_in(scope_of(key), after->metric())][after->unit] = id;
    next_id_ = std::max(next_id_, id + 1);
  } else if (before != nullptr && after == nullptr) {
    const auto found = by_identity_.find(identity_in(scope_of(key), before->metric()));
    found->second.erase(before->unit);
    if (found->second.empty()) by_identity_.erase(found);
    recent_.erase(id);
  }
}

void MetricStore::load(service::Context& ctx) {
  complete_from_ = ctx.now - kMemorySpan;
  const std::int64_t from = base::unix_seconds(complete_from_);
  bool complete = true;
  for (const auto& [key, row] : series_.rows()) {
    const std::uint64_t id = id_of(key);
    for (int tier = 0; tier < 2; ++tier) {
      const auto read =
          scan(ctx.store, id, tier, from, INT64_MAX, [&](std::int64_t start, const StatisticSet& samples) {
            recent_[id][{tier, start}] = samples;
            return true;
          });
      complete = complete && read.has_value();
    }
  }
  // What could not be read stays readable through the store.
  if (!complete) complete_from_ = ctx.now;
}

std::optional<std::uint64_t> MetricStore::series_for(service::Context& ctx, const Metric& metric, std::string_view unit,
                                                     base::TimePoint at) {
  if (const auto known = by_identity_.find(identity_of(ctx.call, metric)); known != by_identity_.end()) {
    if (const auto found = known->second.find(unit); found != known->second.end()) {
      const std::string key = service::key(ctx, {record::hex(found->second)});
      if (series_.find(key)->active_at + kActivityGrain <= at) {
        series_.modify(ctx.change, key, [&](SeriesRow& row) { row.active_at = at; });
      }
      return found->second;
    }
  }
  if (series_.rows().size() >= kSeriesMax) return std::nullopt;
  const std::uint64_t id = next_id_;
  series_.put(ctx.change, service::key(ctx, {record::hex(id)}),
              {metric.name_space, metric.name, metric.dimensions, std::string(unit), at});
  return id;
}

base::Outcome<void> MetricStore::put(service::Context& ctx, Metric metric, std::string_view unit, base::TimePoint at,
                                     const StatisticSet& samples, Resolution resolution) {
  std::ranges::sort(metric.dimensions);
  const int tier = resolution == Resolution::Second ? 0 : 1;
  const PointKey key{tier, floor_to(base::unix_seconds(at), kTiers[static_cast<std::size_t>(tier)].seconds)};
  const auto id = series_for(ctx, metric, unit, base::from_unix_seconds(key.second));
  if (!id) return too_many("metrics", kSeriesMax);

  std::optional<StatisticSet> before;
  if (const auto points = recent_.find(*id); points != recent_.end()) {
    if (const auto point = points->second.find(key); point != points->second.end()) before = point->second;
  }
  const std::string name = record::key(*id, key.first, key.second);
  std::optional<StatisticSet> held = before;
  if (!held && base::from_unix_seconds(key.second) < complete_from_) {
    const auto bytes = ctx.store.read(name);
    if (!bytes) return store_failed(bytes.error().message);
    if (*bytes) held = record::decode(**bytes);
  }
  StatisticSet merged = held.value_or(StatisticSet{});
  merged.merge(samples);
  ctx.change.put(name, record::encode(merged));
  ctx.change.on_undo([this, id = *id, key, before] { assign(id, key, before); });
  assign(*id, key, merged);
  return {};
}

void MetricStore::assign(std::uint64_t series, const PointKey& key, const std::optional<StatisticSet>& samples) {
  if (samples) {
    recent_[series][key] = *samples;
  } else if (const auto points = recent_.find(series); points != recent_.end()) {
    points->second.erase(key);
    if (points->second.empty()) recent_.erase(points);
  }
}

const MetricStore::Units* MetricStore::find(const service::Call& call, Metric metric) const {
  std::ranges::sort(metric.dimensions);
  const auto found = by_identity_.find(identity_of(call, metric));
  return found == by_identity_.end() ? nullptr : &found->second;
}

base::Outcome<void> MetricStore::scan(store::Store& store, std::uint64_t series, int tier, std::int64_t from,
                                      std::int64_t to,
                                      const std::function<bool(std::int64_t start, const StatisticSet&)>& visit) const {
  const auto done = store.scan(record::prefix(series, tier), record::key(series, tier, from),
                               [&](std::string_view key, std::string_view bytes) {
                                 const std::int64_t start = record::start_of(key);
                                 if (start >= to) return false;
                                 const auto samples = record::decode(bytes);
                                 return !samples || visit(start, *samples);
                               });
  if (!done) return store_failed(done.error().message);
  return {};
}

base::Outcome<Buckets> MetricStore::read(service::Context& ctx, std::uint64_t series, base::TimePoint from,
                                         base::TimePoint to, base::Duration period) const {
  const std::int64_t first = base::unix_seconds(from);
  const std::int64_t last = base::unix_seconds(to);
  const std::int64_t span = std::chrono::floor<std::chrono::seconds>(period).count();
  Points points;
  if (from < complete_from_) {
    for (int tier = 0; tier < kTierCount && kTiers[static_cast<std::size_t>(tier)].seconds <= span; ++tier) {
      CHECK(scan(ctx.store, series, tier, first, last, [&](std::int64_t start, const StatisticSet& samples) {
        points[{tier, start}] = samples;
        return true;
      }));
    }
  }
  if (const auto held = recent_.find(series); held != recent_.end()) {
    for (int tier = 0; tier < 2 && kTiers[static_cast<std::size_t>(tier)].seconds <= span; ++tier) {
      const auto end = held->second.lower_bound({tier, last});
      for (auto point = held->second.lower_bound({tier, first}); point != end; ++point)
        points[point->first] = point->second;
    }
  }
  Buckets buckets;
  for (const auto& [key, samples] : points) {
    buckets[base::from_unix_seconds(first + floor_to(key.second - first, span))].merge(samples);
  }
  return buckets;
}

base::Outcome<Buckets> MetricStore::read(service::Context& ctx, const Metric& metric,
                                         const std::optional<std::string>& unit, base::TimePoint from,
                                         base::TimePoint to, base::Duration period) const {
  Buckets all;
  const Units* units = find(ctx.call, metric);
  if (units == nullptr) return all;
  for (const auto& [name, series] : *units) {
    if (unit && *unit != name) continue;
    TRY(Buckets buckets, read(ctx, series, from, to, period));
    if (all.empty()) {
      all = std::move(buckets);
    } else {
      for (const auto& [start, samples] : buckets) all[start].merge(samples);
    }
  }
  return all;
}

void MetricStore::each_metric(const service::Call& call, const std::string& name_space, const std::string& after,
                              const Visit& visit) const {
  std::string prefix = service::scope_prefix(call);
  if (!name_space.empty()) prefix += name_space + '\0';
  auto at = after.empty() ? by_identity_.lower_bound(prefix) : by_identity_.upper_bound(after);
  for (; at != by_identity_.end() && at->first.starts_with(prefix); ++at) {
    base::TimePoint active = base::TimePoint::min();
    const SeriesRow* row = nullptr;
    for (const auto& [unit, id] : at->second) {
      row = series_.find(service::key(call, {record::hex(id)}));
      active = std::max(active, row->active_at);
    }
    if (!visit(at->first, row->metric(), active)) return;
  }
}

void MetricStore::sweep(service::Context& ctx) {
  sweep_at_ = ctx.now + kSweepInterval;
  complete_from_ = std::max(complete_from_, ctx.now - kMemorySpan);
  const std::int64_t from = base::unix_seconds(complete_from_);
  for (auto points = recent_.begin(); points != recent_.end();) {
    std::erase_if(points->second, [&](const auto& point) { return point.first.second < from; });
    points = points->second.empty() ? recent_.erase(points) : std::next(points);
  }
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (const auto& [key, row] : series_.rows()) all.emplace_back(key, id_of(key));
  std::size_t moves = 0;
  for (const auto& [key, id] : all) {
    if (moves >= kMovesMax) break;
    expire(ctx, key, id, moves);
  }
}

void MetricStore::expire(service::Context& ctx, const std::string& key, std::uint64_t series, std::size_t& moves) {
  if (series_.find(key)->active_at + kActivityGrain < ctx.now - kTiers.back().kept) {
    ctx.change.erase_range(record::prefix(series), record::end(series));
    series_.erase(ctx.change, key);
    ++moves;
    return;
  }
  // Coarsest first: a record moves one tier a sweep, so that no read misses what this turn has written.
  for (int tier = kTierCount - 1; tier >= 0; --tier) move_up(ctx, series, tier, moves);
}

void MetricStore::move_up(service::Context& ctx, std::uint64_t series, int tier, std::size_t& moves) {
  const bool last = tier + 1 == kTierCount;
  const std::int64_t grain = kTiers[static_cast<std::size_t>(last ? tier : tier + 1)].seconds;
  const std::int64_t now = base::unix_seconds(ctx.now - kTiers[static_cast<std::size_t>(tier)].kept);
  std::int64_t end = floor_to(now, grain);
  std::map<std::int64_t, StatisticSet> gathered;
  const auto read = scan(ctx.store, series, tier, INT64_MIN, end, [&](std::int64_t start, const StatisticSet& samples) {
    const std::int64_t bucket = floor_to(start, grain);
    if (moves >= kMovesMax && !gathered.contains(bucket)) {
      end = bucket;
      return false;
    }
    gathered[bucket].merge(samples);
    ++moves;
    return true;
  });
  if (!read || gathered.empty()) return;
  if (!last) {
    for (auto& [start, samples] : gathered) {
      const std::string name = record::key(series, tier + 1, start);
      const auto bytes = ctx.store.read(name);
      if (!bytes) return;
      if (*bytes) samples.merge(record::decode(**bytes).value_or(StatisticSet{}));
      ctx.change.put(name, record::encode(samples));
    }
  }
  ctx.change.erase_range(record::prefix(series, tier), record::key(series, tier, end));
}

}  // namespace cloudwatch
