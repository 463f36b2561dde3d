#pragma once

#include <string>

#include "base/time.h"

namespace service {

// A temporary access key that a service handed out: to a task for its role, or by AssumeRole.
struct Session {
  std::string access_key_id;
  std::string secret_access_key;
  std::string token;
  std::string principal_arn;  // arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
  base::TimePoint expires_at = base::kNever;
  bool of_task = false;  // a task's role, or whoever that role became: what it may do is always asked
};

// Who wants to know all keys that are good at this moment. Services tell it from their tables' on_change, so it follows
// what is live, undone and recovered alike, and hears of a key before its owner does.
class Sessions {
 public:
  virtual ~Sessions() = default;
  virtual void open(const Session& session) = 0;
  virtual void close(const std::string& access_key_id) = 0;
};

}  // namespace service
