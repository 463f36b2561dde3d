#include "gateway/denials.h"

#include <ranges>

#include "base/value.h"
#include "wire/json.h"
#include "wire/text.h"

namespace gateway {

std::string denials_json(const std::deque<cloud::Denial>& denials) {
  base::Value::Array list;
  for (const cloud::Denial& one : denials | std::views::reverse) {
    list.push_back(base::Value::Object{{"time", wire::format_date_time(one.at)},
                                       {"unix_millis", base::unix_millis(one.at)},
                                       {"principal", one.principal},
                                       {"action", one.action},
                                       {"resource", one.resource},
                                       {"reason", one.reason},
                                       {"service", one.service},
                                       {"operation", one.operation},
                                       {"source", one.source},
                                       {"request_id", one.request_id}});
  }
  return wire::write_json(base::Value::Object{{"denials", std::move(list)}});
}

}  // namespace gateway
