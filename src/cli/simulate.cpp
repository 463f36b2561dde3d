#include "sim/simulate.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include "base/fault.h"
#include "cli/commands.h"
#include "cli/local_template.h"
#include "sim/page.h"
#include "sim/picture.h"
#include "sim/quantity.h"
#include "sim/report.h"
#include "sim/what_if.h"
#include "wire/json.h"

namespace cli {
namespace {

namespace fs = std::filesystem;

constexpr base::Duration kSpanMost = std::chrono::days(366);

std::expected<std::string, std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in || fs::is_directory(path)) return std::unexpected("there is no file " + path.string());
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// A stack's name from its file's, as `up` makes it.
std::string stack_name(const std::string& path) {
  std::string name = fs::path(path).stem().string();
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '-';
  }
  return name;
}

std::expected<void, std::string> load_stacks(const SimulateOptions& options, sim::Scenario& scenario) {
  const auto keep = [&](const std::string& path, const std::string& text) -> std::expected<std::string, std::string> {
    const std::string key = "nested-" + std::to_string(scenario.nested.size() + 1) + ".template";
    scenario.nested[key] = {path, text};
    return sim::template_url(scenario.region, key);
  };
  for (const std::string& path : options.templates) {
    TRY(LocalTemplate loaded, load_template(path, keep));
    std::string stack = stack_name(path);
    const auto taken = [&] { return std::ranges::count(scenario.stacks, stack, &sim::StackTemplate::stack) > 0; };
    while (taken()) stack += "-2";
    scenario.stacks.push_back({std::move(stack), path, std::move(loaded.text)});
  }
  return {};
}

std::expected<void, std::string> load_workload(const SimulateOptions& options, sim::Scenario& scenario) {
  scenario.workload_file = options.workload;
  TRY(const std::string text, read_file(options.workload));
  auto document = sim::Document::parse(text);
  if (!document) return std::unexpected(document.error().in(options.workload));
  scenario.workload_document = std::move(*document);
  scenario.read = [base = fs::path(options.workload).parent_path()](const std::string& path) {
    return read_file(base / path);
  };
  return {};
}

std::expected<base::Duration, std::string> span_option(const std::string& name, const std::string& text) {
  const auto span = sim::parse_span(text);
  if (!span || *span < std::chrono::minutes(1) || *span > kSpanMost) {
    return std::unexpected(name + " " + text + ": expected a duration from 1m to 366d, such as 90m, 24h or 30d");
  }
  return *span;
}

std::expected<sim::Scenario, std::string> scenario_of(const SimulateOptions& options) {
  sim::Scenario scenario;
  scenario.region = options.region;
  scenario.seed = options.seed;
  TRY(scenario.span, span_option("--for", options.span));
  if (!options.every.empty()) {
    TRY(scenario.sample_every, span_option("--every", options.every));
  }
  for (const std::string& text : options.parameters) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return std::unexpected("--parameter " + text + " is not of the form Key=Value");
    }
    scenario.parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  CHECK(load_workload(options, scenario));
  CHECK(load_stacks(options, scenario));
  return scenario;
}

std::expected<sim::Prices, std::string> prices_of(const SimulateOptions& options) {
  if (options.prices.empty()) return sim::built_in_prices();
  TRY(const std::string text, read_file(options.prices));
  auto prices = sim::parse_prices(text);
  if (!prices) return std::unexpected(options.prices + ": " + prices.error());
  return std::move(*prices);
}

// Files of one directory, which is made when the first one comes.
class Files {
 public:
  explicit Files(std::string directory) : directory_(std::move(directory)) {}

  std::expected<void, std::string> put(const std::string& name, const std::string& text) {
    if (directory_.empty()) return {};
    std::error_code error;
    fs::create_directories(directory_, error);
    const fs::path path = fs::path(directory_) / name;
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) return std::unexpected(path.string() + " can't be written");
    return {};
  }

 private:
  std::string directory_;
};

std::string title_of(const SimulateOptions& options) {
  return fs::path(options.templates.back()).filename().string() + " under " +
         fs::path(options.workload).filename().string();
}

