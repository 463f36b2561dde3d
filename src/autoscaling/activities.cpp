#include "autoscaling/activities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/random.h"
#include "service/table_codec.h"

namespace autoscaling {
namespace {

std::string sortable(std::uint64_t number) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return text.data();
}

std::string key_of(const service::Context& ctx, std::uint64_t number) {
  const auto micros = static_cast<std::uint64_t>(ctx.now.time_since_epoch().count()) ^ (1ULL << 63);
  return service::key(ctx, {sortable(micros) + "-" + sortable(number)});
}

}  // namespace

std::string set_message(std::int64_t capacity) {
  return "Successfully set desired count to " + std::to_string(capacity) + ". ";
}

Activities::Activities() : rows_("autoscaling.activities", service::make_codec<ActivityRow>()) {
  rows_.on_change = [this](const std::string& key, const ActivityRow* before, const ActivityRow* after) {
    index(key, before, after);
  };
}

void Activities::index(const std::string& key, const ActivityRow* before, const ActivityRow* after) {
  const auto open = [](const ActivityRow* row) { return row != nullptr && row->status == ActivityStatus::InProgress; };
  std::uint64_t number = 0;
  const std::string_view digits = std::string_view(key).substr(key.rfind('-') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  next_number_ = std::max(next_number_, number + 1);
  if (open(after) && !open(before)) schedule(key, after->started_at + kPollInterval);
  if (open(before) && !open(after)) unschedule(key);
}

void Activities::schedule(const std::string& key, base::TimePoint at) {
  unschedule(key);
  polls_.emplace(at, key);
  poll_at_[key] = at;
}

void Activities::unschedule(const std::string& key) {
  const auto held = poll_at_.find(key);
  if (held == poll_at_.end()) return;
  polls_.erase({held->second, key});
  poll_at_.erase(held);
}

std::string Activities::add(service::Context& ctx, ActivityRow row) {
  row.id = base::uuid(ctx.random);
  row.owner = {ctx.call.account, ctx.call.region};
  row.started_at = ctx.now;
  std::string key = key_of(ctx, next_number_);
  rows_.put(ctx.change, key, std::move(row));
  if (rows_.rows().size() > kRowsMax) rows_.erase(ctx.change, std::string(rows_.rows().begin()->first));
  return key;
}

void Activities::add_not_scaled(service::Context& ctx, const ResourceName& resource, const std::string& cause,
                                const std::string& reason, std::int64_t capacity) {
  const auto own = rows_.with_prefix(service::scope_prefix(ctx.call));
  for (auto at = own.end(); at != own.begin();) {
    const ActivityRow& earlier = (--at)->second;
    if (earlier.resource != resource) continue;
    if (earlier.not_scaled_reason.empty()) break;
    if (earlier.cause != cause) continue;
    if (earlier.not_scaled_reason == reason) return;
    break;
  }
  const bool harmless = reason == kAlreadyAtDesired;
  add(ctx, {.resource = resource,
            .description = "Attempting to scale due to alarm triggered",
            .cause = cause,
            .status = harmless ? ActivityStatus::Successful : ActivityStatus::Failed,
            .not_scaled_reason = reason,
            .not_scaled_capacity = capacity});
}

void Activities::end(service::Context& ctx, const std::string& key, ActivityStatus status, std::string message) {
  rows_.modify(ctx.change, key, [&](ActivityRow& row) {
    row.status = status;
    row.message = std::move(message);
    row.ended_at = ctx.now;
  });
}

void Activities::override_open(service::Context& ctx, const ResourceName& resource, std::int64_t capacity) {
  const std::string prefix = service::scope_prefix(ctx.call);
  std::vector<std::string> open;
  for (const auto& [key, at] : poll_at_) {
    if (key.starts_with(prefix) && rows_.find(key)->resource == resource) open.push_back(key);
  }
  for (const std::string& key : open) {
    end(ctx, key, ActivityStatus::Overridden,
        set_message(rows_.find(key)->capacity) + "Found it was later changed to " + std::to_string(capacity) + ".");
  }
}

std::vector<std::string> Activities::take_due(base::TimePoint now) {
  std::vector<std::string> due;
  while (!polls_.empty() && polls_.begin()->first <= now) {
    due.push_back(polls_.begin()->second);
    schedule(due.back(), now + kPollInterval);
  }
  return due;
}

void Activities::sweep(service::Context& ctx) {
  sweep_at_ = ctx.now + kSweepInterval;
  std::vector<std::string> old;
  for (const auto& [key, row] : rows_.rows()) {
    if (row.started_at < ctx.now - kKept && row.status != ActivityStatus::InProgress) old.push_back(key);
  }
  for (const std::string& key : old) rows_.erase(ctx.change, key);
}

}  // namespace autoscaling
