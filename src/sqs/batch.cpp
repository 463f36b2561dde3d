#include "sqs/batch.h"

#include "sqs/queue_url.h"

namespace sqs {

base::Outcome<void> check_batch_id(const std::string& id) {
  if (is_plain_name(id)) return {};  // the same alphabet and length
  return base::fault(faults::InvalidBatchEntryId,
                     "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at "
                     "most 80 letters long.");
}

api::sqs::BatchResultErrorEntry failed_entry(const std::string& id, const base::Fault& fault) {
  api::sqs::BatchResultErrorEntry entry;
  entry.id = id;
  entry.code = std::string(fault.shape->query_code);
  entry.message = fault.message;
  entry.sender_fault = fault.shape->sender;
  return entry;
}

}  // namespace sqs