std::expected<void, std::string> write_run(const SimulateOptions& options, const sim::Result& result,
                                           const sim::Prices& prices) {
  Files files(options.out);
  CHECK(files.put("summary.txt", sim::summary_text(result, prices)));
  if (options.out.empty()) return {};
  const base::Value value = sim::to_value(result, prices, true);
  CHECK(files.put("result.json", wire::write_json(value) + "\n"));
  CHECK(files.put("series.csv", sim::series_csv(result)));
  CHECK(files.put("events.csv", sim::events_csv(result)));
  CHECK(files.put("picture.svg", sim::draw(result, title_of(options))));
  return files.put("page.html", sim::page(value, title_of(options)));
}

int run_one(const SimulateOptions& options, const sim::Scenario& scenario, const sim::Prices& prices) {
  auto result = sim::simulate(scenario);
  if (!result) return fail(result.error().text);
  result->cost = sim::cost_of(*result, prices);
  if (options.json) {
    std::cout << wire::write_json(sim::to_value(*result, prices, false), wire::JsonLayout::Indented) << "\n";
  } else {
    std::cout << sim::summary_text(*result, prices);
  }
  if (auto written = write_run(options, *result, prices); !written) return fail(written.error());
  if (!options.out.empty() && !options.json) std::cout << "\nfiles: " << options.out << "\n";
  return 0;
}

// One run of the grid. Each has a cloud of its own, so they share nothing but what they read.
sim::Outcome run_variant(const sim::Scenario& scenario, const std::vector<sim::Variation>& variations,
                         const std::vector<std::string>& values, const sim::Prices& prices) {
  sim::Scenario changed = scenario;
  const auto failed = [&](const sim::Failure& failure) {
    sim::Outcome outcome;
    outcome.values = values;
    outcome.failure = failure.text;
    return outcome;
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (auto good = sim::apply(changed, variations[i].key, values[i]); !good) return failed(good.error());
  }
  auto result = sim::simulate(changed);
  if (!result) return failed(result.error());
  result->cost = sim::cost_of(*result, prices);
  return sim::outcome_of(*result, values);
}

std::vector<sim::Outcome> run_grid(const SimulateOptions& options, const sim::Scenario& scenario,
                                   const std::vector<sim::Variation>& variations,
                                   const std::vector<std::vector<std::string>>& grid, const sim::Prices& prices) {
  std::vector<sim::Outcome> outcomes(grid.size());
  std::atomic<std::size_t> next{0};
  const unsigned wanted = options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::min<std::size_t>(wanted, grid.size()); ++i) {
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < grid.size(); at = next++) {
          outcomes[at] = run_variant(scenario, variations, grid[at], prices);
        }
      });
    }
  }
  return outcomes;
}

std::string seconds_text(double seconds) {
  return sim::span_text(base::Duration(static_cast<std::int64_t>(seconds * 1e6)));
}

TextTable table_of(const std::vector<sim::Variation>& variations, const std::vector<sim::Outcome>& outcomes) {
  std::vector<std::string> head;
  for (const sim::Variation& variation : variations) head.push_back(variation.key.substr(variation.key.rfind('.') + 1));
  for (const char* column :
       {"handled", "left", "again", "wait p50", "p95", "max", "task h", "busy", "changes", "flaps", "cost"}) {
    head.emplace_back(column);
  }
  TextTable table(head);
  for (const sim::Outcome& one : outcomes) {
    std::vector<std::string> cells = one.values;
    if (cells.empty()) cells.assign(variations.size(), "as given");
    if (!one.failure.empty()) {
      cells.push_back("failed");
    } else {
      for (const std::string& cell :
           {std::to_string(one.handled), std::to_string(one.left), std::to_string(one.again), seconds_text(one.p50),
            seconds_text(one.p95), seconds_text(one.longest), sim::number_text(one.task_hours, 1),
            sim::number_text(one.busy_share * 100, 0) + " %", std::to_string(one.changes), std::to_string(one.flaps),
            "$" + sim::number_text(one.cost, 4)}) {
        cells.push_back(cell);
      }
    }
    table.add(std::move(cells));
  }
  return table;
}

