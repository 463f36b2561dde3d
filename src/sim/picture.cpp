#include "sim/picture.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/canvas.h"
#include "sim/quantity.h"

namespace sim {
namespace {

constexpr double kWidth = 1100, kLeft = 76, kRight = 20, kTop = 64, kPanel = 170, kGap = 54, kBar = 16;
constexpr std::size_t kPairsMax = 6;
constexpr std::size_t kAlarmsMax = 16;

struct Line {
  std::string name;
  const char* colour;
  std::vector<double> values;
  double width = 1.6;
};

template <class T>
std::vector<double> doubles(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

class Picture {
 public:
  Picture(const Result& result, const std::string& title) : result_(result), canvas_(kWidth) {
    canvas_.text(kLeft, 30, title, 18, ink::kText, "start", 600);
    canvas_.text(kLeft, 48, time_text(result.start) + " to " + time_text(result.end) + ", simulated", 12, ink::kFaint);
  }

  void panel(const std::string& title, const std::vector<Line>& lines, double mark = 0,
             const std::string& mark_name = "");
  void alarms();
  void activities();
  void cost();
  std::string finish() { return canvas_.finish(y_); }

 private:
  double span() const { return std::max(base::to_seconds(result_.end - result_.start), 1.0); }
  double x(double seconds) const { return kLeft + seconds / span() * (kWidth - kLeft - kRight); }
  double x(base::TimePoint at) const { return x(std::clamp(base::to_seconds(at - result_.start), 0.0, span())); }
  std::vector<std::pair<double, std::string>> times() const;
  void time_axis(double bottom);
  void head(const std::string& title, const std::vector<std::pair<std::string, const char*>>& legend, bool boxes);

  const Result& result_;
  Canvas canvas_;
  double y_ = kTop;
};

std::vector<std::pair<double, std::string>> Picture::times() const {
  constexpr double kSteps[] = {60,     120,    300,    600,    900,     1800,    3600,      7200, 10'800,
                               14'400, 21'600, 43'200, 86'400, 172'800, 604'800, 2'592'000, 1e9};
  const double step = *std::ranges::find_if(kSteps, [&](double one) { return span() / one <= 13; });
  std::vector<std::pair<double, std::string>> made;
  for (double at = 0; at <= span(); at += step) {
    std::string label = step < 3600 ? number_text(at / 60, 0) + " min" : number_text(at / 3600, 0) + " h";
    if (step >= 86'400) label = "day " + number_text(at / 86'400, 0);
    made.emplace_back(at, std::move(label));
  }
  return made;
}

void Picture::time_axis(double bottom) {
  for (const auto& [at, label] : times()) canvas_.text(x(at), bottom + 15, label, 11, ink::kFaint, "middle");
}

void Picture::head(const std::string& title, const std::vector<std::pair<std::string, const char*>>& legend,
                   bool boxes) {
  canvas_.text(kLeft, y_ + 4, title, 13, ink::kText, "start", 600);
  double offset = kLeft + 16 + 7.6 * static_cast<double>(title.size());
  for (const auto& [name, colour] : legend) {
    if (boxes) {
      canvas_.rectangle(offset, y_ - 6, 14, 12, colour);
    } else {
      canvas_.line(offset, y_, offset + 18, y_, colour, 3);
    }
    canvas_.text(offset + 24, y_ + 4, name, 12, ink::kFaint);
    offset += 46 + 7.2 * static_cast<double>(name.size());
  }
}

void Picture::panel(const std::string& title, const std::vector<Line>& lines, double mark,
                    const std::string& mark_name) {
  std::vector<std::pair<std::string, const char*>> legend;
  double highest = std::max(mark, 1e-9);
  for (const Line& line : lines) {
    legend.emplace_back(line.name, line.colour);
    for (const double value : line.values) highest = std::max(highest, value);
  }
  if (highest < 1e-6) highest = 1;
  head(title, legend, false);
  const double top = y_ + 16, bottom = top + kPanel;
  const auto y = [&](double value) { return bottom - value / (highest * 1.08) * kPanel; };
  for (const auto& [at, label] : times()) canvas_.line(x(at), top, x(at), bottom);
  for (const double tick : nice_ticks(highest)) {
    canvas_.line(kLeft, y(tick), kWidth - kRight, y(tick));
    canvas_.text(kLeft - 8, y(tick) + 4, number_text(tick, 4), 11, ink::kFaint, "end");
  }
  if (!mark_name.empty()) {
    canvas_.line(kLeft, y(mark), kWidth - kRight, y(mark), ink::kFaint, 1, "5 4");
    canvas_.text(kWidth - kRight, y(mark) - 4, mark_name, 11, ink::kFaint, "end");
  }
  const auto at = [&](double sample) { return x(sample * base::to_seconds(result_.every)); };
  for (const Line& line : lines) {
    canvas_.path(steps_path(line.values, at, y, kWidth - kLeft - kRight), line.colour, line.width);
  }
  time_axis(bottom);
  y_ = bottom + kGap;
}

void Picture::alarms() {
  if (result_.alarms.empty()) return;
  head("alarms",
       {{"OK", state_colour("OK")}, {"ALARM", state_colour("ALARM")}, {"INSUFFICIENT_DATA", state_colour("")}}, true);
  y_ += 28;
  for (std::size_t i = 0; i < result_.alarms.size() && i < kAlarmsMax; ++i) {
    const AlarmResult& alarm = result_.alarms[i];
    canvas_.text(kLeft, y_ - 4, alarm.label, 11, ink::kFaint);
    for (const AlarmSpan& span : alarm.spans) {
      const double from = x(span.from);
      canvas_.rectangle(from, y_, std::max(x(span.to) - from, 0.5), kBar, state_colour(span.state),
                        alarm.name + " " + span.state + " from " + time_text(span.from));
    }
    y_ += kBar + 20;
  }
  time_axis(y_ - 20);
  y_ += 24;
}

void Picture::activities() {
  std::vector<const ActivityResult*> done;
  for (const ActivityResult& activity : result_.activities) {
    if (activity.not_scaled.empty()) done.push_back(&activity);
  }
  if (done.empty()) return;
  head("scaling activities", {{"out", ink::kOrange}, {"in", ink::kBlue}}, true);
  y_ += 28;
  std::set<std::string> services;
  for (const ActivityResult* one : done) services.insert(one->service);
  for (const std::string& service : services) {
    canvas_.text(kLeft, y_ - 4, service, 11, ink::kFaint);
    canvas_.line(kLeft, y_ + 8, kWidth - kRight, y_ + 8);
    for (const ServiceResult& each : result_.services) {
      if (each.cluster + "/" + each.name != service) continue;
      for (const Change& change : each.changes) {
        const bool in = change.to < change.from;
        canvas_.rectangle(x(change.at) - 1.5, y_, 3, 16, in ? ink::kBlue : ink::kOrange,
                          time_text(change.at) + ": " + std::to_string(change.from) + " to " +
                              std::to_string(change.to) + ", " + change.cause);
      }
    }
    y_ += 36;
  }
  time_axis(y_ - 20);
  y_ += 24;
}

void Picture::cost() {
  if (result_.cost.total() <= 0) return;
  std::vector<double> values(result_.samples(), 0);
  double seconds = 0;
  for (const ServiceResult& service : result_.services) seconds += service.billed_seconds;
  for (const ServiceResult& service : result_.services) {
    const auto spent = result_.cost.by_service.find(service.name);
    if (spent == result_.cost.by_service.end() || service.billed_seconds <= 0) continue;
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] += spent->second * service.billed[i] / service.billed_seconds;
    }
  }
  panel("Fargate, US dollars so far", {{"dollars", ink::kRed, std::move(values)}});
}

// Busy queues, the busiest first, each with the service that works on it.
std::vector<const QueueResult*> busy_queues(const Result& result) {
  std::vector<const QueueResult*> queues;
  for (const QueueResult& queue : result.queues) {
    if (queue.totals.sent > 0 || queue.left > 0) queues.push_back(&queue);
  }
  std::ranges::stable_sort(queues, [](const auto* a, const auto* b) { return a->totals.sent > b->totals.sent; });
  if (queues.size() > kPairsMax) queues.resize(kPairsMax);
  return queues;
}

void draw_pair(Picture& picture, const Result& result, const QueueResult& queue) {
  double target = 0;
  for (const PolicyResult& policy : result.policies) {
    const auto dimension = policy.dimensions.find("QueueName");
    if (policy.raw_queue_depth() && dimension != policy.dimensions.end() && dimension->second == queue.name) {
      target = policy.target;
    }
  }
  picture.panel(
      "messages in " + queue.name,
      {{"visible", ink::kBlue, doubles(queue.visible)}, {"in flight", ink::kOrange, doubles(queue.in_flight)}}, target,
      target > 0 ? "target " + number_text(target) : "");
  for (const ServiceResult& service : result.services) {
    if (service.consumes != queue.name) continue;
    picture.panel(
        "tasks of " + service.name,
        {{"desired", ink::kPurple, doubles(service.desired)}, {"running", ink::kGreen, doubles(service.running)}},
        static_cast<double>(service.max_capacity),
        service.scales ? "MaxCapacity " + std::to_string(service.max_capacity) : "");
  }
}

}  // namespace

std::string draw(const Result& result, const std::string& title) {
  Picture picture(result, title);
  for (const QueueResult* queue : busy_queues(result)) draw_pair(picture, result, *queue);
  picture.alarms();
  picture.activities();
  picture.cost();
  return picture.finish();
}

}  // namespace sim
