#include "sqs/queue_url.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sqs/faults.h"

namespace sqs {
namespace {

constexpr std::size_t kNameMax = 80;

struct Address {
  std::string_view account;  // "" where the URL names none
  std::string_view name;
};

Address parse(std::string_view url) {
  const std::size_t scheme = url.find("://");
  std::string_view path = url;
  if (scheme != std::string_view::npos) {
    path.remove_prefix(scheme + 3);
    path.remove_prefix(std::min(path.find('/'), path.size()));
  }
  path = path.substr(0, path.find_first_of("?#"));
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  Address address{{}, path.substr(slash + 1)};
  const std::string_view before = path.substr(0, slash);
  const std::string_view account = before.substr(before.rfind('/') + 1);
  if (is_account(account)) address.account = account;
  return address;
}

std::string key_of(std::string_view account, std::string_view region, std::string_view name) {
  std::string key(account);
  key.append("/").append(region).append("/").append(name);
  return key;
}

}  // namespace

bool is_account(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_plain_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kNameMax && std::ranges::all_of(name, allowed);
}

base::Outcome<const QueueRow*> find_queue(State& state, const std::string& queue_url, service::Context& ctx) {
  if (queue_url.empty()) return missing_parameter("QueueUrl");
  const Address address = parse(queue_url);
  if (address.name.empty()) {
    return base::fault(faults::InvalidAddress, "The address " + queue_url + " is not valid for this endpoint.");
  }
  const std::string_view account = address.account.empty() ? ctx.call.account : address.account;
  const QueueRow* row = state.queues.find(key_of(account, ctx.call.region, address.name));
  if (row == nullptr) return no_such_queue(ctx.call.protocol);
  state.meters.touch(row->id, ctx.now);
  return row;
}

std::string queue_url(const QueueRow& row, const service::Context& ctx) {
  return ctx.call.base_url + "/" + row.account + "/" + row.name;
}

std::string queue_arn(const QueueRow& row) {
  return "arn:aws:sqs:" + row.region + ":" + row.account + ":" + row.name;
}

std::string queue_key(const QueueRow& row) {
  return key_of(row.account, row.region, row.name);
}

std::optional<Arn> parse_arn(std::string_view text) {
  std::array<std::string_view, 6> parts;  // arn:partition:service:region:account:resource
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i + 1 == parts.size() ? text.size() : text.find(':');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    parts[i] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (parts[0] != "arn") return std::nullopt;
  return Arn{parts[2], parts[3], parts[4], parts[5]};
}

const QueueRow* find_by_arn(const State& state, std::string_view arn) {
  const auto parts = parse_arn(arn);
  if (!parts || parts->service != "sqs") return nullptr;
  return state.queues.find(key_of(parts->account, parts->region, parts->resource));
}

}  // namespace sqs
