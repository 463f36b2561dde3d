#include "sim/workload.h"

#include <algorithm>
#include <cmath>

#include "base/fault.h"
#include "sim/fields.h"
#include "sim/quantity.h"

namespace sim {
namespace {

constexpr std::int64_t kMessageMax = 1'048'576;  // bytes (SQS quota)
constexpr std::int64_t kMemoryMax = std::int64_t{1} << 40;
constexpr std::int64_t kBurstMax = 10'000'000;
constexpr double kRateMax = 1e5;                               // per second and source
constexpr base::Duration kWaitMax = std::chrono::seconds(20);  // ReceiveMessage's WaitTimeSeconds

Parsed<base::Duration> read_span(const Document& value, const std::string& what) {
  const auto span = value.is_scalar() ? parse_span(value.text()) : std::nullopt;
  if (!span) return value.refuse(what + ": expected a duration such as 250ms, 60s or 1h30m");
  return *span;
}

// Rows of a file, as cells; empty lines and lines that begin with # are left out.
struct Row {
  std::size_t line;
  std::vector<std::string> cells;
};

Parsed<std::vector<Row>> read_rows(const Document& value, const ReadFile& read) {
  if (!value.is_scalar()) return value.refuse("expected the name of a CSV file");
  auto text = read(value.text());
  if (!text) return value.refuse(text.error());
  std::vector<Row> rows;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    std::string line = text->substr(at, end - at);
    at = end + 1;
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    Row row{number, {}};
    for (std::size_t from = 0; from <= line.size();) {
      const std::size_t comma = std::min(line.find(',', from), line.size());
      row.cells.push_back(line.substr(from, comma - from));
      from = comma + 1;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::unexpected<Complaint> bad_row(const Document& value, const Row& row, const std::string& expected) {
  return value.refuse(value.text() + ":" + std::to_string(row.line) + ": expected " + expected);
}

Parsed<Distribution> empirical(const Document& value, const ReadFile& read) {
  TRY(std::vector<Row> rows, read_rows(value, read));
  Distribution::Empirical shape;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto span = parse_span(rows[i].cells[0]);
    if (span) shape.values.push_back(*span);
    if (!span && i > 0) return bad_row(value, rows[i], "a duration in the first column");
  }
  if (shape.values.empty()) return value.refuse(value.text() + " has no durations in its first column");
  std::ranges::sort(shape.values);
  return Distribution(std::move(shape));
}

Parsed<Distribution> uniform(const Document& value) {
  if (!value.is_list() || value.items().size() != 2) return value.refuse("uniform: expected [shortest, longest]");
  Distribution::Uniform shape;
  TRY(shape.low, read_span(value.items()[0], "uniform"));
  TRY(shape.high, read_span(value.items()[1], "uniform"));
  if (shape.low > shape.high) return value.refuse("uniform: the shortest is longer than the longest");
  return Distribution(shape);
}

Parsed<Distribution> log_normal(const Document& value) {
  Distribution::LogNormal shape;
  Fields fields(value, "lognormal");
  fields.span("median", shape.median);
  fields.span("p95", shape.p95);
  fields.require("median");
  fields.require("p95");
  CHECK(fields.done());
  if (shape.median <= base::Duration::zero() || shape.p95 < shape.median) {
    return value.refuse("lognormal: the median must be above 0 and p95 not below it");
  }
  return Distribution(shape);
}

Parsed<Distribution> distribution(const Document& value, const std::string& what, const ReadFile& read) {
  if (value.is_scalar()) {
    TRY(const base::Duration constant, read_span(value, what));
    return Distribution(constant);
  }
  if (value.is_map() && value.members().size() == 1) {
    const auto& [kind, inner] = value.members().front();
    if (kind == "constant") return distribution(inner, what, read);
    if (kind == "uniform") return uniform(inner);
    if (kind == "lognormal") return log_normal(inner);
    if (kind == "csv") return empirical(inner, read);
    if (kind == "exponential") {
      TRY(const base::Duration mean, read_span(inner, what + ": exponential"));
      return Distribution(Distribution::Exponential{mean});
    }
  }
  return value.refuse(what +
                      ": expected a duration, or one of constant: 60s, uniform: [10s, 60s], exponential: 5s, "
                      "lognormal: {median: 2s, p95: 9s}, csv: times.csv");
}

void read_distribution(Fields& fields, std::string_view key, const ReadFile& read, Distribution& into) {
  fields.with(key, [&](const Document& value) -> Parsed<void> {
    TRY(into, distribution(value, std::string(key), read));
    return {};
  });
}

Parsed<void> read_launch(const Document& value, const ReadFile& read, Launch& launch) {
  Fields fields(value, "launch");
  read_distribution(fields, "network", read, launch.network);
  read_distribution(fields, "pull", read, launch.pull);
  read_distribution(fields, "start", read, launch.start);
  read_distribution(fields, "exit", read, launch.exit);
  read_distribution(fields, "release", read, launch.release);
  return fields.done();
}

Parsed<std::vector<double>> read_daily(const Document& value) {
  if (value.is_map()) {
    double low = 0, high = 0;
    base::Duration peak = std::chrono::hours(14);
    Fields fields(value, "daily");
    fields.number("low", 0, 1e6, low);
    fields.number("high", 0, 1e6, high);
    fields.span("peak", peak);
    fields.require("low");
    fields.require("high");
    CHECK(fields.done());
    return wave(low, high, peak);
  }
  std::vector<double> slots;
  for (const Document& item : value.items()) {
    const auto factor = item.is_scalar() ? parse_number(item.text()) : std::nullopt;
    if (!factor || *factor < 0 || *factor > 1e6) return item.refuse("daily: expected factors from 0 to 1000000");
    slots.push_back(*factor);
  }
  if (slots.empty() || slots.size() > 1440) {
    return value.refuse("daily: expected 1 to 1440 factors for equal parts of a day, or {low: , high: , peak: 14h}");
  }
  return slots;
}

Parsed<Trace> read_trace(const Document& value, const ReadFile& read) {
  Trace trace;
  const Document* file = &value;
  if (value.is_map()) {
    Fields fields(value, "trace");
    file = fields.find("csv");
    fields.span("every", trace.every);
    fields.require("csv");
    CHECK(fields.done());
  }
  TRY(std::vector<Row> rows, read_rows(*file, read));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = parse_span(rows[i].cells[0]);
    if (!at && i == 0) continue;  // the head
    const auto count = rows[i].cells.size() > 1 ? parse_number(rows[i].cells[1]) : std::optional(1.0);
    if (!at || !count || *count < 0 || *count != std::floor(*count) || *count > static_cast<double>(kBurstMax)) {
      return bad_row(*file, rows[i], "a time since the beginning and a number of messages");
    }
    if (!trace.points.empty() && *at < trace.points.back().first) return bad_row(*file, rows[i], "times that rise");
    if (*count > 0) trace.points.emplace_back(*at, static_cast<std::int64_t>(*count));
  }
  if (trace.points.empty()) return file->refuse(file->text() + " has no arrivals");
  if (trace.every && *trace.every <= trace.points.back().first) {
    return value.refuse("trace: it is repeated every " + span_text(*trace.every) + ", before its end");
  }
  return trace;
}

Parsed<Burst> read_burst(const Document& value) {
  Burst burst;
  Fields fields(value, "bursts");
  fields.span("at", burst.at);
  fields.whole("messages", 1, kBurstMax, burst.messages);
  fields.span("over", burst.over);
  fields.span("every", burst.every);
  fields.require("at");
  fields.require("messages");
  CHECK(fields.done());
  if (burst.every && *burst.every <= burst.over) return value.refuse("bursts: every must be longer than over");
  return burst;
}

Parsed<Distribution> by_rate(const Document& value, const std::string& what, bool random) {
  const auto rate = value.is_scalar() ? parse_rate(value.text()) : std::nullopt;
  if (!rate || *rate <= 0 || *rate > kRateMax) {
    return value.refuse(what + ": expected a rate such as 5/s, 300/min or 20/h, above 0 and at most 100000/s");
  }
  const base::Duration interval(std::max<std::int64_t>(1, std::llround(1e6 / *rate)));
  return random ? Distribution(Distribution::Exponential{interval}) : Distribution(interval);
}

// Of every, rate, poisson and trace one at most.
void read_arrivals(Fields& fields, const Document& value, const ReadFile& read, Production& production) {
  int ways = 0;
  const auto interval = [&](std::string_view key, auto parse) {
    fields.with(key, [&](const Document& given) -> Parsed<void> {
      ++ways;
      TRY(production.interval, parse(given));
      return {};
    });
  };
  interval("every", [&](const Document& given) { return distribution(given, "every", read); });
  interval("rate", [&](const Document& given) { return by_rate(given, "rate", false); });
  interval("poisson", [&](const Document& given) { return by_rate(given, "poisson", true); });
  production.first_at_once = value.find("every") != nullptr;
  fields.with("trace", [&](const Document& given) -> Parsed<void> {
    ++ways;
    TRY(production.trace, read_trace(given, read));
    return {};
  });
  if (ways > 1) fields.complain({value.line(), "only one of every, rate, poisson and trace can be given"});
  if (production.interval && production.interval->mean() <= base::Duration::zero()) {
    fields.complain({value.line(), "every: the interval must be above 0"});
  }
}

Parsed<Production> read_production(const Document& value, const ReadFile& read, const std::string& what) {
  Production production;
  production.line = value.line();
  Fields fields(value, what);
  fields.text("queue", production.queue);
  read_arrivals(fields, value, read, production);
  fields.with("daily", [&](const Document& given) -> Parsed<void> {
    TRY(production.tide.daily, read_daily(given));
    return {};
  });
  fields.numbers("weekly", production.tide.weekly);
  fields.with("bursts", [&](const Document& given) -> Parsed<void> {
    if (!given.is_list()) return given.refuse("bursts: expected a list");
    for (const Document& item : given.items()) {
      TRY(Burst burst, read_burst(item));
      production.bursts.push_back(burst);
    }
    return {};
  });
  fields.whole("batch", 1, kBatchMax, production.batch);
  fields.size("size", kMessageMax, production.size);
  fields.number("poison", 0, 1, production.poison);
  fields.whole("groups", 1, 1'000'000, production.groups);
  fields.require("queue");
  CHECK(fields.done());
  if (!production.tide.weekly.empty() && production.tide.weekly.size() != 7) {
    return value.refuse("weekly: expected seven factors, Monday first");
  }
  if (!production.tide.flat() && !production.interval) {
    return value.refuse("daily and weekly shape every, rate or poisson, and none of these is given");
  }
  if (!production.interval && !production.trace && production.bursts.empty()) {
    return value.refuse(what + ": nothing says when messages come: every, rate, poisson, trace or bursts");
  }
  return production;
}

Parsed<std::vector<Production>> read_productions(const Document& value, const ReadFile& read, const std::string& what) {
  std::vector<Production> all;
  const std::vector<Document> one{value};
  for (const Document& item : value.is_list() ? value.items() : one) {
    TRY(Production production, read_production(item, read, what));
    all.push_back(std::move(production));
  }
  return all;
}

Parsed<Consumption> read_consumption(const Document& value, const ReadFile& read) {
  Consumption made;
  made.line = value.line();
  int per = 0, on_failure = 0, when = 0, sigterm = 0;
  Fields fields(value, "consume");
  fields.text("queue", made.queue);
  fields.whole("batch", 1, kBatchMax, made.batch);
  fields.whole("concurrency", 1, 1000, made.concurrency);
  fields.span("wait", made.wait);
  fields.span("pause", made.pause);
  fields.flag("exact_polls", made.exact_polls);
  fields.span("visibility", made.visibility);
  read_distribution(fields, "time", read, made.time);
  fields.choice("per", {"message", "batch"}, per);
  fields.number("failure", 0, 1, made.failure);
  fields.choice("on_failure", {"leave", "release", "crash"}, on_failure);
  fields.choice("delete", {"after", "before"}, when);
  fields.choice("sigterm", {"finish", "drop", "ignore"}, sigterm);
  fields.span("extend", made.extend);
  fields.text("forward", made.forward);
  if (const Document* forward = value.find("forward")) made.forward_line = forward->line();
  fields.require("queue");
  fields.require("time");
  CHECK(fields.done());
  made.per_batch = per == 1;
  made.on_failure = static_cast<OnFailure>(on_failure);
  made.delete_before = when == 1;
  made.sigterm = static_cast<OnSigterm>(sigterm);
  if (made.wait > kWaitMax || made.wait % std::chrono::seconds(1) != base::Duration::zero()) {
    return value.refuse("consume: wait must be whole seconds, at most 20s (WaitTimeSeconds)");
  }
  if (made.extend && *made.extend < std::chrono::seconds(2)) {
    return value.refuse("consume: extend must be 2s at least");
  }
  return made;
}

Parsed<ServiceModel> read_service(const Document& value, const std::string& name, const Launch& launch,
                                  const ReadFile& read) {
  ServiceModel model;
  model.line = value.line();
  model.launch = launch;
  Fields fields(value, "services." + name);
  fields.with("launch", [&](const Document& given) { return read_launch(given, read, model.launch); });
  fields.with("cpu", [&](const Document& given) -> Parsed<void> {
    Fields cpu(given, "cpu");
    cpu.number("busy", 0, 256, model.cpu_busy);
    cpu.number("idle", 0, 256, model.cpu_idle);
    return cpu.done();
  });
  fields.size("memory", kMemoryMax, model.memory);
  fields.with("produce", [&](const Document& given) -> Parsed<void> {
    TRY(model.produce, read_productions(given, read, "produce"));
    return {};
  });
  fields.with("consume", [&](const Document& given) -> Parsed<void> {
    TRY(model.consume, read_consumption(given, read));
    return {};
  });
  CHECK(fields.done());
  return model;
}

Parsed<Event> read_event(const Document& value) {
  Event event;
  event.line = value.line();
  Fields fields(value, "events");
  fields.span("at", event.at);
  fields.require("at");
  const bool deploys = value.find("deploy") != nullptr, stops = value.find("stop") != nullptr;
  if (deploys + stops + (value.find("scale") != nullptr) != 1) {
    fields.complain({value.line(), "events: expected one of deploy: SERVICE, stop: SERVICE, scale: SERVICE"});
  }
  fields.text(deploys ? "deploy" : stops ? "stop" : "scale", event.service);
  if (!deploys && !stops) {
    fields.whole("desired", 0, 5000, event.desired);
    fields.require("desired");
  }
  CHECK(fields.done());
  event.kind = deploys ? Event::Kind::Deploy : stops ? Event::Kind::Stop : Event::Kind::Desired;
  return event;
}

void read_services(Fields& fields, const ReadFile& read, Workload& made) {
  fields.with("services", [&](const Document& services) -> Parsed<void> {
    if (!services.is_map()) return services.refuse("services: expected the names of services");
    for (const auto& [name, value] : services.members()) {
      TRY(ServiceModel model, read_service(value, name, made.launch, read));
      made.services.emplace(name, std::move(model));
    }
    return {};
  });
}

}  // namespace

Parsed<Workload> parse_workload(const Document& document, const ReadFile& read) {
  Workload made;
  Fields fields(document, "workload");
  fields.with("start", [&](const Document& value) -> Parsed<void> {
    const auto time = value.is_scalar() ? parse_time(value.text()) : std::nullopt;
    if (!time) return value.refuse("start: expected a time such as 2026-01-05T00:00:00Z");
    made.start = *time;
    return {};
  });
  fields.span("call", made.call);
  fields.with("metrics", [&](const Document& value) {
    Fields metrics(value, "metrics");
    metrics.span("delay", made.metric_delay);
    return metrics.done();
  });
  fields.with("launch", [&](const Document& value) { return read_launch(value, read, made.launch); });
  read_services(fields, read, made);
  fields.with("arrivals", [&](const Document& value) -> Parsed<void> {
    TRY(made.arrivals, read_productions(value, read, "arrivals"));
    return {};
  });
  fields.with("events", [&](const Document& value) -> Parsed<void> {
    if (!value.is_list()) return value.refuse("events: expected a list");
    for (const Document& item : value.items()) {
      TRY(Event event, read_event(item));
      made.events.push_back(std::move(event));
    }
    return {};
  });
  CHECK(fields.done());
  if (made.services.empty() && made.arrivals.empty()) {
    return document.refuse("workload: there are neither services nor arrivals");
  }
  return made;
}

}  // namespace sim
