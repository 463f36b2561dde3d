#include "queue/lineup.h"

#include <algorithm>

#include "base/ensure.h"
#include "queue/record.h"

namespace queue {

std::uint32_t deliveries_here(const Message& message) {
  Facts facts;
  ENSURE(unpack(message.facts, facts));
  return message.header.deliveries - facts.deliveries_elsewhere;
}

bool worn_out(const Message& message) {
  constexpr std::uint32_t kWornOut = 3;
  return message.header.deliveries >= kWornOut && deliveries_here(message) >= kWornOut;
}

void Lineup::advance(base::TimePoint now) {
  time_ = std::max(time_, now);  // a clock that is set back doesn't hide what was visible
  while (!hidden_.empty() && hidden_.begin()->first <= time_) {
    const Sequence number = hidden_.begin()->second;
    const Message& message = held_.at(number);
    hidden_.erase(hidden_.begin());
    if (is_in_flight(message)) --in_flight_;
    on_hidden(number, message, false);
    on_ready(number, message, true);
  }
  on_time();
}

const Message* Lineup::find(Sequence number) const {
  const auto found = held_.find(number);
  return found == held_.end() ? nullptr : &found->second;
}

Message* Lineup::find(Sequence number) {
  const auto found = held_.find(number);
  return found == held_.end() ? nullptr : &found->second;
}

State Lineup::replace(Sequence number, const State& before, State after) {
  State was;
  if (const auto* fresh = std::get_if<Fresh>(&before)) {
    remove_fresh(number, *fresh);
    was = *fresh;
  } else if (std::holds_alternative<Message>(before)) {
    was = remove(number);
  }
  if (const auto* fresh = std::get_if<Fresh>(&after)) {
    insert_fresh(number, *fresh);
  } else if (auto* message = std::get_if<Message>(&after)) {
    insert(number, std::move(*message));
  }
  return was;
}

void Lineup::insert(Sequence number, Message message) {
  // What comes last is the rule, here and below.
  const std::size_t before = held_.size();
  const auto held = held_.try_emplace(held_.end(), number, std::move(message));
  ENSURE(held_.size() > before);
  const base::TimePoint visible_at = held->second.header.visible_at;
  on_held(number, held->second, true);
  if (visible_at <= time_) return on_ready(number, held->second, true);
  hidden_.emplace_hint(hidden_.end(), visible_at, number);
  if (is_in_flight(held->second)) ++in_flight_;
  on_hidden(number, held->second, true);
}

Message Lineup::remove(Sequence number) {
  const auto held = held_.find(number);
  ENSURE(held != held_.end());
  Message message = std::move(held->second);
  held_.erase(held);
  on_held(number, message, false);
  if (hidden_.erase({message.header.visible_at, number}) == 0) {
    on_ready(number, message, false);
  } else {
    if (is_in_flight(message)) --in_flight_;
    on_hidden(number, message, false);
  }
  return message;
}

base::TimePoint Lineup::next_visible_at() const {
  return hidden_.empty() ? base::kNever : hidden_.begin()->first;
}

}  // namespace queue
