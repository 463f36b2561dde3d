#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wire {

// A model's URI: "/{Bucket}/{Key+}?uploads&type=2". A greedy label takes the rest of the path.
struct UriTemplate {
  struct Segment {
    std::string_view text;  // label name or literal
    bool label = false;
    bool greedy = false;
  };
  std::vector<Segment> segments;
  std::vector<std::pair<std::string_view, std::string_view>> literals;  // of the query; value "" if it has none
};

using Labels = std::vector<std::pair<std::string_view, std::string>>;

UriTemplate parse_uri_template(std::string_view text);
// The labels' decoded values, if the (encoded) path fits. Labels are never empty. One '/' at the end may be too many.
std::optional<Labels> match_path(const UriTemplate& uri, std::string_view path);

}  // namespace wire
