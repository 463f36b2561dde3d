#pragma once

#include <map>
#include <string>

#include "service/session.h"

namespace cloud {

struct Signer {
  std::string principal_arn;
  bool of_task = false;  // see service::Session
};

// Every temporary key of every service: whose it is, for the calls that come in, and for whoever verifies signatures.
class SessionTable : public service::Sessions {
 public:
  // `verifier` may be nullptr.
  explicit SessionTable(service::Sessions* verifier) : verifier_(verifier) {}

  void open(const service::Session& session) override;
  void close(const std::string& access_key_id) override;
  // Who signs with that key; nullptr for keys that are not temporary.
  const Signer* find(const std::string& access_key_id) const;

 private:
  service::Sessions* verifier_;
  std::map<std::string, Signer> signers_;  // by access key id
};

}  // namespace cloud
