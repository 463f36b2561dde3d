#pragma once

#include <optional>
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

struct Arn {
  std::string_view service, region, account, resource;
};
// Nothing unless all six parts are there.
std::optional<Arn> parse_arn(std::string_view text);
// The queue that an ARN names, or nullptr.
const QueueRow* find_by_arn(const State& state, std::string_view arn);

// 1 to 80 letters, digits, '-' and '_'.
bool is_plain_name(std::string_view name);
// 12 digits.
bool is_account(std::string_view text);

}  // namespace sqs
