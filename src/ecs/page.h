#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fault.h"

namespace ecs {

// One page of a sorted list of names.
struct Page {
  std::vector<std::string> items;
  std::optional<std::string> next_token;
};

// `most` is what one page holds at most, `usual` what it holds when nothing is asked for. The token is the last item of
// the page before, in hexadecimal. InvalidParameterException for sizes out of range and tokens that are none.
base::Outcome<Page> page_of(const std::vector<std::string>& items, const std::optional<std::int64_t>& max_results,
                            const std::optional<std::string>& next_token, std::int64_t usual = 100,
                            std::int64_t most = 100);

}  // namespace ecs
