#include "queue/standard.h"

#include <algorithm>
#include <vector>

#include "base/ensure.h"
#include "queue/sequence.h"

namespace queue {
namespace {

// How far the search for the oldest available message looks past delayed ones.
constexpr std::size_t kLookPastDelayed = 10'000;

At turn_of(Sequence fresh) {
  return {time_of(fresh), fresh};
}

}  // namespace

std::optional<At> Standard::front(const std::set<At>& ready, const Slots& fresh) {
  std::optional<At> first;
  if (!ready.empty()) first = *ready.begin();
  if (!fresh.empty() && (!first || turn_of(fresh.front().number) < *first)) first = turn_of(fresh.front().number);
  return first;
}

// Puts a group where it belongs after a change.
void Standard::refresh(GroupId id) {
  Group& group = groups_[id];
  const std::optional<At> at = front(group.ready, group.fresh);
  if (at != group.front) {
    if (group.front) fronts_.erase({*group.front, id});
    if (at) fronts_.insert({*at, id});
    group.front = at;
  }
  const Sequence first = group.fresh.empty() ? 0 : group.fresh.front().number;
  if (first != group.first_fresh) {
    if (group.first_fresh != 0) oldest_fresh_.erase({group.first_fresh, id});
    if (first != 0) oldest_fresh_.insert({first, id});
    group.first_fresh = first;
  }
}

void Standard::insert_fresh(Sequence number, const Fresh& fresh) {
  if (fresh.group == 0) return plain_.insert(number, fresh.place);
  Group& group = groups_[fresh.group];
  group.fresh.insert(number, fresh.place);
  ++group.messages;
  ++grouped_fresh_;
  refresh(fresh.group);
}

void Standard::remove_fresh(Sequence number, const Fresh& fresh) {
  if (fresh.group == 0) return plain_.remove(number);
  Group& group = groups_[fresh.group];
  group.fresh.remove(number);
  --group.messages;
  --grouped_fresh_;
  refresh(fresh.group);
}

store::Place Standard::place_of(Sequence number, GroupId group) const {
  if (group == 0) return plain_.place_of(number);
  return groups_.has(group) ? groups_[group].fresh.place_of(number) : store::kNowhere;
}

void Standard::relocate(Sequence number, GroupId group, store::Place place) {
  group == 0 ? plain_.relocate(number, place) : groups_[group].fresh.relocate(number, place);
}

void Standard::on_ready(Sequence number, const Message& message, bool is) {
  std::set<At>& ready = message.group == 0 ? ready_ : groups_[message.group].ready;
  const At at{message.header.visible_at, number};
  if (is) {
    ready.insert(at);
    ++ready_count_;
  } else {
    ENSURE(ready.erase(at) == 1);
    --ready_count_;
  }
  if (message.group != 0) refresh(message.group);
}

void Standard::on_hidden(Sequence, const Message& message, bool is) {
  if (message.group == 0) return;
  if (is_in_flight(message)) return count_in_flight(message.group, is);
  is ? ++groups_[message.group].delayed : --groups_[message.group].delayed;
}

void Standard::count_in_flight(GroupId id, bool more) {
  Group& group = groups_[id];
  if (group.in_flight >= kNoisyFrom) busy_.erase({group.in_flight, id});
  if (more) {
    if (group.in_flight++ == 0) ++groups_in_flight_;
  } else {
    if (--group.in_flight == 0) --groups_in_flight_;
  }
  if (group.in_flight >= kNoisyFrom) busy_.insert({group.in_flight, id});
}

void Standard::on_held(Sequence number, const Message& message, bool is) {
  if (message.group != 0) is ? ++groups_[message.group].messages : --groups_[message.group].messages;
  if (is) unworn_from_ = std::min(unworn_from_, number);
  if (!message.kept_since) return;
  is ? (void)moved_in_.insert({*message.kept_since, number}) : (void)moved_in_.erase({*message.kept_since, number});
}

bool Standard::is_noisy(const Group& group) const {
  return group.in_flight >= kNoisyFrom && group.in_flight * kNoisyShare > in_flight_;
}

std::vector<GroupId> Standard::noisy() const {
  std::vector<GroupId> groups;
  for (auto group = busy_.rbegin(); group != busy_.rend() && is_noisy(groups_[group->second]); ++group) {
    groups.push_back(group->second);
  }
  return groups;
}

// Whose turn it is when the first message without a group stands at `ungrouped`; 0 is that one.
std::optional<GroupId> Standard::next_group(std::optional<At> ungrouped) const {
  const auto quiet = std::ranges::find_if(fronts_, [&](const auto& front) { return !is_noisy(groups_[front.second]); });
  if (quiet != fronts_.end() && (!ungrouped || quiet->first < *ungrouped)) return quiet->second;
  if (ungrouped) return GroupId{0};
  std::optional<GroupId> fewest;
  for (const auto& [at, id] : fronts_) {  // all of them are noisy: a few
    if (!fewest || groups_[id].in_flight < groups_[*fewest].in_flight) fewest = id;
  }
  return fewest;
}

std::optional<Lineup::Pick> Standard::next() {
  std::optional<At> ungrouped;
  if (!ready_.empty()) ungrouped = *ready_.begin();
  if (!plain_.empty() && (!ungrouped || turn_of(plain_.front()) < *ungrouped)) ungrouped = turn_of(plain_.front());
  const std::optional<GroupId> whose = fronts_.empty() && ungrouped ? GroupId{0} : next_group(ungrouped);
  if (!whose) return std::nullopt;
  if (*whose == 0) return pick(*ungrouped, 0, plain_.empty() ? store::kNowhere : plain_.front_place());
  const Group& group = groups_[*whose];
  return pick(*group.front, *whose, group.fresh.empty() ? store::kNowhere : group.fresh.front().place);
}

Lineup::Pick Standard::pick(At at, GroupId group, store::Place fresh) const {
  if (const Message* held = find(at.second)) return {at.second, *held};
  return {at.second, Fresh{fresh, group}};
}

// Held messages are told by their number, those that came from other queues by their own clock.
std::optional<At> Standard::oldest_at() const {
  std::optional<At> first;
  const auto consider = [&](At at) { first = std::min(first.value_or(at), at); };
  if (!held_.empty()) consider(turn_of(held_.begin()->first));
  if (!moved_in_.empty()) consider(*moved_in_.begin());
  if (!plain_.empty()) consider(turn_of(plain_.front()));
  if (!oldest_fresh_.empty()) consider(turn_of(oldest_fresh_.begin()->first));
  return first;
}

std::optional<base::TimePoint> Standard::oldest_since() const {
  const std::optional<At> first = oldest_at();
  if (!first) return std::nullopt;
  return first->first;
}

std::optional<Lineup::Pick> Standard::oldest() const {
  const std::optional<At> first = oldest_at();
  if (!first) return std::nullopt;
  const Sequence number = first->second;
  if (const Message* held = find(number)) return Pick{number, *held};
  if (!plain_.empty() && plain_.front() == number) return Pick{number, Fresh{plain_.front_place(), 0}};
  const GroupId group = oldest_fresh_.begin()->second;
  return Pick{number, Fresh{groups_[group].fresh.front().place, group}};
}

Counts Standard::counts() const {
  Counts counts;
  counts.visible = ready_count_ + plain_.size() + grouped_fresh_;
  counts.in_flight = in_flight_;
  counts.delayed = hidden_.size() - in_flight_;
  counts.groups_in_flight = groups_in_flight_;
  counts.quiet_visible = counts.visible;
  counts.quiet_in_flight = counts.in_flight;
  counts.quiet_delayed = counts.delayed;
  for (const GroupId id : noisy()) {
    const Group& group = groups_[id];
    ++counts.noisy_groups;
    counts.quiet_visible -= group.ready.size() + group.fresh.size();
    counts.quiet_in_flight -= group.in_flight;
    counts.quiet_delayed -= group.delayed;
  }
  return counts;
}

// Deliveries only grow and new messages come last, so the search starts where the last one ended.
std::optional<base::TimePoint> Standard::oldest_available(Among among) {
  const auto counts = [this, among](GroupId id) { return among == Among::All || id == 0 || !is_noisy(groups_[id]); };
  std::optional<base::TimePoint> oldest;
  if (!plain_.empty()) oldest = time_of(plain_.front());
  const auto fresh = std::ranges::find_if(oldest_fresh_, [&](const auto& first) { return counts(first.second); });
  if (fresh != oldest_fresh_.end()) oldest = std::min(oldest.value_or(time_of(fresh->first)), time_of(fresh->first));
  auto next = held_.lower_bound(unworn_from_);
  while (next != held_.end() && worn_out(next->second)) ++next;
  if (next != held_.end()) unworn_from_ = next->first;
  for (std::size_t seen = 0; next != held_.end() && seen < kLookPastDelayed; ++next, ++seen) {
    const Message& message = next->second;
    if (oldest && time_of(next->first) >= *oldest) break;  // none that follows was available earlier
    if (message.header.available_at > time_ || worn_out(message) || !counts(message.group)) continue;
    oldest = std::min(oldest.value_or(message.header.available_at), message.header.available_at);
  }
  return oldest;
}

bool Standard::shrink(std::size_t count) {
  for (std::size_t freed = 0; freed < count && !held_.empty(); ++freed) {
    held_.erase(held_.begin());
    if (!ready_.empty()) ready_.erase(ready_.begin());
    if (!hidden_.empty()) hidden_.erase(hidden_.begin());
    if (!moved_in_.empty()) moved_in_.erase(moved_in_.begin());
  }
  for (std::size_t freed = 0; freed < count && !fronts_.empty(); ++freed) fronts_.erase(fronts_.begin());
  for (std::size_t freed = 0; freed < count && !oldest_fresh_.empty(); ++freed) {
    oldest_fresh_.erase(oldest_fresh_.begin());
  }
  return held_.empty() && fronts_.empty() && oldest_fresh_.empty() && groups_.shrink(count);
}

}  // namespace queue
