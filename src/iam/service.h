#pragma once

#include <map>
#include <memory>
#include <string>

#include "iam/policy/evaluate.h"
#include "service/registry.h"
#include "service/session.h"

namespace iam {

// What IAM knows of who asks. Views into IAM's state, good for the turn until something changes.
struct Standing {
  policy::Asker asker;
  policy::Policies policies;                                 // identity, boundary and session
  std::string user_id;                                       // "AROA…:session", of a user "AIDA…"
  const std::map<std::string, std::string>* tags = nullptr;  // of the role
};

class IamService : public service::Service {
 public:
  // Of who signed a call: call.principal_arn, and call.access_key_id for the policies of its session. A role that is
  // gone has no policies any more.
  virtual Standing standing_of(const service::Call& call) = 0;
  // Who may become a role; nullptr if there is no role of that ARN in the account.
  virtual const policy::Document* trust_of(const std::string& account, const std::string& role_arn) = 0;
  // With the role's path. A role that is not there gets the path "/".
  virtual std::string role_arn(const std::string& account, const std::string& name) const = 0;
};

// IAM roles and managed policies, and STS. Both are global: whatever region a request is signed for, it sees the same
// entities of the account. `sessions` hears of the keys that AssumeRole makes, and must outlive the service.
std::unique_ptr<IamService> make_service(service::Sessions& sessions);

}  // namespace iam
