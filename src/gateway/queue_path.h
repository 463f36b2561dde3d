#pragma once

// Requests at a queue's own path, which is the path of its QueueUrl: many SDKs post there instead of to "/".

#include <optional>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "cloud/cloud.h"
#include "gateway/route.h"
#include "net/http.h"

namespace gateway {

// "/123456789012/name", "/queue/us-east-1/123456789012/name" or "/queue/name". Returns it as "account/name" or "name",
// decoded.
std::optional<std::string> queue_of_path(std::string_view path);
// Only the first form, with a name that a queue can have.
bool is_queue_url(std::string_view path);

// Refuses what AWS does not know at a queue's path: nothing at all, and what is done to an account. Queries only: of
// JSON nothing is known.
base::Outcome<void> check_queue_path(const net::Request& request, const Route& route);
// The queue of the path, for an input that names none (one that is named wins).
void fill_in_queue(cloud::Request& decoded, const net::Request& request);

}  // namespace gateway
