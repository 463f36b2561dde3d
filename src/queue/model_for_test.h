#pragma once

// Queues as lists that are searched from end to end: what an engine must agree with. For *_test.cpp files.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "queue/message.h"

namespace queue {

using namespace std::chrono_literals;

struct Model {
  struct Entry {
    Sequence number = 0;
    Header header;  // FIFO: available_at is when it came
    Facts facts;
    std::string payload;

    std::uint32_t here() const { return header.deliveries - facts.deliveries_elsewhere; }
    bool hidden(base::TimePoint now) const { return header.visible_at > now; }
  };
  struct First {
    Sequence number;
    std::string tag;
    base::TimePoint at;
  };
  struct Attempt {
    base::TimePoint at;
    std::vector<Receipt> receipts;
    std::vector<base::TimePoint> visible_at;
  };
  struct Queue {
    Traits traits;
    std::vector<Entry> entries;  // by number
    std::map<std::string, First> firsts;
    std::map<std::string, Attempt> attempts;
    Sequence last = 0, floor = 0;
  };
  std::map<QueueId, Queue> queues;

  static base::TimePoint time_of(Sequence number) {
    return base::TimePoint(base::Duration(static_cast<std::int64_t>(number)));
  }
  Sequence next(Queue& queue, base::TimePoint now) {
    queue.last = std::max(queue.last + 1, static_cast<Sequence>(now.time_since_epoch().count()));
    if (queue.last >= queue.floor) queue.floor = queue.last + 1'000'000;
    return queue.last;
  }
  static bool over(const Queue& queue, const Entry& entry, base::TimePoint now) {
    const bool dead = !queue.traits.fifo && entry.facts.deliveries_elsewhere > 0;
    const auto since = dead ? entry.header.sent_at : time_of(entry.number);
    return std::chrono::ceil<std::chrono::seconds>(since + queue.traits.retention) <= now;
  }
  void expire(base::TimePoint now) {
    for (auto& [id, queue] : queues) std::erase_if(queue.entries, [&](const Entry& e) { return over(queue, e, now); });
  }
  // After a crash: numbers that may have been given out are left out.
  void restart() {
    for (auto& [id, queue] : queues) {
      queue.last = queue.floor == 0 ? 0 : queue.floor - 1;
      for (const Entry& entry : queue.entries) queue.last = std::max(queue.last, entry.number);
    }
  }
  Entry* find(QueueId id, Sequence number) {
    for (Entry& entry : queues.at(id).entries) {
      if (entry.number == number) return &entry;
    }
    return nullptr;
  }
  void erase(QueueId id, Sequence number) {
    std::erase_if(queues.at(id).entries, [&](const Entry& entry) { return entry.number == number; });
  }

  Sent send(QueueId id, const Outgoing& message, base::TimePoint now) {
    Queue& queue = queues.at(id);
    const std::string key = (queue.traits.dedup_per_group ? message.group : "") + "|" + message.dedup_id;
    if (queue.traits.fifo) {
      const auto first = queue.firsts.find(key);
      if (first != queue.firsts.end() && now < first->second.at + 5min) {
        return {first->second.number, true, first->second.tag};
      }
    }
    Entry entry;
    entry.number = next(queue, now);
    entry.header.sent_at = now;
    entry.header.available_at = now + (queue.traits.fifo ? 0s : message.delay);
    entry.header.visible_at = now + (queue.traits.fifo ? queue.traits.delay : message.delay);
    entry.facts = {message.tag, message.group, message.dedup_id, 0, 0};
    entry.payload = message.payload;
    queue.entries.push_back(entry);
    if (queue.traits.fifo) queue.firsts[key] = {entry.number, message.tag, now};
    return {entry.number, false, message.tag};
  }

