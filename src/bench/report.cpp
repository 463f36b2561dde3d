#include "bench/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/value.h"
#include "wire/json.h"

namespace bench {
namespace {

constexpr std::array<std::pair<double, std::string_view>, 5> kQuantiles{
    {{0.5, "p50"}, {0.9, "p90"}, {0.99, "p99"}, {0.999, "p99.9"}, {1, "max"}}};

double per_second(std::uint64_t count, const Figures& figures) {
  return figures.seconds > 0 ? static_cast<double>(count) / figures.seconds : 0;
}

std::string in_words(const Options& options) {
  std::string text =
      fmt::format("{}, {} byte messages, batches of {}, {} connections, {} {} queue{}", name_of(options.mix),
                  options.message_size, options.batch, options.connections, options.queues,
                  options.fifo_groups > 0 ? "FIFO" : "standard", options.queues > 1 ? "s" : "");
  if (options.fifo_groups > 0) text += fmt::format(", {} groups", options.fifo_groups);
  text += options.rate > 0 ? fmt::format(", {:g} requests/s", options.rate) : ", closed loop";
  return text;
}

base::Value number(double value) {
  return base::Value(value);
}

// -- the picture

constexpr double kLeft = 80, kTop = 60, kWidth = 640, kHeight = 300;
constexpr double kNines = 4;  // the right edge: 99.99 %
constexpr std::array<std::string_view, 5> kColours{"#1f6fb2", "#d9822b", "#2e8b57", "#8e5bb5", "#b03a48"};

double x_of(double nines) {
  return kLeft + kWidth * nines / kNines;
}

class LogAxis {
 public:
  LogAxis(double low, double high)
      : low_(std::floor(std::log10(std::max(low, 1.0)))), high_(std::ceil(std::log10(high))) {
    if (high_ <= low_) high_ = low_ + 1;
  }
  int first() const { return static_cast<int>(low_); }
  int last() const { return static_cast<int>(high_); }
  double y_of(double value) const {
    return kTop + kHeight * (high_ - std::log10(std::max(value, 1.0))) / (high_ - low_);
  }

 private:
  double low_, high_;
};

std::string time_text(int power) {
  static constexpr std::array<std::string_view, 9> kTexts{"1 us",   "10 us", "100 us", "1 ms", "10 ms",
                                                          "100 ms", "1 s",   "10 s",   "100 s"};
  return std::string(kTexts[static_cast<std::size_t>(std::clamp(power, 0, 8))]);
}

std::string grid(const LogAxis& axis) {
  std::string svg;
  for (int power = axis.first(); power <= axis.last(); ++power) {
    const double y = axis.y_of(std::pow(10, power));
    svg += fmt::format(R"(<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" class="grid"/>)", kLeft, kLeft + kWidth, y, y);
    svg += fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)", kLeft - 8, y + 4, time_text(power));
  }
  static constexpr std::array<std::string_view, 5> kLabels{"0 %", "90 %", "99 %", "99.9 %", "99.99 %"};
  for (std::size_t i = 0; i < kLabels.size(); ++i) {
    const double x = x_of(static_cast<double>(i));
    svg += fmt::format(R"(<line x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}" class="grid"/>)", x, x, kTop, kTop + kHeight);
    svg += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", x, kTop + kHeight + 18, kLabels[i]);
  }
  return svg;
}

std::string curve(const Histogram& histogram, const LogAxis& axis, std::string_view colour) {
  std::string points;
  for (double nines = 0; nines <= kNines; nines += 0.02) {
    const auto value = static_cast<double>(histogram.quantile(1 - std::pow(10, -nines)));
    points += fmt::format("{:.1f},{:.1f} ", x_of(nines), axis.y_of(value));
  }
  return fmt::format(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>)", points, colour);
}

}  // namespace

