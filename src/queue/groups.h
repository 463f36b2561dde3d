#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "queue/lineup.h"

namespace queue {

// The groups of a queue by name and by id. `Group` has a member `name`.
template <class Group>
class Groups {
 public:
  GroupId join(const std::string& name) {
    const auto [known, added] = ids_.try_emplace(name, GroupId{0});
    if (!added) return known->second;
    GroupId id = 0;
    if (free_.empty()) {
      groups_.push_back(std::make_unique<Group>());
      id = static_cast<GroupId>(groups_.size());
    } else {
      id = free_.back();
      free_.pop_back();
      groups_[id - 1] = std::make_unique<Group>();
    }
    groups_[id - 1]->name = name;
    return known->second = id;
  }
  GroupId known(const std::string& name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? 0 : found->second;
  }
  Group& operator[](GroupId id) { return *groups_[id - 1]; }
  const Group& operator[](GroupId id) const { return *groups_[id - 1]; }
  bool has(GroupId id) const { return id != 0 && id <= groups_.size() && groups_[id - 1] != nullptr; }
  void release(GroupId id) {
    ids_.erase(groups_[id - 1]->name);
    groups_[id - 1] = nullptr;
    free_.push_back(id);
  }
  // Frees about `count` groups; true when nothing is left.
  bool shrink(std::size_t count) {
    ids_.clear();
    for (; count > 0 && !groups_.empty(); --count) groups_.pop_back();
    return groups_.empty();
  }

 private:
  std::unordered_map<std::string, GroupId> ids_;
  std::deque<std::unique_ptr<Group>> groups_;  // by id, from 1 on
  std::vector<GroupId> free_;
};

}  // namespace queue
