#pragma once

#include <set>
#include <utility>

#include "queue/groups.h"
#include "queue/lineup.h"
#include "queue/plain_list.h"
#include "queue/slots.h"

namespace queue {

// A standard queue. Messages are handed out in the order in which they became visible, so one that comes back waits
// behind those that never had a turn, and a poisonous one can't starve the rest.
//
// Fairness (fair queues, developer guide): a group that holds at least kNoisyFrom messages in flight, and more than a
// tenth of all, is noisy. Messages of quiet groups, and those without a group, go first; then the noisy group with the
// fewest in flight. At most nine groups can be noisy, so no call looks at more.
class Standard : public Lineup {
 public:
  static constexpr std::uint64_t kNoisyFrom = 30;
  static constexpr std::uint64_t kNoisyShare = 10;  // one part in

  GroupId join(const std::string& group) override { return group.empty() ? 0 : groups_.join(group); }
  GroupId known(const std::string& group) const override { return groups_.known(group); }
  void release(GroupId group) override { groups_.release(group); }
  bool vacant(GroupId group) const override { return groups_.has(group) && groups_[group].messages == 0; }
  store::Place place_of(Sequence number, GroupId group) const override;
  void relocate(Sequence number, GroupId group, store::Place place) override;

  void start_picking() override {}
  std::optional<Pick> next() override;
  void took() override {}

  std::optional<Pick> oldest() const override;
  std::optional<base::TimePoint> oldest_since() const override;
  bool has_ready() const override { return ready_count_ + plain_.size() + grouped_fresh_ > 0; }
  Counts counts() const override;
  std::optional<base::TimePoint> oldest_available(Among among) override;
  bool empty() const override { return held_.empty() && plain_.empty() && grouped_fresh_ == 0; }
  bool shrink(std::size_t count) override;

  PlainList& plain() { return plain_; }  // for recovery
  void settle() override { plain_.settle(); }

 protected:
  void insert_fresh(Sequence number, const Fresh& fresh) override;
  void remove_fresh(Sequence number, const Fresh& fresh) override;
  void on_ready(Sequence number, const Message& message, bool is) override;
  void on_hidden(Sequence number, const Message& message, bool is) override;
  void on_held(Sequence number, const Message& message, bool is) override;

 private:
  struct Group {
    std::string name;
    Slots fresh;
    std::set<At> ready;
    std::uint64_t in_flight = 0;
    std::uint64_t delayed = 0;
    std::uint64_t messages = 0;
    // Where the group stands in fronts_ and oldest_fresh_.
    std::optional<At> front;
    Sequence first_fresh = 0;
  };
  std::optional<At> oldest_at() const;
  static std::optional<At> front(const std::set<At>& ready, const Slots& fresh);
  void refresh(GroupId id);
  void count_in_flight(GroupId id, bool more);
  bool is_noisy(const Group& group) const;
  std::vector<GroupId> noisy() const;
  std::optional<GroupId> next_group(std::optional<At> ungrouped) const;
  Pick pick(At at, GroupId group, store::Place fresh) const;

  PlainList plain_;     // fresh, without a group
  std::set<At> ready_;  // held, without a group
  Groups<Group> groups_;
  std::set<std::pair<At, GroupId>> fronts_;              // of groups with something ready
  std::set<std::pair<Sequence, GroupId>> oldest_fresh_;  // of groups with something fresh
  std::set<std::pair<std::uint64_t, GroupId>> busy_;     // groups with kNoisyFrom in flight, by how many
  std::set<At> moved_in_;                                // held ones with a kept_since of their own
  std::uint64_t ready_count_ = 0;                        // of held ones, with and without a group
  std::uint64_t grouped_fresh_ = 0;
  std::uint64_t groups_in_flight_ = 0;
  Sequence unworn_from_ = 0;  // no held message before it counts for the age of the oldest
};

}  // namespace queue