std::string to_table(const Options& options, const Figures& figures) {
  const std::uint64_t messages = figures.messages(options.mix);
  std::string text = in_words(options) + "\n";
  text += fmt::format("  {:.1f} s: {} requests ({:.0f}/s), {} messages ({:.0f}/s)\n", figures.seconds, figures.requests,
                      per_second(figures.requests, figures), messages, per_second(messages, figures));
  if (figures.empty > 0) text += fmt::format("  {} receives brought nothing\n", figures.empty);
  if (figures.unsent > 0)
    text += fmt::format("  {} requests were due and not sent: the rate is too much\n", figures.unsent);
  if (figures.drained) text += "  ended early: the queues gave nothing more\n";
  text += fmt::format("  {:<24}{:>10}", "latency, us", "count");
  for (const auto& [fraction, name] : kQuantiles) text += fmt::format("{:>10}", name);
  text += "\n";
  for (const auto& [operation, histogram] : figures.latency) {
    text += fmt::format("  {:<24}{:>10}", operation, histogram.count());
    for (const auto& [fraction, name] : kQuantiles) text += fmt::format("{:>10}", histogram.quantile(fraction));
    text += "\n";
  }
  if (figures.server_seconds && messages > 0) {
    text +=
        fmt::format("  server's processor time: {:.2f} us a message, {:.2f} us a request\n",
                    *figures.server_seconds * 1e6 / static_cast<double>(messages),
                    *figures.server_seconds * 1e6 / static_cast<double>(std::max<std::uint64_t>(figures.requests, 1)));
  }
  for (const auto& [code, count] : figures.errors) text += fmt::format("  error {}: {}\n", code, count);
  return text;
}

std::string to_json(const Options& options, const Figures& figures) {
  base::Value::Object latency;
  for (const auto& [operation, histogram] : figures.latency) {
    base::Value::Object one{{"count", number(static_cast<double>(histogram.count()))},
                            {"mean", number(histogram.mean())}};
    for (const auto& [fraction, name] : kQuantiles) {
      one.emplace_back(std::string(name), number(static_cast<double>(histogram.quantile(fraction))));
    }
    latency.emplace_back(operation, base::Value(std::move(one)));
  }
  base::Value::Object errors;
  for (const auto& [code, count] : figures.errors) errors.emplace_back(code, number(static_cast<double>(count)));
  base::Value::Object all{{"mix", base::Value(std::string(name_of(options.mix)))},
                          {"message_size", number(static_cast<double>(options.message_size))},
                          {"batch", number(static_cast<double>(options.batch))},
                          {"connections", number(static_cast<double>(options.connections))},
                          {"seconds", number(figures.seconds)},
                          {"requests", number(static_cast<double>(figures.requests))},
                          {"messages", number(static_cast<double>(figures.messages(options.mix)))},
                          {"sent", number(static_cast<double>(figures.sent))},
                          {"received", number(static_cast<double>(figures.received))},
                          {"deleted", number(static_cast<double>(figures.deleted))},
                          {"empty_receives", number(static_cast<double>(figures.empty))},
                          {"unsent_requests", number(static_cast<double>(figures.unsent))},
                          {"latency_us", base::Value(std::move(latency))},
                          {"errors", base::Value(std::move(errors))}};
  if (figures.server_seconds) all.emplace_back("server_cpu_seconds", number(*figures.server_seconds));
  return wire::write_json(base::Value(std::move(all)), wire::JsonLayout::Indented) + "\n";
}

std::string to_picture(const Options& options, const Figures& figures) {
  double low = 1e9, high = 1;
  for (const auto& [operation, histogram] : figures.latency) {
    low = std::min(low, static_cast<double>(histogram.quantile(0)));
    high = std::max(high, static_cast<double>(histogram.quantile(1 - std::pow(10, -kNines))));
  }
  const LogAxis axis(std::min(low, high), high);
  std::string svg = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" font-family="sans-serif" font-size="12">)"
      R"(<style>.grid{{stroke:#ddd}} text{{fill:#333}}</style><rect width="100%" height="100%" fill="white"/>)",
      kLeft + kWidth + 40, kTop + kHeight + 60);
  svg += fmt::format(R"(<text x="{}" y="24" font-size="16" font-weight="bold">Latency by percentile</text>)", kLeft);
  svg += fmt::format(R"(<text x="{}" y="44">{}</text>)", kLeft, in_words(options));
  svg += grid(axis);
  std::size_t nth = 0;
  for (const auto& [operation, histogram] : figures.latency) {
    const std::string_view colour = kColours[nth % kColours.size()];
    svg += curve(histogram, axis, colour);
    svg += fmt::format(R"(<text x="{}" y="{}" style="fill:{}">{}</text>)", kLeft + 150 * static_cast<double>(nth),
                       kTop + kHeight + 44, colour, operation);
    ++nth;
  }
  return svg + "</svg>\n";
}

}  // namespace bench
