#pragma once

// SQS as a list that is looked through from the front: so simple that it can be checked by reading it. The model test
// holds the real service to it. A method takes what the service answered, checks it against what is right, and takes
// it over; "" means right, anything else says what is not.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"

namespace cloud::reference {

using base::TimePoint;

struct Message {
  std::string body;  // names it: no two sends have the same
  std::string id;    // "": not seen yet, of a message that was moved
  std::string group;
  std::string sequence;  // the same
  TimePoint sent_at;     // stays when it is dead-lettered
  TimePoint kept_since;  // its retention counts from then
  TimePoint visible_at;
  bool in_flight = false;  // if it is hidden: by a receive, not by a delay
  int receives = 0;
  std::string receipt;  // of the last receive from this queue
  TimePoint received_at;
  std::string source;  // ARN of the queue that dead-lettered it
  // All that it was given in this queue: one that was moved away and back is another message.
  std::set<std::string> receipts{};
};

// A message move task, as ListMessageMoveTasks tells of it.
struct Move {
  std::string target;     // name of a queue; "": each message goes to where it came from
  std::int64_t rate = 0;  // messages a second; 0: as fast as it goes
  std::string handle;
  TimePoint due;  // of its next step
  int steps = 0;
  std::int64_t moved = 0;
  std::string status = "RUNNING";

  bool is_active() const { return status == "RUNNING" || status == "CANCELLING"; }
};

struct Queue {
  std::string name;
  std::string url;
  std::string arn;
  bool fifo = false;
  bool dedup_per_group = false;
  bool dead_letters = false;  // others send their dead letters here
  base::Duration delay{};
  base::Duration hold = std::chrono::seconds(30);
  base::Duration retention = std::chrono::seconds(345'600);
  std::string target;    // name of its dead-letter queue
  int max_receives = 0;  // 0: no dead-letter queue

  struct Accepted {
    TimePoint at;
    std::string id;
    std::string sequence;
  };
  // What a receive with an attempt id was answered.
  struct Attempt {
    struct Handed {
      std::string body;
      std::string receipt;
      TimePoint visible_at;
    };
    TimePoint at;
    std::vector<Handed> handed;
  };
  std::map<std::string, Attempt> attempts;
  std::vector<Message> messages;             // in the order in which they came
  std::map<std::string, Accepted> accepted;  // by deduplication key
  std::string last_sequence;
  std::optional<TimePoint> purged_at;
  // What the metrics must say in the end.
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t empty_receives = 0;
  std::uint64_t deleted = 0;
  std::uint64_t deduplicated = 0;
  std::optional<Move> move;  // the last move task from here

  Message* find(const std::string& body) {
    const auto found = std::ranges::find(messages, body, &Message::body);
    return found == messages.end() ? nullptr : &*found;
  }
};

struct Wanted {
  std::size_t max;
  base::Duration hold;
  std::string attempt;  // "": none
};

struct Sending {
  std::string body;
  std::string group;
  std::string dedup;  // id, or digest of the body
  std::optional<base::Duration> delay;
};

struct Received {
  std::string body;
  std::string id;
  std::string receipt;
  std::map<std::string, std::string> attributes;
};

struct Receipt {
  std::string queue;
  std::string body;
  std::string handle;
};

struct Counts {
  std::uint64_t visible = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t delayed = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

class Sqs {
 public:
  static constexpr base::Duration kDedupWindow = std::chrono::minutes(5);
  static constexpr base::Duration kAttemptWindow = std::chrono::minutes(5);
  static constexpr std::int64_t kNoisyFrom = 30;   // in flight
  static constexpr std::int64_t kNoisyShare = 10;  // one part in
  static constexpr base::Duration kPurgeRest = std::chrono::seconds(60);
  static constexpr std::int64_t kMovedAtOnce = 100;    // by a move task without a rate
  static constexpr std::int64_t kStepsPerSecond = 10;  // of one with a rate, at most
  static constexpr base::Duration kLongestHold = std::chrono::hours(12);

  std::map<std::string, Queue> queues;
  std::uint64_t passed_over = 0;  // messages of noisy groups, by others

