#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "service/registry.h"
#include "sqs/ports.h"

namespace sqs {

struct Options {
  // Test suites that delete and create the same names can set these to zero.
  base::Duration name_rest = std::chrono::seconds(60);   // after DeleteQueue, until the name may be used again
  base::Duration purge_rest = std::chrono::seconds(60);  // between two PurgeQueue calls of one queue
  // Told, in words for a log, of each message that can't be read and was set aside.
  std::function<void(const std::string&)> on_damage;
};

class SqsService : public service::Service {
 public:
  // The access policy of the queue with that ARN; nullptr if there is none, of either.
  virtual const std::string* policy_of(std::string_view arn) const = 0;
  // Writes down the counters of the last seconds, which only a crash may lose. Before the end.
  virtual void keep_counters(service::Context& ctx) = 0;
};

// `metrics` must outlive the service.
std::unique_ptr<SqsService> make_service(MetricSink& metrics, Options options = {});

}  // namespace sqs
