#include <algorithm>
#include <cmath>
#include <map>

#include "sim/canvas.h"
#include "sim/picture.h"
#include "sim/quantity.h"

namespace sim {
namespace {

constexpr double kWidth = 1100, kHeight = 640, kLeft = 90, kRight = 30, kTop = 100, kBottom = 70;
constexpr const char* kColours[] = {"#1f6fb2", "#d9822b", "#2b8a5a", "#8458b3", "#c23b43",
                                    "#3aa6a6", "#a66f2b", "#5f6b7a", "#b3588f", "#6b8e23"};
constexpr std::size_t kListedMax = 16;

// A scale on which a value takes its place between two edges; logarithmic where values differ by more than 30 times.
struct Scale {
  double low, high, from, to;
  bool logarithmic;

  double at(double value) const {
    const auto place = [&](double v) { return logarithmic ? std::log10(std::max(v, low)) : v; };
    return from + (place(value) - place(low)) / std::max(place(high) - place(low), 1e-12) * (to - from);
  }
  std::vector<double> ticks() const {
    if (!logarithmic) {
      std::vector<double> all = nice_ticks(high, 6);
      std::erase_if(all, [&](double tick) { return tick < low; });
      return all;
    }
    std::vector<double> all;
    for (double decade = std::pow(10, std::floor(std::log10(low))); decade <= high; decade *= 10) {
      for (const double factor : {1.0, 3.0}) {
        if (decade * factor >= low && decade * factor <= high) all.push_back(decade * factor);
      }
    }
    return all;
  }
};

template <class F>
Scale scale_of(const std::vector<ComparedRun>& runs, F value, double from, double to) {
  double low = value(runs.front()), high = low;
  for (const ComparedRun& run : runs) {
    low = std::min(low, value(run));
    high = std::max(high, value(run));
  }
  const bool logarithmic = low > 0 && high / low > 30;
  if (logarithmic) return {low / 1.2, high * 1.2, from, to, true};
  const double margin = std::max((high - low) * 0.08, high * 0.01 + 1e-9);
  return {std::max(0.0, low - margin), high + margin, from, to, false};
}

std::string described(const ComparedRun& run) {
  return run.label + ": $" + number_text(run.cost, 4) + ", p95 " +
         span_text(base::Duration(std::llround(run.p95 * 1e6)));
}

// Spans that people think in.
std::vector<double> span_ticks(const Scale& scale) {
  std::vector<double> all;
  for (const double tick : {0.01, 0.1, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0,
                            14'400.0, 28'800.0, 86'400.0, 172'800.0, 604'800.0}) {
    if (tick < scale.low || tick > scale.high) continue;
    // Where two would lie upon each other the later one goes.
    if (all.empty() || std::abs(scale.at(tick) - scale.at(all.back())) > 22) all.push_back(tick);
  }
  return all;
}

void axes(Canvas& canvas, const Scale& x, const Scale& y) {
  for (const double tick : x.ticks()) {
    canvas.line(x.at(tick), kTop, x.at(tick), kHeight - kBottom);
    canvas.text(x.at(tick), kHeight - kBottom + 18, "$" + number_text(tick, 3), 11, ink::kFaint, "middle");
  }
  for (const double tick : span_ticks(y)) {
    canvas.line(kLeft, y.at(tick), kWidth - kRight, y.at(tick));
    canvas.text(kLeft - 8, y.at(tick) + 4, span_text(base::Duration(std::llround(tick * 1e6))), 11, ink::kFaint, "end");
  }
  canvas.text((kLeft + kWidth - kRight) / 2, kHeight - 24, "cost of the run (Fargate and SQS requests)", 12, ink::kText,
              "middle");
}

// Numbers the runs that no other beats and says below what they are; the height that this takes.
double list_front(Canvas& canvas, const std::vector<ComparedRun>& runs, const std::vector<std::size_t>& front,
                  const Scale& x, const Scale& y) {
  const std::size_t stride = std::max<std::size_t>(1, (front.size() + kListedMax - 1) / kListedMax);
  double below = 0;
  int number = 0;
  for (std::size_t i = 0; i < front.size(); i += stride) {
    const ComparedRun& run = runs[front[i]];
    const std::string mark = std::to_string(++number);
    canvas.text(x.at(run.cost), y.at(run.p95) - 9, mark, 11, ink::kText, "middle", 600);
    canvas.text(kLeft, kHeight + below, mark, 12, ink::kText, "start", 600);
    canvas.text(kLeft + 26, kHeight + below, described(run), 12, ink::kText);
    below += 18;
  }
  return below + 10;
}

}  // namespace

std::vector<std::size_t> front_of(const std::vector<ComparedRun>& runs) {
  std::vector<std::size_t> order(runs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return runs[a].cost != runs[b].cost ? runs[a].cost < runs[b].cost : runs[a].p95 < runs[b].p95;
  });
  std::vector<std::size_t> front;
  for (const std::size_t i : order) {
    if (front.empty() || runs[i].p95 < runs[front.back()].p95) front.push_back(i);
  }
  return front;
}

std::string draw_comparison(const std::vector<ComparedRun>& runs, const std::string& title) {
  Canvas canvas(kWidth);
  canvas.text(kLeft, 30, title, 18, ink::kText, "start", 600);
  canvas.text(kLeft, 48,
              "Each point is a run: what it costs, and the wait that 95 % of its messages do not exceed. "
              "Lower and further left is better; the line joins the runs that no other beats.",
              12, ink::kFaint);
  if (runs.empty()) return canvas.finish(kHeight);
  const Scale x = scale_of(runs, [](const auto& run) { return run.cost; }, kLeft, kWidth - kRight);
  const Scale y = scale_of(runs, [](const auto& run) { return run.p95; }, kHeight - kBottom, kTop);
  axes(canvas, x, y);
  std::map<std::string, const char*> colours;
  double offset = kLeft;
  for (const ComparedRun& run : runs) {
    if (run.group.empty() || colours.contains(run.group)) continue;
    const char* colour = kColours[colours.size() % std::size(kColours)];
    colours[run.group] = colour;
    canvas.circle(offset + 6, 72, 5, colour);
    canvas.text(offset + 16, 76, run.group, 12, ink::kFaint);
    offset += 34 + 7.2 * static_cast<double>(run.group.size());
  }
  const std::vector<std::size_t> front = front_of(runs);
  std::string path;
  for (const std::size_t i : front) {
    path += (path.empty() ? "M" : "L") + number_text(x.at(runs[i].cost), 1) + "," + number_text(y.at(runs[i].p95), 1);
  }
  canvas.path(path, ink::kFaint, 1.2);
  for (const ComparedRun& run : runs) {
    const auto colour = colours.find(run.group);
    canvas.circle(x.at(run.cost), y.at(run.p95), run.base ? 8 : 5,
                  run.base || colour == colours.end() ? ink::kText : colour->second, described(run));
    if (run.base) canvas.text(x.at(run.cost) + 11, y.at(run.p95) - 8, "as given", 11, ink::kText, "start", 600);
  }
  return canvas.finish(kHeight + list_front(canvas, runs, front, x, y));
}

}  // namespace sim