  Queue* by_arn(const std::string& arn) {
    const auto found = std::ranges::find_if(queues, [&](const auto& each) { return each.second.arn == arn; });
    return arn.empty() || found == queues.end() ? nullptr : &found->second;
  }

  // Retention ends at whole seconds.
  void expire(TimePoint now) {
    for (auto& [name, queue] : queues) {
      std::erase_if(queue.messages, [&](const Message& m) {
        return std::chrono::ceil<std::chrono::seconds>(m.kept_since + queue.retention) <= now;
      });
    }
  }

  static Counts counts(const Queue& queue, TimePoint now) {
    Counts counts;
    for (const Message& message : queue.messages) {
      ++(message.visible_at <= now ? counts.visible : message.in_flight ? counts.in_flight : counts.delayed);
    }
    return counts;
  }

  std::string sent(Queue& queue, const Sending& what, const std::string& id, const std::string& sequence,
                   TimePoint now) {
    if (id.empty()) return "a sent message has no id";
    if (queue.fifo) {
      const std::string key = (queue.dedup_per_group ? what.group : "") + "\n" + what.dedup;
      const auto known = queue.accepted.find(key);
      if (known != queue.accepted.end() && now < known->second.at + kDedupWindow) {
        ++queue.deduplicated;
        return known->second.id == id && known->second.sequence == sequence ? "" : "a duplicate is not the original";
      }
      if (sequence.size() != 20 || sequence <= queue.last_sequence) return "sequence numbers do not rise: " + sequence;
      queue.last_sequence = sequence;
      queue.accepted[key] = {now, id, sequence};
    }
    if (!ids_.insert(id).second) return "two messages have the id " + id;
    const base::Duration delay = what.delay.value_or(queue.delay);
    queue.messages.push_back({what.body, id, what.group, sequence, now, now, now + delay, false, 0, "", {}, ""});
    ++queue.sent;
    return "";
  }

  // What a receive may hand out: by group in order (a standard queue is one group without order), and which messages
  // it must dead-letter on the way. `complete`: it looked at all there is, because it wanted more than there was.
  struct Choice {
    std::vector<std::vector<Message*>> lines;
    std::vector<Message*> dead;
    std::size_t size() const {
      std::size_t total = 0;
      for (const auto& line : lines) total += line.size();
      return total;
    }
  };
  Choice choose(Queue& queue, TimePoint now) {
    Choice choice;
    std::map<std::string, std::size_t> line_of;
    std::set<std::string> stopped;
    std::vector<std::vector<Message*>> dead;
    for (Message& message : queue.messages) {
      const std::string line = queue.fifo ? message.group : "";
      if (stopped.contains(line)) continue;
      if (message.visible_at > now) {
        if (queue.fifo) stopped.insert(line);  // a group goes only as far as its first hidden message
        continue;
      }
      const auto [at, fresh] = line_of.try_emplace(line, choice.lines.size());
      if (fresh) {
        choice.lines.emplace_back();
        dead.emplace_back();
      }
      (is_dead(queue, message) ? dead : choice.lines)[at->second].push_back(&message);
    }
    for (auto* lines : {&dead, &choice.lines}) {
      // Without groups by the time at which they became visible, as src/queue/README.md has it.
      if (!queue.fifo && !lines->empty()) std::ranges::stable_sort(lines->front(), {}, &Message::visible_at);
    }
    for (const auto& line : dead) std::ranges::copy(line, std::back_inserter(choice.dead));
    std::erase_if(choice.lines, [](const auto& line) { return line.empty(); });
    return choice;
  }

