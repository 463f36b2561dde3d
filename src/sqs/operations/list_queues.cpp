#include <utility>

#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "wire/text.h"

namespace sqs {
namespace {

using Input = api::sqs::ListQueuesRequest;

constexpr std::int64_t kPageMax = 1000;

// A token is the prefix that was asked for and the last name of the page.
std::string make_token(const std::string& prefix, const std::string& last) {
  return wire::to_base64("q1\n" + prefix + "\n" + last);
}

base::Outcome<std::string> read_token(const std::string& prefix, const std::string& token) {
  const std::string text = wire::from_base64(token).value_or("");
  const std::size_t end = text.rfind('\n');
  if (!text.starts_with("q1\n") || end < 3) return invalid_value("Invalid NextToken value.");
  if (text.substr(3, end - 3) != prefix) {
    return invalid_value(
        "Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.");
  }
  return text.substr(end + 1);
}

}  // namespace

base::Outcome<api::sqs::ListQueuesResult> list_queues(State& state, const Input& in, service::Context& ctx) {
  const std::int64_t max = in.max_results.value_or(kPageMax);
  if (max < 1 || max > kPageMax) {
    return invalid_value(
        "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 "
        "and 1000.");
  }
  const std::string prefix = in.queue_name_prefix.value_or("");
  std::string last;
  if (in.next_token && !in.next_token->empty()) {
    if (!in.max_results) {
      return invalid_value("MaxResults is a mandatory parameter when you provide a value for NextToken.");
    }
    TRY(last, read_token(prefix, *in.next_token));
  }
  const std::string scope = service::scope_prefix(ctx.call) + prefix;
  const auto& rows = state.queues.rows();
  auto next = last.empty() ? rows.lower_bound(scope) : rows.upper_bound(service::key(ctx, {last}));
  std::vector<std::string> urls;
  std::string name;
  for (; next != rows.end() && next->first.starts_with(scope); ++next) {
    if (urls.size() == static_cast<std::size_t>(max)) break;
    urls.push_back(queue_url(next->second, ctx));
    name = next->second.name;
  }
  api::sqs::ListQueuesResult result;
  const bool more = next != rows.end() && next->first.starts_with(scope);
  if (more && in.max_results) result.next_token = make_token(prefix, name);
  if (!urls.empty()) result.queue_urls = std::move(urls);
  return result;
}

}  // namespace sqs
