#include <utility>

#include "sqs/operations/operations.h"
#include "sqs/paging.h"
#include "sqs/queue_url.h"

namespace sqs {

base::Outcome<api::sqs::ListQueuesResult> list_queues(State& state, const api::sqs::ListQueuesRequest& in,
                                                      service::Context& ctx) {
  const std::string prefix = in.queue_name_prefix.value_or("");
  TRY(const Page page, read_page(in.max_results, in.next_token, prefix));
  const std::string scope = service::scope_prefix(ctx.call) + prefix;
  const auto& rows = state.queues.rows();
  auto next = page.after.empty() ? rows.lower_bound(scope) : rows.upper_bound(service::key(ctx, {page.after}));
  std::vector<std::string> urls;
  std::string last;
  for (; next != rows.end() && next->first.starts_with(scope) && urls.size() < page.max; ++next) {
    urls.push_back(queue_url(next->second, ctx));
    last = next->second.name;
  }
  api::sqs::ListQueuesResult result;
  const bool more = next != rows.end() && next->first.starts_with(scope);
  if (more && in.max_results) result.next_token = next_token(prefix, last);
  if (!urls.empty()) result.queue_urls = std::move(urls);
  return result;
}

}  // namespace sqs
