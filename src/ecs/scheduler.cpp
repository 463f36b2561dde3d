#include "ecs/scheduler.h"

#include <algorithm>

#include "base/ensure.h"
#include "ecs/service_pass.h"

namespace ecs {
namespace {

constexpr std::size_t kEventDigits = 12;

std::string numbered(std::int64_t number) {
  const std::string text = std::to_string(number);
  return std::string(kEventDigits - std::min(kEventDigits, text.size()), '0') + text;
}

}  // namespace

base::TimePoint Scheduler::deadline() const {
  if (!core_.touched.empty()) return base::TimePoint::min();
  return agenda_.empty() ? base::kNever : agenda_.begin()->first;
}

void Scheduler::resume() {
  for (const auto& [key, row] : core_.tables.services.rows()) core_.touched.insert(key);
}

void Scheduler::tick(service::Context& ctx) {
  std::set<std::string> due = std::exchange(core_.touched, {});
  for (const auto& [at, key] : agenda_) {
    if (at > ctx.now) break;
    due.insert(key);
  }
  for (const std::string& key : due) run(key, ctx);
}

void Scheduler::run(const std::string& key, service::Context& ctx) {
  const service::Call call = call_of_key(key, ctx.call);
  service::Context there = ctx.as(call);
  base::TimePoint wake = base::kNever;
  if (core_.tables.services.find(key) != nullptr) wake = ServicePass(key, core_, driver_, there).run();
  if (const auto planned = wake_.find(key); planned != wake_.end()) {
    agenda_.erase({planned->second, key});
    wake_.erase(planned);
  }
  if (wake == base::kNever) return;
  wake_[key] = wake;
  agenda_.insert({wake, key});
}

std::vector<api::ecs::ServiceEvent> service_events(const Tables& tables, const std::string& service_key) {
  std::vector<api::ecs::ServiceEvent> events;
  for (const auto& [key, row] : tables.events.with_prefix(service_key + "/")) {
    api::ecs::ServiceEvent& event = events.emplace_back();
    event.id = row.id;
    event.created_at = row.created_at;
    event.message = row.message;
  }
  std::ranges::reverse(events);
  return events;
}

void put_service_event(Core& core, const std::string& service_key, std::int64_t number, ServiceEventRow event,
                       service::Context& ctx) {
  core.tables.events.put(ctx.change, service_key + "/" + numbered(number), std::move(event));
  if (number >= kMaxServiceEvents) {
    core.tables.events.erase(ctx.change, service_key + "/" + numbered(number - kMaxServiceEvents));
  }
}

void erase_service(Core& core, const std::string& service_key, service::Context& ctx) {
  std::vector<std::string> keys;
  for (const auto& [key, row] : core.tables.events.with_prefix(service_key + "/")) keys.push_back(key);
  for (const std::string& key : keys) core.tables.events.erase(ctx.change, key);
  core.tables.services.erase(ctx.change, service_key);
}

}  // namespace ecs
