#pragma once

// Search expressions: SEARCH('{AWS/EC2,InstanceId} MetricName="CPUUtilization"', 'Average', 300), the first of the
// three.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloudwatch/metric_store.h"

namespace cloudwatch {

class Search {
 public:
  // Longest search, and most series that it finds ("Search expression limits").
  static constexpr std::size_t kLengthMax = 1024;
  static constexpr std::size_t kFoundMax = 500;

  static std::expected<Search, std::string> parse(std::string_view text);

  bool matches(const Metric& metric) const;
  // Those with data in the last two weeks, in order.
  std::vector<Metric> find(service::Context& ctx, const MetricStore& metrics) const;
  // What tells the metrics found apart: the values of their dimensions, or the name.
  std::string label_of(const Metric& metric) const;

  struct Term {
    enum class Kind : std::uint8_t { All, Any, Not, Partial, Exact };
    Kind kind = Kind::All;
    std::optional<std::string> property;  // "MetricName", "Namespace", a dimension's name
    std::string text;
    std::vector<Term> parts;
  };

 private:
  friend class SearchParser;
  std::optional<std::string> name_space_;
  std::vector<std::string> dimensions_;  // of the schema, sorted
  Term term_;
};

}  // namespace cloudwatch
