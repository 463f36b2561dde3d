#include <algorithm>

#include "sqs/attributes.h"
#include "sqs/faults.h"
#include "sqs/operations/operations.h"
#include "sqs/queue_url.h"
#include "sqs/redrive.h"

namespace sqs {

base::Outcome<api::sqs::GetQueueAttributesResult> get_queue_attributes(State& state,
                                                                       const api::sqs::GetQueueAttributesRequest& in,
                                                                       service::Context& ctx) {
  TRY(const QueueRow* row, find_queue(state, in.queue_url, ctx));
  const auto names = in.attribute_names.value_or(std::vector<std::string>());
  for (const std::string& name : names) {
    if (!is_attribute_name(name)) {
      return base::fault(faults::InvalidAttributeName, "Unknown Attribute " + name + ".");
    }
  }
  auto attributes = all_attributes(*row, state.engine.counts(row->id, ctx.now));
  if (std::ranges::find(names, "All") == names.end()) {
    std::erase_if(attributes, [&](const auto& one) { return std::ranges::find(names, one.first) == names.end(); });
  }
  api::sqs::GetQueueAttributesResult result;
  if (!attributes.empty()) result.attributes = std::move(attributes);
  return result;
}

base::Outcome<api::sqs::SetQueueAttributesOutput> set_queue_attributes(State& state,
                                                                       const api::sqs::SetQueueAttributesRequest& in,
                                                                       service::Context& ctx) {
  TRY(const QueueRow* held, find_queue(state, in.queue_url, ctx));
  if (in.attributes.empty()) return missing_parameter("Attribute.Name");
  QueueRow row = *held;
  CHECK(set_attributes(row, in.attributes));
  if (!row.dead_letter_arn.empty() && in.attributes.contains("RedrivePolicy")) CHECK(check_target(state, row));
  row.modified_at = ctx.now;
  state.engine.reshape(ctx.change, row.id, traits_of(state, row));
  const std::string key = queue_key(row);
  state.queues.put(ctx.change, key, std::move(row));
  return api::sqs::SetQueueAttributesOutput{};
}

}  // namespace sqs
