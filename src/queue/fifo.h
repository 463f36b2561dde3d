#pragma once

#include <deque>
#include <set>
#include <utility>
#include <vector>

#include "queue/groups.h"
#include "queue/lineup.h"
#include "queue/slots.h"

namespace queue {

// A FIFO queue: a line per group. Of a group those that were received before come first, by number, then the fresh
// ones; it is handed out from the front up to the first message that is in flight or delayed. So a group whose first
// message is in flight waits, however far behind it something is visible. Groups take turns by the number of their
// first message.
class Fifo : public Lineup {
 public:
  GroupId join(const std::string& group) override { return groups_.join(group); }
  GroupId known(const std::string& group) const override { return groups_.known(group); }
  void release(GroupId group) override { groups_.release(group); }
  bool vacant(GroupId group) const override { return groups_.has(group) && groups_[group].front == 0; }
  store::Place place_of(Sequence number, GroupId group) const override {
    return groups_.has(group) ? groups_[group].fresh.place_of(number) : store::kNowhere;
  }
  void relocate(Sequence number, GroupId group, store::Place place) override {
    groups_[group].fresh.relocate(number, place);
  }

  void start_picking() override { current_ = 0; }
  std::optional<Pick> next() override;
  void took() override { ++taken_; }

  std::optional<Pick> oldest() const override;
  std::optional<base::TimePoint> oldest_since() const override;
  bool has_ready() const override { return !open_.empty(); }
  Counts counts() const override;
  std::optional<base::TimePoint> oldest_available(Among among) override;
  base::TimePoint next_visible_at() const override;
  bool empty() const override { return held_.empty() && fresh_ == 0; }
  bool shrink(std::size_t count) override;

  // The queue's delay, which counts for all that still wait. Takes effect with the next advance().
  void set_delay(base::Duration delay) { delay_ = delay; }
  // Before the message with this number is put in: it came at `entered_at` and is fresh. Numbers rise.
  void enter(Sequence number, GroupId group, base::TimePoint entered_at);

 protected:
  void insert_fresh(Sequence number, const Fresh& fresh) override;
  void remove_fresh(Sequence number, const Fresh& fresh) override;
  void on_ready(Sequence number, const Message& message, bool is) override;
  void on_hidden(Sequence number, const Message& message, bool is) override;
  void on_held(Sequence number, const Message& message, bool is) override;
  void on_time() override;

 private:
  struct Group {
    std::string name;
    Slots fresh;
    std::vector<Sequence> received;  // before, and still there: a few
    std::uint64_t in_flight = 0;
    Sequence front = 0;  // its first message, by which it stands in groups_by_front_; 0 when there is none
    bool open = false;   // that can be received
  };
  struct Delayed {
    Sequence number;
    base::TimePoint entered_at;
    GroupId group;
  };
  bool is_available(Sequence fresh) const { return fresh < available_below_; }
  void refresh(GroupId id);
  std::optional<Pick> next_of(GroupId id, std::size_t taken) const;

  base::Duration delay_{};
  Groups<Group> groups_;
  std::set<std::pair<Sequence, GroupId>> groups_by_front_;
  std::set<std::pair<Sequence, GroupId>> open_;
  // Messages that waited for the queue's delay when they came, by number and so by time. Some may have gone since.
  std::deque<Delayed> waiting_;
  Sequence available_below_ = 0;  // fresh ones from there on still wait
  std::uint64_t fresh_ = 0;
  std::uint64_t delayed_ = 0;  // of them
  std::uint64_t groups_in_flight_ = 0;
  // The group from which this receive takes, and how many of its first messages it took.
  GroupId current_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace queue