  // Whose turn it is among those that are not `taken`, whatever becomes of it.
  Entry* turn(Queue& queue, const std::vector<Sequence>& taken, std::string& group, base::TimePoint now) {
    return queue.traits.fifo ? fifo_turn(queue, taken, group, now) : standard_turn(queue, taken, now);
  }
  static bool is_taken(const std::vector<Sequence>& taken, const Entry& entry) {
    return std::ranges::find(taken, entry.number) != taken.end();
  }
  Entry* fifo_turn(Queue& queue, const std::vector<Sequence>& taken, std::string& group, base::TimePoint now) {
    const auto first_of = [&](const std::string& name, bool skip_taken) -> Entry* {
      for (Entry& entry : queue.entries) {
        if (entry.facts.group != name || (skip_taken && is_taken(taken, entry))) continue;
        return entry.hidden(now) || is_taken(taken, entry) ? nullptr : &entry;
      }
      return nullptr;
    };
    if (Entry* more = group.empty() ? nullptr : first_of(group, true)) return more;
    for (Entry& entry : queue.entries) {
      if (first_of(entry.facts.group, false) != &entry) continue;
      group = entry.facts.group;
      return &entry;
    }
    return nullptr;
  }
  Entry* standard_turn(Queue& queue, const std::vector<Sequence>& taken, base::TimePoint now) {
    std::map<std::string, std::uint64_t> in_flight;
    std::uint64_t all = 0;
    for (const Entry& entry : queue.entries) {
      if (!is_taken(taken, entry) && !(entry.hidden(now) && entry.header.deliveries > 0)) continue;
      ++in_flight[entry.facts.group];
      ++all;
    }
    const auto noise = [&](const Entry& entry) {
      const std::uint64_t own = entry.facts.group.empty() ? 0 : in_flight[entry.facts.group];
      return own >= 30 && own * 10 > all ? own : 0;
    };
    const auto key = [&](const Entry& entry) {
      const bool fresh = entry.header.deliveries == 0 && entry.header.available_at == entry.header.sent_at;
      return std::tuple(noise(entry), fresh ? time_of(entry.number) : entry.header.visible_at, entry.number);
    };
    Entry* best = nullptr;
    for (Entry& entry : queue.entries) {
      if (entry.hidden(now) || is_taken(taken, entry)) continue;
      if (best == nullptr || key(entry) < key(*best)) best = &entry;
    }
    return best;
  }
  void arrive(QueueId id, Entry entry, base::TimePoint now) {
    Queue& queue = queues.at(id);
    entry.number = next(queue, now);
    entry.header.available_at = now;
    entry.header.visible_at = now + (queue.traits.fifo ? queue.traits.delay : 0s);
    queue.entries.push_back(entry);
    const std::string key = (queue.traits.dedup_per_group ? entry.facts.group : "") + "|" + entry.facts.dedup_id;
    if (queue.traits.fifo) queue.firsts[key] = {entry.number, entry.facts.tag, now};
  }

  // The messages handed out, as they are then.
  std::vector<Entry> receive(QueueId id, std::size_t max, base::Duration hold, base::TimePoint now) {
    Queue& queue = queues.at(id);
    std::vector<Sequence> taken;
    std::string group;
    while (taken.size() < max) {
      Entry* entry = turn(queue, taken, group, now);
      if (entry == nullptr) break;
      const auto& redrive = queue.traits.redrive;
      if (redrive && entry->here() >= redrive->max_receives) {
        Entry dead = *entry;
        erase(id, dead.number);
        dead.facts.source = id;
        dead.facts.deliveries_elsewhere = dead.header.deliveries;
        if (queue.traits.fifo) dead.facts.dedup_id = dead.facts.tag;
        arrive(redrive->target, dead, now);
        continue;
      }
      taken.push_back(entry->number);
    }
    std::vector<Entry> handed;
    for (const Sequence number : taken) {
      Entry& entry = *find(id, number);
      if (++entry.header.deliveries == 1) entry.header.first_received_at = now;
      entry.header.received_at = now;
      entry.header.visible_at = now + hold;
      handed.push_back(entry);
    }
    return handed;
  }
  std::optional<std::vector<Entry>> again(QueueId id, const std::string& attempt_id, base::Duration hold,
                                          base::TimePoint now) {
    const auto attempt = queues.at(id).attempts.find(attempt_id);
    if (attempt == queues.at(id).attempts.end() || attempt->second.at + 5min <= now) return std::nullopt;
    for (std::size_t i = 0; i < attempt->second.receipts.size(); ++i) {
      const Entry* entry = find(id, attempt->second.receipts[i].message);
      if (entry == nullptr || entry->header.deliveries != attempt->second.receipts[i].delivery ||
          entry->header.visible_at != attempt->second.visible_at[i]) {
        return std::nullopt;
      }
    }
    std::vector<Entry> handed;
    for (const Receipt& receipt : attempt->second.receipts) {
      Entry& entry = *find(id, receipt.message);
      entry.header.received_at = now;
      entry.header.visible_at = now + hold;
      handed.push_back(entry);
    }
    return handed;
  }
  std::size_t move(QueueId from, std::size_t max, base::TimePoint now, int& tags) {
    std::size_t moved = 0;
    std::string group;
    for (; moved < max; ++moved) {
      Entry* entry = turn(queues.at(from), {}, group, now);
      if (entry == nullptr || entry->facts.source == 0) break;
      Entry gone = *entry;
      const QueueId to = gone.facts.source;
      erase(from, gone.number);
      gone.facts.tag = "moved" + std::to_string(++tags);
      gone.facts.source = 0;
      gone.facts.deliveries_elsewhere = 0;
      gone.header = {};
      gone.header.sent_at = now;
      arrive(to, gone, now);
    }
    return moved;
  }
  std::string counts(QueueId id, base::TimePoint now) const {
    int visible = 0, in_flight = 0, delayed = 0;
    for (const Entry& entry : queues.at(id).entries) {
      (!entry.hidden(now) ? visible : entry.here() > 0 ? in_flight : delayed) += 1;
    }
    return std::to_string(visible) + "/" + std::to_string(in_flight) + "/" + std::to_string(delayed);
  }
};

}  // namespace queue