  std::string received(Queue& queue, const std::vector<Received>& got, const Wanted& wanted, TimePoint now) {
    if (Queue::Attempt* attempt = repeatable(queue, wanted.attempt, now)) {
      return received_again(queue, *attempt, got, wanted.hold, now);
    }
    const std::size_t max = wanted.max;
    const Choice choice = choose(queue, now);
    if (got.size() != std::min(max, choice.size())) {
      return "received " + std::to_string(got.size()) + " messages of " + std::to_string(choice.size()) +
             " that could be, from " + queue.name + ", wanted " + std::to_string(max);
    }
    if (!choice.dead.empty() && got.size() == max) return "a test that can't tell what was dead-lettered";
    if (std::string wrong = queue.fifo ? check_order(queue, choice, got) : check_membership(choice, got);
        !wrong.empty()) {
      return wrong;
    }
    if (std::string wrong = check_fairness(queue, choice, got, now); !wrong.empty()) return wrong;
    Queue::Attempt attempt{now, {}};
    for (const Received& one : got) {
      if (std::string wrong = take(queue, one, wanted.hold, now); !wrong.empty()) return wrong;
      attempt.handed.push_back({one.body, one.receipt, now + wanted.hold});
    }
    if (!wanted.attempt.empty() && !got.empty()) queue.attempts[wanted.attempt] = std::move(attempt);
    queue.received += got.size();
    if (got.empty()) ++queue.empty_receives;
    bury(queue, choice.dead, now);
    return "";
  }

  // Whether a delete must succeed; then it is done.
  bool erase(Queue& queue, const Receipt& receipt, TimePoint now) {
    Message* message = queue.find(receipt.body);
    const bool known = message != nullptr && message->receipts.contains(receipt.handle);
    if (known && queue.fifo && (message->receipt != receipt.handle || message->visible_at <= now)) return false;
    ++queue.deleted;
    if (!known) return true;
    std::erase_if(queue.messages, [&](const Message& each) { return each.body == receipt.body; });
    return true;
  }

  bool change(Queue& queue, const Receipt& receipt, base::Duration hold, TimePoint now) {
    Message* message = queue.find(receipt.body);
    if (message == nullptr || message->receipt != receipt.handle) return false;
    if (message->visible_at <= now) return !queue.fifo;  // its hold is over: accepted, without effect
    if (now + hold > message->received_at + kLongestHold) return false;
    message->visible_at = now + hold;
    message->in_flight = true;
    return true;
  }

  bool purge(Queue& queue, TimePoint now) {
    if (queue.purged_at && now < *queue.purged_at + kPurgeRest) return false;
    queue.messages.clear();
    queue.accepted.clear();
    queue.purged_at = now;
    return true;
  }

  // Messages of the queue, or that may come into it while move tasks run.
  std::size_t coming(const Queue& queue) {
    std::size_t count = queue.messages.size();
    for (const auto& [name, from] : queues) {
      if (!from.move || !from.move->is_active()) continue;
      for (const auto& [other, target] : queues) {
        if (from.move->target.empty() ? target.target != name : from.move->target != other) continue;
        if (other == queue.name) count += from.messages.size();
        if (name == queue.name && target.target == name) count += target.messages.size();
      }
    }
    return count;
  }

  // What a step of a move task does: what is first goes to its target, and is new there.
  struct Step {
    std::int64_t moved = 0;
    bool no_way = false;  // the next one came from no other queue
  };
  Step step(Queue& from, std::size_t max, TimePoint now) {
    Step step;
    std::set<std::string> gone;
    for (const auto& line : choose(from, now).lines) {
      for (const Message* message : line) {
        if (gone.size() == max || step.no_way) break;
        Queue* to = from.move->target.empty() ? by_arn(message->source) : &queues.at(from.move->target);
        step.no_way = to == nullptr;
        if (to == nullptr) break;
        gone.insert(message->body);
        Message moved;
        moved.body = message->body;
        moved.group = message->group;
        moved.sent_at = moved.kept_since = moved.visible_at = now;
        to->messages.push_back(std::move(moved));
      }
    }
    std::erase_if(from.messages, [&](const Message& each) { return gone.contains(each.body); });
    step.moved = static_cast<std::int64_t>(gone.size());
    return step;
  }

