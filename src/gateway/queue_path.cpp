#include "gateway/queue_path.h"

#include <algorithm>
#include <vector>

#include "wire/faults.h"
#include "wire/percent.h"
#include "wire/query.h"

namespace gateway {
namespace {

constexpr std::size_t kNameMax = 80;
constexpr std::string_view kFifo = ".fifo";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_account(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, is_digit);
}

bool is_queue_name(std::string_view name) {
  if (name.size() > kNameMax) return false;
  if (name.ends_with(kFifo)) name.remove_suffix(kFifo.size());
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !name.empty() && std::ranges::all_of(name, allowed);
}

// The segments of a path, decoded, without empty ones.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) segments.push_back(wire::percent_decode(path.substr(0, end)));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

}  // namespace

std::optional<std::string> queue_of_path(std::string_view path) {
  if (path.size() <= 1) return std::nullopt;
  const std::vector<std::string> parts = segments_of(path);
  if (parts.size() == 2 && is_account(parts[0])) return parts[0] + "/" + parts[1];
  if (parts.empty() || parts[0] != "queue") return std::nullopt;
  if (parts.size() == 4) return parts[2] + "/" + parts[3];
  return parts.size() == 2 ? std::optional(parts[1]) : std::nullopt;
}

bool is_queue_url(std::string_view path) {
  const std::vector<std::string> parts = segments_of(path);
  return parts.size() == 2 && is_account(parts[0]) && is_queue_name(parts[1]);
}

base::Outcome<void> check_queue_path(const net::Request& request, const Route& route) {
  if (route.protocol != api::Protocol::AwsQuery || !queue_of_path(request.path)) return {};
  const auto action = wire::form_field(request.body.empty() ? request.query : std::string_view(request.body), "Action");
  if (!action) {
    if (request.method != "GET") return {};
    return base::fault(wire::faults::NoOperation, "");
  }
  if (*action != "ListQueues" && *action != "CreateQueue") return {};
  return base::fault(wire::faults::UnknownOperationException,
                     "The action " + *action + " is not valid for this endpoint.");
}

void fill_in_queue(cloud::Request& decoded, const net::Request& request) {
  const auto queue = queue_of_path(request.path);
  if (!queue) return;
  for (const api::Member& member : decoded.operation->input->members) {
    if (member.name != "QueueUrl") continue;
    void* const input = decoded.input.data();
    if (member.present(input) && !static_cast<const std::string*>(member.get(input))->empty()) return;
    *static_cast<std::string*>(member.emplace(input)) = "http://" + std::string(request.host()) + "/" + *queue;
  }
}

}  // namespace gateway
