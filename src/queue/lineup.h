#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "base/time.h"
#include "queue/message.h"
#include "store/journal.h"

namespace queue {

using GroupId = std::uint32_t;  // of a group in its queue while it holds messages; 0 is none
using At = std::pair<base::TimePoint, Sequence>;

// A message that nobody received in this queue yet and that waits for nothing but its turn. Its record tells the rest.
struct Fresh {
  store::Place place = store::kNowhere;
  GroupId group = 0;
};

// A message of which more must be known: it is in flight, delayed, or has come back.
struct Message {
  store::Place place = store::kNowhere;  // of its latest record
  store::Place body = store::kNowhere;   // of the record that holds its payload
  Header header;
  std::string facts;  // packed
  GroupId group = 0;
  // Its retention counts from then on, if not from its number: it came from another queue.
  std::optional<base::TimePoint> kept_since;
};

// How often this queue handed it out.
std::uint32_t deliveries_here(const Message& message);
// Handed out so often that it counts no longer for the age of the oldest (AWS/SQS metrics, developer guide).
bool worn_out(const Message& message);

// Nothing, or what there is of a message.
using State = std::variant<std::monostate, Fresh, Message>;

// The messages of one queue, as memory holds them, in the order in which they are handed out. Who comes next is decided
// here; what then happens is decided by the engine, which says so with replace().
class Lineup {
 public:
  struct Pick {
    Sequence number;
    State state;
  };

  virtual ~Lineup() = default;

  // Brings the lineup to `now`: what became visible joins those that are ready. Everything below speaks of that time,
  // which never goes back.
  void advance(base::TimePoint now);
  base::TimePoint time() const { return time_; }

  // Exchanges what there is of a message, and returns what there was. `before` tells where to look: of a held message
  // only that it is one.
  State replace(Sequence number, const State& before, State after);
  const Message* find(Sequence number) const;
  // Places only; anything else goes through replace().
  Message* find(Sequence number);
  // Where the record of a fresh message lies; kNowhere when there is no such message. And: it lies somewhere else now.
  virtual store::Place place_of(Sequence number, GroupId group) const = 0;
  virtual void relocate(Sequence number, GroupId group, store::Place place) = 0;

  // Gives a group its id. The id is free again when the group is empty and release() was called.
  virtual GroupId join(const std::string& group) = 0;
  // 0 when the queue holds nothing of it.
  virtual GroupId known(const std::string& group) const = 0;
  virtual void release(GroupId group) = 0;
  virtual bool vacant(GroupId group) const = 0;

  // One receive: start_picking(), then next() again and again, each followed by replace(), and by took() if the message
  // was handed out and must not be picked again.
  virtual void start_picking() = 0;
  virtual std::optional<Pick> next() = 0;
  virtual void took() = 0;

  // The message whose retention ends first.
  virtual std::optional<Pick> oldest() const = 0;
  // Since when that one has been kept.
  virtual std::optional<base::TimePoint> oldest_since() const = 0;
  virtual bool has_ready() const = 0;
  virtual Counts counts() const = 0;
  std::uint64_t in_flight() const { return in_flight_; }
  // Since when the oldest message that counts has been available; Quiet leaves out those of noisy groups.
  enum class Among : std::uint8_t { All, Quiet };
  virtual std::optional<base::TimePoint> oldest_available(Among among) = 0;
  // When the next delayed message or hold ends.
  virtual base::TimePoint next_visible_at() const;

  virtual bool empty() const = 0;
  // Frees about `count` messages of a lineup that is not used any more; true when nothing is left.
  virtual bool shrink(std::size_t count) = 0;
  // Recovery is over: what was put in without order gets one.
  virtual void settle() {}

 protected:
  virtual void insert_fresh(Sequence number, const Fresh& fresh) = 0;
  virtual void remove_fresh(Sequence number, const Fresh& fresh) = 0;
  // A message begins or ends to be ready, in flight, delayed.
  virtual void on_ready(Sequence number, const Message& message, bool is) = 0;
  virtual void on_hidden(Sequence number, const Message& message, bool is) = 0;
  // Comes before the two above: `message` is there, or is not there any more.
  virtual void on_held(Sequence number, const Message& message, bool is) = 0;
  virtual void on_time() {}

  static bool is_in_flight(const Message& hidden) { return hidden.header.deliveries > 0; }

  base::TimePoint time_ = base::TimePoint::min();
  std::map<Sequence, Message> held_;
  std::set<At> hidden_;  // of those: in flight or delayed, by visible_at
  std::uint64_t in_flight_ = 0;

 private:
  void insert(Sequence number, Message message);
  Message remove(Sequence number);
};

}  // namespace queue
