#pragma once

#include <set>
#include <string>
#include <vector>

#include "api/cloudformation/types.h"
#include "cli/common.h"

namespace cli {

// Prints the events of a stack and of the stacks nested in it as they come.
class StackFollower {
 public:
  StackFollower(client::Client& client, std::string stack_id) : client_(client), root_(std::move(stack_id)) {
    stacks_.push_back(root_);
  }
  // Counts what is there as seen, without printing: before an update or a delete.
  std::expected<void, client::Error> skip_present();
  // Until the stack is in no ..._IN_PROGRESS state; returns that state ("DELETE_COMPLETE" also when it is gone).
  std::expected<std::string, client::Error> follow();
  // The first failure that is no consequence of another, as "Resource (Type): reason"; "" if there was none.
  const std::string& first_cause() const { return first_cause_; }

 private:
  std::expected<void, client::Error> print_new(bool show);
  void print(const api::cloudformation::StackEvent& event) const;
  void note_cause(const api::cloudformation::StackEvent& event);

  client::Client& client_;
  std::string root_;
  std::vector<std::string> stacks_;  // ids, the root first
  std::set<std::string> seen_;       // event ids
  std::string first_cause_;
};

}  // namespace cli