  // What the task of a queue says of itself after each turn: nothing new, its end after it was cancelled, or one step
  // more, of which all is known: when it may come, what it moves, and whether it is the last one.
  std::string told(Queue& from, const std::string& status, std::int64_t moved, TimePoint now, base::Duration slack) {
    Move& task = *from.move;
    if (task.status == "CANCELLING" && status == "CANCELLED") task.status = status;
    if (status == task.status && moved == task.moved) {
      return task.is_active() && now > task.due + slack ? "a move task stands still" : "";
    }
    if (task.status != "RUNNING") return "a move task goes on that was " + task.status;
    if (now < task.due) return "a move task is ahead of its rate";
    if (now > task.due + slack) return "a move task is behind its rate";
    const std::int64_t size = task.rate == 0 ? kMovedAtOnce : std::max<std::int64_t>(1, task.rate / kStepsPerSecond);
    const Step done = step(from, static_cast<std::size_t>(size), now);
    ++task.steps;
    task.moved += done.moved;
    task.status = done.no_way ? "FAILED" : done.moved < size ? "COMPLETED" : "RUNNING";
    const base::Duration pause = std::chrono::seconds(task.rate == 0 ? 0 : size);
    task.due = std::max(task.due + pause / std::max<std::int64_t>(1, task.rate), now);
    if (moved != task.moved)
      return "a move task moved " + std::to_string(moved) + ", not " + std::to_string(task.moved);
    return status == task.status ? "" : "a move task is " + status + ", not " + task.status;
  }

  // Moves them to the queue's dead-letter queue.
  void bury(Queue& queue, const std::vector<Message*>& dead, TimePoint now) {
    if (dead.empty()) return;
    Queue& target = queues.at(queue.target);
    std::set<std::string> bodies;
    for (const Message* message : dead) {
      bodies.insert(message->body);
      Message moved = *message;
      moved.source = queue.arn;
      moved.receipt.clear();
      moved.receipts.clear();
      moved.visible_at = now;
      moved.in_flight = false;
      if (queue.fifo) moved.kept_since = now;
      target.messages.push_back(std::move(moved));
    }
    std::erase_if(queue.messages, [&](const Message& each) { return bodies.contains(each.body); });
  }

 private:
  // The answer that a receive with that attempt id gets again: all of it is still as it was handed out.
  static Queue::Attempt* repeatable(Queue& queue, const std::string& id, TimePoint now) {
    const auto known = queue.attempts.find(id);
    if (id.empty() || known == queue.attempts.end() || known->second.at + kAttemptWindow <= now) return nullptr;
    const bool same = std::ranges::all_of(known->second.handed, [&](const Queue::Attempt::Handed& one) {
      const Message* message = queue.find(one.body);
      return message != nullptr && message->receipt == one.receipt && message->visible_at == one.visible_at;
    });
    return same ? &known->second : nullptr;
  }

  static std::string received_again(Queue& queue, Queue::Attempt& attempt, const std::vector<Received>& got,
                                    base::Duration hold, TimePoint now) {
    if (got.size() != attempt.handed.size()) return "a repeated attempt got another number of messages";
    for (std::size_t i = 0; i < got.size(); ++i) {
      Queue::Attempt::Handed& handed = attempt.handed[i];
      Message& message = *queue.find(handed.body);
      if (got[i].body != handed.body || got[i].receipt != handed.receipt)
        return "a repeated attempt got other messages";
      if (got[i].attributes.at("ApproximateReceiveCount") != std::to_string(message.receives)) {
        return "a repeated attempt counts as another receive of " + got[i].body;
      }
      message.received_at = now;
      message.visible_at = handed.visible_at = now + hold;
    }
    attempt.at = now;
    queue.received += got.size();
    return "";
  }

