#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "iam/policy/document.h"
#include "iam/rows.h"

namespace iam {

struct State;

// Parsed policies of who asks, kept as long as the rows they come from stay as they are.
class Grants {
 public:
  struct OfRole {
    std::deque<policy::Document> held;
    std::vector<const policy::Document*> identity;
    const policy::Document* boundary = nullptr;
    policy::Document trust;
  };
  struct OfSession {
    std::deque<policy::Document> held;
    std::vector<const policy::Document*> documents;
  };

  // `key` is the row's in State::roles. The answers are good until something is forgotten.
  const OfRole& of_role(const State& state, const std::string& key, const RoleRow& row);
  const OfSession& of_session(const std::string& access_key_id, const SessionRow& row);

  void forget_role(const std::string& key) { roles_.erase(key); }
  void forget_roles() { roles_.clear(); }
  void forget_session(const std::string& access_key_id) { sessions_.erase(access_key_id); }

 private:
  std::map<std::string, OfRole> roles_;
  std::map<std::string, OfSession> sessions_;
};

}  // namespace iam
