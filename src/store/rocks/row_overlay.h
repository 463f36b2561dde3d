#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace store {

// Rows that are written and not yet durable. They wait here until the journal has them: what reaches the tables is
// durable, so the tables may go to disk whenever they like and never know of a batch that the journal lost.
class RowOverlay {
 public:
  void add(std::uint64_t batch, const std::vector<Write>& writes);
  // Batches up to this one have reached the tables.
  void remove(std::uint64_t batch, const std::vector<Write>& writes);

  struct Answer {
    bool known = false;  // else ask the tables
    std::optional<std::string> value;
  };
  Answer find(std::string_view key) const;
  // Whether anything here may belong to the keys that start with `prefix`.
  bool touches(std::string_view prefix) const;

 private:
  struct Row {
    std::uint64_t batch;
    std::optional<std::string> value;  // nothing: erased
  };
  struct Range {
    std::uint64_t batch;
    std::string first;
    std::string last;
  };
  std::map<std::string, Row, std::less<>> rows_;
  std::vector<Range> erased_;  // rows_ has what was written into a range after it was erased
};

}  // namespace store