  // While a message of a quiet group, or of none, can be had, none of a noisy group is.
  std::string check_fairness(const Queue& queue, const Choice& choice, const std::vector<Received>& got,
                             TimePoint now) {
    if (queue.fifo) return "";
    std::map<std::string, std::int64_t> in_flight;
    std::int64_t total = 0;
    for (const Message& message : queue.messages) {
      if (message.visible_at <= now || !message.in_flight) continue;
      ++in_flight[message.group];
      ++total;
    }
    const auto noisy = [&](const std::string& group) {
      return !group.empty() && in_flight[group] >= kNoisyFrom && in_flight[group] * kNoisyShare > total;
    };
    std::set<std::string> taken;
    for (const Received& one : got) {
      const auto& line = choice.lines.front();
      const Message& message = **std::ranges::find(line, one.body, &Message::body);
      const bool others = std::ranges::any_of(
          line, [&](const Message* each) { return !taken.contains(each->body) && !noisy(each->group); });
      if (noisy(message.group) && others) return "received " + one.body + " of a noisy group before quiet ones";
      const bool passed = std::ranges::any_of(
          line, [&](const Message* each) { return !taken.contains(each->body) && noisy(each->group); });
      if (passed && !noisy(message.group)) ++passed_over;
      taken.insert(one.body);
      ++in_flight[message.group];
      ++total;
    }
    return "";
  }

  bool is_dead(const Queue& queue, const Message& message) const {
    return queue.max_receives > 0 && message.receives >= queue.max_receives && queues.contains(queue.target);
  }

  static std::string check_membership(const Choice& choice, const std::vector<Received>& got) {
    std::set<std::string> seen;
    for (const Received& one : got) {
      const bool there = std::ranges::any_of(choice.lines, [&](const auto& line) {
        return std::ranges::find(line, one.body, &Message::body) != line.end();
      });
      if (!there) return "received " + one.body + ", which could not be received";
      if (!seen.insert(one.body).second) return "received " + one.body + " twice at once";
    }
    return "";
  }

  // Groups by their first message, each as far as it goes. Where dead letters come and go the order of the groups is
  // not said by AWS; within a group it is.
  static std::string check_order(const Queue& queue, const Choice& choice, const std::vector<Received>& got) {
    if (queue.max_receives == 0 && !queue.dead_letters) {
      std::size_t at = 0;
      for (const auto& line : choice.lines) {
        for (std::size_t i = 0; i < line.size() && at < got.size(); ++i, ++at) {
          if (got[at].body != line[i]->body) return "received " + got[at].body + " instead of " + line[i]->body;
        }
      }
      return "";
    }
    std::map<const std::vector<Message*>*, std::size_t> taken;
    for (const Received& one : got) {
      const auto line = std::ranges::find_if(choice.lines, [&](const auto& each) {
        const std::size_t next = taken[&each];
        return next < each.size() && each[next]->body == one.body;
      });
      if (line == choice.lines.end()) return "received " + one.body + " before its turn";
      ++taken[&*line];
    }
    return "";
  }

  std::string take(Queue& queue, const Received& one, base::Duration hold, TimePoint now) {
    Message& message = *queue.find(one.body);
    const auto attribute = [&](const char* name) {
      const auto found = one.attributes.find(name);
      return found == one.attributes.end() ? std::string() : found->second;
    };
    if (message.id.empty()) {
      if (!ids_.insert(one.id).second) return "two messages have the id " + one.id;
      message.id = one.id;
      message.sequence = attribute("SequenceNumber");
    }
    if (one.id != message.id) return one.body + " came with the id of another";
    if (attribute("ApproximateReceiveCount") != std::to_string(message.receives + 1)) {
      return one.body + " has receive count " + attribute("ApproximateReceiveCount") + " instead of " +
             std::to_string(message.receives + 1);
    }
    const auto sent_ms = std::chrono::floor<std::chrono::milliseconds>(message.sent_at).time_since_epoch().count();
    if (attribute("SentTimestamp") != std::to_string(sent_ms)) return one.body + " was not sent then";
    if (attribute("DeadLetterQueueSourceArn") != message.source) return one.body + " has another source";
    if (attribute("MessageGroupId") != message.group) return one.body + " has another group";
    if (attribute("SequenceNumber") != message.sequence && message.source.empty()) return one.body + ": sequence";
    if (!receipts_.insert(one.receipt).second) return "two receives have the same receipt";
    ++message.receives;
    message.receipt = one.receipt;
    message.receipts.insert(one.receipt);
    message.received_at = now;
    message.visible_at = now + hold;
    message.in_flight = true;
    return "";
  }

  std::set<std::string> ids_;
  std::set<std::string> receipts_;
};

}  // namespace cloud::reference
