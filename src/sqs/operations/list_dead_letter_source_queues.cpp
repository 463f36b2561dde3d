#include <utility>

#include "sqs/operations/operations.h"
#include "sqs/paging.h"
#include "sqs/queue_url.h"

namespace sqs {

base::Outcome<api::sqs::ListDeadLetterSourceQueuesResult> list_dead_letter_source_queues(
    State& state, const api::sqs::ListDeadLetterSourceQueuesRequest& in, service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  const std::string scope = "sources of " + row->name;
  TRY(const Page page, read_page(in.max_results, in.next_token, scope));
  api::sqs::ListDeadLetterSourceQueuesResult result;
  const auto found = state.sources.find(queue_arn(*row));
  if (found == state.sources.end()) return result;
  const auto& keys = found->second;
  auto next = page.after.empty() ? keys.begin() : keys.upper_bound(page.after);
  for (; next != keys.end() && result.queue_urls.size() < page.max; ++next) {
    result.queue_urls.push_back(queue_url(*state.queues.find(*next), ctx));
  }
  if (next != keys.end() && in.max_results) result.next_token = next_token(scope, *std::prev(next));
  return result;
}

}  // namespace sqs
