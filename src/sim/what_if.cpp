#include "sim/what_if.h"

#include <algorithm>

#include "sim/quantity.h"

namespace sim {
namespace {

constexpr double kNoSlower = 1.02;
constexpr double kWorthTelling = 0.97;

}  // namespace

std::expected<Variation, Failure> parse_variation(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return std::unexpected(Failure{"--what-if " + text + " is not of the form KEY=VALUE,VALUE,…"});
  }
  Variation made{text.substr(0, equals), {}};
  for (std::size_t from = equals + 1; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    std::string value = text.substr(from, comma - from);
    if (value.empty()) return std::unexpected(Failure{"--what-if " + text + " has an empty value"});
    if (std::ranges::find(made.values, value) != made.values.end()) {
      return std::unexpected(Failure{"--what-if " + text + " has the value " + value + " twice"});
    }
    made.values.push_back(std::move(value));
    from = comma + 1;
  }
  return made;
}

std::expected<std::vector<std::vector<std::string>>, Failure> combinations(const std::vector<Variation>& variations) {
  std::vector<std::vector<std::string>> all{{}};
  for (const Variation& variation : variations) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& before : all) {
      for (const std::string& value : variation.values) {
        longer.push_back(before);
        longer.back().push_back(value);
      }
    }
    if (longer.size() > kRunsMax) {
      return std::unexpected(Failure{"these are " + std::to_string(longer.size()) + " runs or more, at most " +
                                     std::to_string(kRunsMax) + " are possible"});
    }
    all = std::move(longer);
  }
  return all;
}

Outcome outcome_of(const Result& result, std::vector<std::string> values) {
  Outcome made;
  made.values = std::move(values);
  const Histogram* slowest = nullptr;
  double running = 0, busy = 0;
  for (const QueueResult& queue : result.queues) {
    const QueueTotals& totals = queue.totals;
    made.sent += totals.sent;
    made.handled += totals.handled;
    made.again += totals.again_while_in_work + totals.again_after_failure + totals.again_after_stop;
    made.dead_lettered += queue.dead_lettered;
    made.cut_off += totals.cut_off;
    made.lost += totals.lost;
    if (!queue.dead_letters) made.left += queue.left;
    if (totals.waited.count() == 0) continue;
    if (slowest == nullptr || totals.waited.quantile(0.95) > slowest->quantile(0.95)) slowest = &totals.waited;
  }
  if (slowest != nullptr) {
    made.p50 = base::to_seconds(slowest->quantile(0.5));
    made.p95 = base::to_seconds(slowest->quantile(0.95));
    made.p99 = base::to_seconds(slowest->quantile(0.99));
    made.longest = base::to_seconds(slowest->max());
  }
  for (const ServiceResult& service : result.services) {
    made.task_hours += service.billed_seconds / 3600;
    made.changes += service.changes.size();
    made.flaps += service.flaps;
    if (service.consumes.empty()) continue;
    running += service.running_seconds;
    busy += service.running_seconds * service.busy_share;
  }
  if (running > 0) made.busy_share = busy / running;
  made.cost = result.cost.total();
  return made;
}

std::string label_of(const std::vector<Variation>& variations, const Outcome& outcome) {
  if (outcome.values.empty()) return "as given";
  std::string text;
  for (std::size_t i = 0; i < variations.size(); ++i) {
    const std::string key = variations[i].key.substr(variations[i].key.rfind('.') + 1);
    text += (text.empty() ? "" : " ") + key + "=" + outcome.values[i];
  }
  return text;
}

std::vector<Advice> advise_on(const std::vector<Variation>& variations, const std::vector<Outcome>& outcomes) {
  std::vector<Advice> all;
  if (outcomes.empty() || !outcomes.front().values.empty() || !outcomes.front().failure.empty()) return all;
  const Outcome& base = outcomes.front();
  const Outcome* cheaper = nullptr;
  const Outcome* faster = nullptr;
  for (const Outcome& one : outcomes) {
    if (!one.failure.empty() || one.lost > base.lost || one.left > base.left * 2 + 10) continue;
    const bool as_fast = one.p95 <= base.p95 * kNoSlower + 1;
    if (as_fast && one.cost < base.cost * kWorthTelling && (cheaper == nullptr || one.cost < cheaper->cost)) {
      cheaper = &one;
    }
    const bool as_cheap = one.cost <= base.cost * kNoSlower;
    if (as_cheap && one.p95 < base.p95 * kWorthTelling - 1 && (faster == nullptr || one.p95 < faster->p95)) {
      faster = &one;
    }
  }
  const auto numbers = [&](const Outcome& one) {
    return "$" + number_text(one.cost, 4) + " and a p95 of " +
           span_text(base::Duration(static_cast<std::int64_t>(one.p95 * 1e6)));
  };
  if (cheaper != nullptr) {
    all.push_back(
        {"A cheaper setting keeps the p95: " + label_of(variations, *cheaper),
         numbers(*cheaper) + " against " + numbers(base) + " as given.",
         label_of(variations, *cheaper) + " saves " + number_text((1 - cheaper->cost / base.cost) * 100, 1) + " %."});
  }
  if (faster != nullptr && faster != cheaper) {
    all.push_back({"The same money waits less: " + label_of(variations, *faster),
                   numbers(*faster) + " against " + numbers(base) + " as given.", label_of(variations, *faster)});
  }
  return all;
}

std::string outcomes_csv(const std::vector<Variation>& variations, const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Variation& variation : variations) text += variation.key + ",";
  text +=
      "sent,handled,left,again,dead_lettered,cut_off,lost,p50_seconds,p95_seconds,p99_seconds,max_seconds,"
      "task_hours,busy_share,changes,flaps,dollars,failure\n";
  for (const Outcome& one : outcomes) {
    for (std::size_t i = 0; i < variations.size(); ++i) text += (one.values.empty() ? "" : one.values[i]) + ",";
    for (const std::uint64_t count : {one.sent, one.handled, static_cast<std::uint64_t>(one.left), one.again,
                                      one.dead_lettered, one.cut_off, one.lost}) {
      text += std::to_string(count) + ",";
    }
    for (const double number : {one.p50, one.p95, one.p99, one.longest, one.task_hours, one.busy_share}) {
      text += number_text(number, 3) + ",";
    }
    std::string failure = one.failure;
    std::ranges::replace(failure, '"', '\'');
    text += std::to_string(one.changes) + "," + std::to_string(one.flaps) + "," + number_text(one.cost, 6) + "," +
            (failure.empty() ? "" : "\"" + failure + "\"") + "\n";
  }
  return text;
}

std::vector<ComparedRun> compared(const std::vector<Variation>& variations, const std::vector<Outcome>& outcomes) {
  std::vector<ComparedRun> runs;
  for (const Outcome& one : outcomes) {
    if (!one.failure.empty()) continue;
    const std::string first =
        variations.empty() ? "" : variations.front().key.substr(variations.front().key.rfind('.') + 1);
    runs.push_back({.label = label_of(variations, one),
                    .group = one.values.empty() ? "" : first + "=" + one.values.front(),
                    .cost = one.cost,
                    .p95 = one.p95,
                    .base = one.values.empty()});
  }
  return runs;
}

}  // namespace sim
