#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "queue/message.h"
#include "sqs/rows.h"

namespace sqs {

// Sets the attributes that a caller gave on a row whose account, region, name and kind are known, or says what is wrong
// with the first bad one; the row is then unspecified. The target of a RedrivePolicy is not looked at: check_target().
base::Outcome<void> set_attributes(QueueRow& row, const std::map<std::string, std::string>& attributes);

// The value of a settable attribute as GetQueueAttributes shows it; nothing when it is unset.
std::optional<std::string> attribute(const QueueRow& row, std::string_view name);

// Whether two queues mean the same by an attribute, however they write it.
bool same_attribute(const QueueRow& a, const QueueRow& b, std::string_view name);

// Everything that GetQueueAttributes shows for "All".
std::map<std::string, std::string> all_attributes(const QueueRow& row, const queue::Counts& counts);

// Also true for attributes of FIFO queues, which a standard queue never has.
bool is_attribute_name(std::string_view name);

}  // namespace sqs
