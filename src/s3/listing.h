#pragma once

// One walk for all of S3's listings: keys under a prefix, grouped by a delimiter, page by page.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "s3/state.h"

namespace s3 {

struct Listing {
  struct Query {
    std::string bucket;
    std::string prefix;
    std::string delimiter;  // "" groups nothing
    std::string after;      // keys and groups up to this one were on earlier pages
    std::int64_t page = 0;
  };
  std::vector<std::pair<std::string, const ObjectRow*>> objects;
  std::vector<std::string> groups;  // common prefixes
  bool truncated = false;
  std::string last;  // the last key or group on the page
};

// A group costs one step, however many keys are in it.
Listing list(const State& state, const Listing::Query& query);

// The url form of keys: '/' stays, a space is '+'.
std::string url_form(std::string_view key);

}  // namespace s3
