#include "sim/report.h"

#include <algorithm>
#include <tuple>

#include "sim/quantity.h"

namespace sim {
namespace {

constexpr std::size_t kChangesShown = 40;

std::string padded(std::string text, std::size_t width) {
  // Columns, not bytes: the texts are ASCII but for the middle dot.
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string line(const std::string& name, const std::string& value) {
  return "  " + padded(name, 34) + value + "\n";
}

std::string money(double dollars) {
  return "$" + number_text(dollars, dollars < 1 ? 4 : 2);
}

std::string quantile_text(const Histogram& histogram) {
  if (histogram.count() == 0) return "-";
  return span_text(histogram.quantile(0.5)) + " / " + span_text(histogram.quantile(0.95)) + " / " +
         span_text(histogram.quantile(0.99)) + " / " + span_text(histogram.max());
}

double of_sorted(const std::vector<double>& sorted, double q) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

std::string age_text(const std::vector<double>& ages) {
  if (ages.empty()) return "-";
  std::string text;
  for (const double q : {0.5, 0.95, 0.99, 1.0}) {
    if (!text.empty()) text += " / ";
    text += span_text(base::Duration(static_cast<std::int64_t>(of_sorted(ages, q) * 1e6)));
  }
  return text;
}

std::string queue_text(const QueueResult& queue) {
  const QueueTotals& totals = queue.totals;
  std::string text = "queue " + queue.name + (queue.dead_letters ? " (dead letters)" : "") + "\n";
  text += line("messages sent", std::to_string(totals.sent));
  text += line("handled", std::to_string(totals.handled));
  text += line("left at the end", std::to_string(queue.left));
  const std::uint64_t again = totals.again_while_in_work + totals.again_after_failure + totals.again_after_stop;
  text +=
      line("received again", std::to_string(again) + " (" + std::to_string(totals.again_while_in_work) +
                                 " still in work, " + std::to_string(totals.again_after_failure) + " after failures, " +
                                 std::to_string(totals.again_after_stop) + " after a task ended)");
  if (!queue.dead_letter_queue.empty()) text += line("dead-lettered", std::to_string(queue.dead_lettered));
  if (totals.handled_twice > 0) text += line("handled more than once", std::to_string(totals.handled_twice));
  if (totals.lost > 0) text += line("lost", std::to_string(totals.lost));
  if (totals.refused > 0) text += line("requests refused", std::to_string(totals.refused));
  text += line("age of the oldest p50/95/99/max", age_text(queue.ages));
  text += line("time in queue p50/95/99/max", quantile_text(totals.waited));
  text += line("sent to handled p50/95/99/max", quantile_text(totals.whole));
  text += line("requests",
               std::to_string(totals.requests()) + " (" + std::to_string(totals.empty_receives) + " empty receives)");
  return text;
}

std::string service_text(const Result& result, const ServiceResult& service) {
  std::string text = "service " + service.name + "\n";
  text += line("task hours billed", number_text(service.billed_seconds / 3600, 2));
  text += line("tasks launched", std::to_string(service.launched) +
                                     (service.crashed > 0 ? ", " + std::to_string(service.crashed) + " crashed" : "") +
                                     (service.killed > 0 ? ", " + std::to_string(service.killed) + " killed" : ""));
  if (!service.consumes.empty()) text += line("workers busy", number_text(service.busy_share * 100, 1) + " %");
  if (service.scales) {
    text += line("scaling changes",
                 std::to_string(service.changes.size()) + ", of which flaps " + std::to_string(service.flaps));
  }
  const auto cost = result.cost.by_service.find(service.name);
  if (cost != result.cost.by_service.end()) text += line("Fargate", money(cost->second));
  return text;
}

std::string changes_text(const Result& result) {
  std::vector<std::tuple<base::TimePoint, const ServiceResult*, const Change*>> all;
  for (const ServiceResult& service : result.services) {
    for (const Change& change : service.changes) all.emplace_back(change.at, &service, &change);
  }
  if (all.empty()) return "";
  std::ranges::sort(all, {}, [](const auto& one) { return std::get<0>(one); });
  std::string text = "desired counts\n";
  for (std::size_t i = 0; i < all.size() && i < kChangesShown; ++i) {
    const auto& [at, service, change] = all[i];
    text += "  " + time_text(at).substr(5, 14) + "  " + service->name + "  " + std::to_string(change->from) + " -> " +
            std::to_string(change->to) + "\n";
  }
  if (all.size() > kChangesShown) text += "  and " + std::to_string(all.size() - kChangesShown) + " more\n";
  return text;
}

base::Value change_value(const Change& change) {
  base::Value value;
  value.set("time", time_text(change.at));
  value.set("unix_millis", base::unix_millis(change.at));
  value.set("from", change.from);
  value.set("to", change.to);
  value.set("cause", change.cause);
  return value;
}

template <class T>
base::Value list_of(const std::vector<T>& items) {
  base::Value::Array array;
  for (const T& item : items) array.emplace_back(item);
  return array;
}

base::Value count(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

base::Value queue_value(const QueueResult& queue, bool series) {
  const QueueTotals& totals = queue.totals;
  base::Value value;
  value.set("name", queue.name);
  value.set("dead_letters", queue.dead_letters);
  value.set("sent", count(totals.sent));
  value.set("received", count(totals.received));
  value.set("handled", count(totals.handled));
  value.set("failed", count(totals.failed));
  value.set("left", queue.left);
  value.set("again_while_in_work", count(totals.again_while_in_work));
  value.set("again_after_failure", count(totals.again_after_failure));
  value.set("again_after_stop", count(totals.again_after_stop));
  value.set("handled_twice", count(totals.handled_twice));
  value.set("cut_off", count(totals.cut_off));
  value.set("lost", count(totals.lost));
  value.set("dead_lettered", count(queue.dead_lettered));
  value.set("requests", count(totals.requests()));
  value.set("empty_receives", count(totals.empty_receives));
  value.set("refused", count(totals.refused));
  base::Value ages;
  ages.set("p50", of_sorted(queue.ages, 0.5));
  ages.set("p95", of_sorted(queue.ages, 0.95));
  ages.set("p99", of_sorted(queue.ages, 0.99));
  ages.set("max", of_sorted(queue.ages, 1));
  value.set("age_of_oldest_seconds", std::move(ages));
  value.set("time_in_queue_seconds", quantiles(totals.waited));
  value.set("sent_to_handled_seconds", quantiles(totals.whole));
  if (!series) return value;
  value.set("visible", list_of(queue.visible));
  value.set("in_flight", list_of(queue.in_flight));
  value.set("delayed", list_of(queue.delayed));
  value.set("sent_since", list_of(queue.sent));
  value.set("handled_since", list_of(queue.handled));
  return value;
}

base::Value service_value(const Result& result, const ServiceResult& service, bool series) {
  base::Value value;
  value.set("name", service.name);
  value.set("cluster", service.cluster);
  value.set("consumes", service.consumes);
  value.set("task_hours", service.billed_seconds / 3600);
  value.set("launched", count(service.launched));
  value.set("crashed", count(service.crashed));
  value.set("killed", count(service.killed));
  value.set("busy_share", service.busy_share);
  value.set("flaps", count(service.flaps));
  const auto cost = result.cost.by_service.find(service.name);
  value.set("fargate_dollars", cost == result.cost.by_service.end() ? 0.0 : cost->second);
  base::Value::Array changes;
  for (const Change& change : service.changes) changes.push_back(change_value(change));
  value.set("changes", std::move(changes));
  if (!series) return value;
  value.set("desired", list_of(service.desired));
  value.set("running", list_of(service.running));
  value.set("pending", list_of(service.pending));
  value.set("billed_seconds", list_of(service.billed));
  return value;
}

base::Value alarm_value(const AlarmResult& alarm) {
  base::Value value;
  value.set("name", alarm.name);
  value.set("label", alarm.label);
  value.set("metric", alarm.metric);
  value.set("threshold", alarm.threshold);
  base::Value::Array spans;
  for (const AlarmSpan& span : alarm.spans) {
    base::Value one;
    one.set("from", base::unix_millis(span.from));
    one.set("to", base::unix_millis(span.to));
    one.set("state", span.state);
    spans.push_back(std::move(one));
  }
  value.set("spans", std::move(spans));
  return value;
}

base::Value activity_value(const ActivityResult& activity) {
  base::Value value;
  value.set("time", time_text(activity.at));
  value.set("unix_millis", base::unix_millis(activity.at));
  value.set("service", activity.service);
  value.set("description", activity.description);
  value.set("cause", activity.cause);
  value.set("status", activity.status);
  if (!activity.not_scaled.empty()) value.set("not_scaled", list_of(activity.not_scaled));
  return value;
}

base::Value advice_value(const Advice& advice) {
  base::Value value;
  value.set("headline", advice.headline);
  value.set("evidence", advice.evidence);
  value.set("remedy", advice.remedy);
  return value;
}

template <class T, class F>
base::Value array_of(const std::vector<T>& items, F make) {
  base::Value::Array array;
  for (const T& item : items) array.push_back(make(item));
  return array;
}

// A text as a CSV cell.
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string made = "\"";
  for (const char c : text) made += c == '"' ? std::string("\"\"") : std::string(1, c);
  return made + "\"";
}

}  // namespace

base::Value quantiles(const Histogram& histogram) {
  base::Value value;
  value.set("p50", base::to_seconds(histogram.quantile(0.5)));
  value.set("p95", base::to_seconds(histogram.quantile(0.95)));
  value.set("p99", base::to_seconds(histogram.quantile(0.99)));
  value.set("max", base::to_seconds(histogram.max()));
  return value;
}

std::string summary_text(const Result& result, const Prices& prices) {
  std::string text = "simulated " + time_text(result.start) + " to " + time_text(result.end) + ", " +
                     span_text(result.end - result.start) + "; deployed after " +
                     span_text(result.deployed - result.start) + "\n\n";
  for (const QueueResult& queue : result.queues) {
    const bool used = queue.totals.sent > 0 || queue.totals.receive_requests > 0 || queue.left > 0;
    text += used ? queue_text(queue) + "\n" : "queue " + queue.name + ": not used\n\n";
  }
  for (const ServiceResult& service : result.services) text += service_text(result, service) + "\n";
  if (std::string changes = changes_text(result); !changes.empty()) text += changes + "\n";
  text += "cost\n";
  text += line("Fargate", money(result.cost.fargate));
  text += line("SQS requests", money(result.cost.requests));
  const double days = base::to_seconds(result.end - result.start) / 86'400;
  text += line("together", money(result.cost.total()) + ", " + money(result.cost.total() / days * 30) + " in 30 days");
  text += "  " + price_note(result, prices) + "\n";
  for (const std::string& note : result.notes) text += "\nnote: " + note + "\n";
  if (!result.advice.empty()) text += "\nadvice\n";
  for (const Advice& advice : result.advice) {
    text += "* " + advice.headline + "\n    " + advice.evidence + "\n    What helps: " + advice.remedy + "\n";
  }
  return text;
}

base::Value to_value(const Result& result, const Prices& prices, bool series) {
  base::Value value;
  value.set("start", time_text(result.start));
  value.set("end", time_text(result.end));
  value.set("start_unix_millis", base::unix_millis(result.start));
  value.set("end_unix_millis", base::unix_millis(result.end));
  value.set("deployed", time_text(result.deployed));
  value.set("every_seconds", base::to_seconds(result.every));
  value.set("region", result.region);
  value.set("queues", array_of(result.queues, [&](const auto& one) { return queue_value(one, series); }));
  value.set("services", array_of(result.services, [&](const auto& one) { return service_value(result, one, series); }));
  value.set("alarms", array_of(result.alarms, alarm_value));
  value.set("activities", array_of(result.activities, activity_value));
  base::Value cost;
  cost.set("fargate", result.cost.fargate);
  cost.set("sqs_requests", result.cost.requests);
  cost.set("total", result.cost.total());
  cost.set("note", price_note(result, prices));
  value.set("cost_dollars", std::move(cost));
  value.set("notes", list_of(result.notes));
  value.set("advice", array_of(result.advice, advice_value));
  return value;
}

std::string series_csv(const Result& result) {
  std::string text = "time";
  for (const QueueResult& queue : result.queues) {
    for (const char* column : {"visible", "in_flight", "delayed", "sent", "handled"}) {
      text += "," + cell(queue.name + " " + column);
    }
  }
  for (const ServiceResult& service : result.services) {
    for (const char* column : {"desired", "running", "pending", "billed_seconds"}) {
      text += "," + cell(service.name + " " + column);
    }
  }
  text += "\n";
  for (std::size_t i = 0; i < result.samples(); ++i) {
    text += time_text(result.time_of(i));
    for (const QueueResult& queue : result.queues) {
      for (const auto* series : {&queue.visible, &queue.in_flight, &queue.delayed, &queue.sent, &queue.handled}) {
        text += "," + std::to_string((*series)[i]);
      }
    }
    for (const ServiceResult& service : result.services) {
      for (const auto* series : {&service.desired, &service.running, &service.pending}) {
        text += "," + std::to_string((*series)[i]);
      }
      text += "," + number_text(service.billed[i], 0);
    }
    text += "\n";
  }
  return text;
}

std::string events_csv(const Result& result) {
  std::vector<std::pair<base::TimePoint, std::string>> rows;
  const auto add = [&](base::TimePoint at, const std::string& kind, const std::string& what, const std::string& state,
                       const std::string& why) {
    rows.emplace_back(at, time_text(at) + "," + kind + "," + cell(what) + "," + cell(state) + "," + cell(why) + "\n");
  };
  for (const ServiceResult& service : result.services) {
    for (const Change& change : service.changes) {
      add(change.at, "desired", service.name, std::to_string(change.to), change.cause);
    }
  }
  for (const AlarmResult& alarm : result.alarms) {
    for (const AlarmSpan& span : alarm.spans) add(span.from, "alarm", alarm.label, span.state, alarm.name);
  }
  for (const ActivityResult& activity : result.activities) {
    const std::string& why = activity.not_scaled.empty() ? activity.cause : activity.not_scaled.front();
    add(activity.at, "activity", activity.service, activity.description + " " + activity.status, why);
  }
  std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.first; });
  std::string text = "time,kind,what,state,why\n";
  for (const auto& [at, row] : rows) text += row;
  return text;
}

}  // namespace sim
