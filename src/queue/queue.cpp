#include "queue/queue.h"

#include <algorithm>

namespace queue {
namespace {

// How far a receive looks past expired messages that are not removed yet; the removal goes on by itself.
constexpr std::size_t kLookPastExpired = 1'000;
// How far the search for the oldest available message looks past delayed ones.
constexpr std::size_t kLookPastDelayed = 10'000;

// Retention ends in whole seconds, so that a busy queue's messages expire a second's worth at a time.
base::TimePoint expiry(const Header& header, base::Duration retention) {
  return std::chrono::ceil<std::chrono::seconds>(header.sent_at + retention);
}

}  // namespace

void Queue::advance(base::TimePoint now) {
  time_ = std::max(time_, now);  // a clock that is set back doesn't hide what was visible
  auto& hidden = messages_.hidden;
  while (!hidden.empty() && hidden.begin()->first <= time_) {
    auto node = hidden.extract(hidden.begin());
    if (messages_.headers.at(node.value().second).deliveries > 0) --in_flight_;
    messages_.ready.insert(std::move(node));
  }
}

Counts Queue::counts() const {
  return {messages_.ready.size(), in_flight_, messages_.hidden.size() - in_flight_};
}

const Header* Queue::find(Sequence message) const {
  const auto found = messages_.headers.find(message);
  return found == messages_.headers.end() ? nullptr : &found->second;
}

base::TimePoint Queue::next_visible_at() const {
  return messages_.hidden.empty() ? base::kNever : messages_.hidden.begin()->first;
}

base::TimePoint Queue::next_expiry(base::Duration retention) const {
  return messages_.headers.empty() ? base::kNever : expiry(messages_.headers.begin()->second, retention);
}

// Deliveries only grow and new messages come last, so the search starts where the last one ended.
std::optional<base::Duration> Queue::oldest_age(base::TimePoint now) {
  auto next = messages_.headers.lower_bound(unworn_from_);
  while (next != messages_.headers.end() && next->second.deliveries >= kWornOut) ++next;
  unworn_from_ = next == messages_.headers.end() ? unworn_from_ : next->first;
  std::optional<base::TimePoint> oldest;
  for (std::size_t seen = 0; next != messages_.headers.end() && seen < kLookPastDelayed; ++next, ++seen) {
    const Header& header = next->second;
    if (oldest && header.sent_at >= *oldest) break;  // none that follows was available earlier
    if (header.deliveries >= kWornOut || header.available_at > now) continue;
    oldest = std::min(oldest.value_or(header.available_at), header.available_at);
  }
  if (!oldest) return std::nullopt;
  return now - *oldest;
}

std::vector<Record> Queue::plan_receive(std::size_t max, base::Duration hold, base::Duration retention,
                                        base::TimePoint now) const {
  std::vector<Record> records;
  std::size_t skipped = 0;
  for (const auto& [visible_at, message] : messages_.ready) {
    if (records.size() == max || skipped == kLookPastExpired) break;
    Header header = messages_.headers.at(message);
    if (expiry(header, retention) <= now) {
      ++skipped;
      continue;
    }
    header.received_at = now;
    header.visible_at = now + hold;
    if (header.deliveries == 0) header.first_received_at = now;
    ++header.deliveries;
    records.push_back({message, header});
  }
  return records;
}

std::expected<std::optional<Record>, Refusal> Queue::plan_hold(const Receipt& receipt, base::Duration hold,
                                                               base::TimePoint now) const {
  const Header* held = find(receipt.message);
  if (held == nullptr) return std::unexpected(Refusal::Gone);
  if (held->deliveries != receipt.delivery) return std::unexpected(Refusal::Superseded);
  if (held->visible_at <= time_) return std::nullopt;
  if (now + hold > held->received_at + kLongestHold) return std::unexpected(Refusal::HeldTooLong);
  Record record{receipt.message, *held};
  record.after->visible_at = now + hold;
  return record;
}

std::vector<Record> Queue::plan_expiry(base::Duration retention, base::TimePoint now, std::size_t max) const {
  std::vector<Record> records;
  for (const auto& [message, header] : messages_.headers) {
    if (records.size() == max || expiry(header, retention) > now) break;
    records.push_back({message, std::nullopt});
  }
  return records;
}

void Queue::apply(const Record& record) {
  const auto held = messages_.headers.find(record.message);
  if (held != messages_.headers.end()) {
    const At at{held->second.visible_at, record.message};
    if (messages_.hidden.erase(at) == 0) {
      messages_.ready.erase(at);
    } else if (held->second.deliveries > 0) {
      --in_flight_;
    }
  }
  if (!record.after) {
    if (held != messages_.headers.end()) messages_.headers.erase(held);
    return;
  }
  if (held != messages_.headers.end()) {
    held->second = *record.after;
  } else {
    messages_.headers.emplace_hint(messages_.headers.end(), record.message, *record.after);
  }
  const At at{record.after->visible_at, record.message};
  if (at.first <= time_) {
    messages_.ready.insert(at);
  } else {
    messages_.hidden.insert(at);
    if (record.after->deliveries > 0) ++in_flight_;
  }
}

Queue::Messages Queue::exchange(Messages messages) {
  std::swap(messages_, messages);
  in_flight_ = 0;
  for (const auto& [at, message] : messages_.hidden) {
    if (messages_.headers.at(message).deliveries > 0) ++in_flight_;
  }
  return messages;
}

bool Queue::Messages::shrink(std::size_t count) {
  for (; count > 0 && !headers.empty(); --count) {
    headers.erase(headers.begin());
    if (!ready.empty()) ready.erase(ready.begin());
    if (!hidden.empty()) hidden.erase(hidden.begin());
  }
  return headers.empty();
}

}  // namespace queue
