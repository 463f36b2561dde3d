#pragma once

#include <string>
#include <vector>

#include "base/fault.h"
#include "sqs/rows.h"

// The access policy of a queue: kept, returned and edited; see docs/compatibility.md for what it means.
namespace sqs {

// Whether a text may be a queue's Policy: a JSON object within the limits of the developer guide ("Quotas related to
// policies").
base::Outcome<void> check_policy(const std::string& text);

// The queue's policy with one statement more, as AddPermission writes it.
struct Permission {
  const std::string& label;
  const std::vector<std::string>& accounts;
  const std::vector<std::string>& actions;
};
base::Outcome<std::string> with_permission(const QueueRow& queue, const Permission& permission);
// The queue's policy without the statement of that label; "" when it was the last.
base::Outcome<std::string> without_permission(const QueueRow& queue, const std::string& label);

}  // namespace sqs