base::Value json_of(const std::vector<sim::Variation>& variations, const std::vector<sim::Outcome>& outcomes) {
  base::Value::Array runs;
  for (const sim::Outcome& one : outcomes) {
    base::Value run, values{base::Value::Object{}};
    for (std::size_t i = 0; i < one.values.size(); ++i) values.set(variations[i].key, one.values[i]);
    run.set("values", std::move(values));
    if (!one.failure.empty()) run.set("failure", one.failure);
    const std::pair<const char*, std::uint64_t> counts[] = {
        {"sent", one.sent},       {"handled", one.handled},
        {"again", one.again},     {"dead_lettered", one.dead_lettered},
        {"cut_off", one.cut_off}, {"lost", one.lost},
        {"changes", one.changes}, {"flaps", one.flaps}};
    for (const auto& [name, count] : counts) run.set(name, static_cast<std::int64_t>(count));
    run.set("left", one.left);
    const std::pair<const char*, double> numbers[] = {{"p50_seconds", one.p50},       {"p95_seconds", one.p95},
                                                      {"p99_seconds", one.p99},       {"max_seconds", one.longest},
                                                      {"task_hours", one.task_hours}, {"busy_share", one.busy_share},
                                                      {"dollars", one.cost}};
    for (const auto& [name, number] : numbers) run.set(name, number);
    runs.push_back(std::move(run));
  }
  base::Value whole;
  whole.set("runs", std::move(runs));
  return whole;
}

void print_grid(const SimulateOptions& options, const std::vector<sim::Variation>& variations,
                const std::vector<sim::Outcome>& outcomes) {
  if (options.json) {
    std::cout << wire::write_json(json_of(variations, outcomes), wire::JsonLayout::Indented) << "\n";
    return;
  }
  std::cout << table_of(variations, outcomes).to_text();
  std::string last;
  for (const sim::Outcome& one : outcomes) {
    if (one.failure.empty() || one.failure == last) continue;
    std::cout << "\nfailed with " << sim::label_of(variations, one) << ": " << one.failure << "\n";
    last = one.failure;
  }
  for (const sim::Advice& advice : sim::advise_on(variations, outcomes)) {
    std::cout << "\n* " << advice.headline << "\n    " << advice.evidence << "\n    What helps: " << advice.remedy
              << "\n";
  }
}

int run_what_ifs(const SimulateOptions& options, const sim::Scenario& scenario, const sim::Prices& prices) {
  std::vector<sim::Variation> variations;
  for (const std::string& text : options.what_if) {
    auto variation = sim::parse_variation(text);
    if (!variation) return fail(variation.error().text), 2;
    // A key that leads nowhere is an error before anything runs.
    sim::Scenario tried = scenario;
    if (auto good = sim::apply(tried, variation->key, variation->values.front()); !good) {
      return fail(good.error().text), 2;
    }
    variations.push_back(std::move(*variation));
  }
  auto grid = sim::combinations(variations);
  if (!grid) return fail(grid.error().text), 2;
  grid->insert(grid->begin(), std::vector<std::string>());
  const std::vector<sim::Outcome> outcomes = run_grid(options, scenario, variations, *grid, prices);
  print_grid(options, variations, outcomes);
  Files files(options.out);
  const auto write = [&]() -> std::expected<void, std::string> {
    CHECK(files.put("runs.csv", sim::outcomes_csv(variations, outcomes)));
    return files.put("comparison.svg", sim::draw_comparison(sim::compared(variations, outcomes), title_of(options)));
  };
  if (auto written = write(); !written) return fail(written.error());
  const bool any = std::ranges::any_of(outcomes, [](const auto& one) { return one.failure.empty(); });
  return any ? 0 : 1;
}

}  // namespace

int simulate(const SimulateOptions& options) {
  const auto scenario = scenario_of(options);
  if (!scenario) return fail(scenario.error());
  const auto prices = prices_of(options);
  if (!prices) return fail(prices.error());
  return options.what_if.empty() ? run_one(options, *scenario, *prices) : run_what_ifs(options, *scenario, *prices);
}

}  // namespace cli
