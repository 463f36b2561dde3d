#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "service/context.h"
#include "sqs/rows.h"
#include "sqs/state.h"

namespace sqs {

// The queue that a QueueUrl names: by its last two path segments (account, name), whatever the host, or a bare name in
// the caller's account. Counts as an access to the queue.
base::Outcome<const QueueRow*> find_queue(State& state, const std::string& queue_url, service::Context& ctx);

// With the address under which the caller reached us: a URL that it can't reach breaks half of the SDKs.
std::string queue_url(const QueueRow& row, const service::Context& ctx);
std::string queue_arn(const QueueRow& row);
std::string queue_key(const QueueRow& row);

// 1 to 80 letters, digits, '-' and '_'.
bool is_plain_name(std::string_view name);

}  // namespace sqs
