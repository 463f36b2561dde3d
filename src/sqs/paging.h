#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fault.h"

namespace sqs {

// Lists that come in pages. Without MaxResults a list is one page, cut at the limit and without a token (facts, A13).
struct Page {
  std::size_t max;    // entries at most
  std::string after;  // the last name of the page before; "" on the first page
};

// Reads MaxResults and NextToken. `scope` is what else was asked: a token is good for the same question only.
base::Outcome<Page> read_page(const std::optional<std::int64_t>& max_results,
                              const std::optional<std::string>& next_token, std::string_view scope);
std::string next_token(std::string_view scope, std::string_view last);

}  // namespace sqs
