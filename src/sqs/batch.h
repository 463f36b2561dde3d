#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "api/sqs/types.h"
#include "base/fault.h"
#include "sqs/faults.h"

namespace sqs {

inline constexpr std::size_t kBatchMax = 10;

base::Outcome<void> check_batch_id(const std::string& id);

// What every batch must be: not empty, not too long, with good and distinct ids; in this order.
template <class Entry>
base::Outcome<void> check_batch(const std::vector<Entry>& entries, std::string_view entry_name) {
  if (entries.empty()) {
    return base::fault(faults::EmptyBatchRequest,
                       "There should be at least one " + std::string(entry_name) + " in the request.");
  }
  if (entries.size() > kBatchMax) {
    return base::fault(
        faults::TooManyEntriesInBatchRequest,
        "Maximum number of entries per request are 10. You have sent " + std::to_string(entries.size()) + ".");
  }
  for (const Entry& entry : entries) CHECK(check_batch_id(entry.id));
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {  // ten at most
    if (std::any_of(entries.begin(), entry, [&](const Entry& other) { return other.id == entry->id; })) {
      return base::fault(faults::BatchEntryIdsNotDistinct, "Id " + entry->id + " repeated.");
    }
  }
  return {};
}

// How a batch reports that one entry failed.
api::sqs::BatchResultErrorEntry failed_entry(const std::string& id, const base::Fault& fault);

}  // namespace sqs
