#pragma once

#include <map>
#include <optional>
#include <string>

#include "service/session.h"

namespace cloud {

// Every temporary key of every service: whose it is, for the calls that come in, and for whoever verifies signatures.
class SessionTable : public service::Sessions {
 public:
  // `verifier` may be nullptr.
  explicit SessionTable(service::Sessions* verifier) : verifier_(verifier) {}

  void open(const service::Session& session) override;
  void close(const std::string& access_key_id) override;
  // The ARN of who signs with that key; nothing for keys that are not temporary.
  std::optional<std::string> principal_of(const std::string& access_key_id) const;

 private:
  service::Sessions* verifier_;
  std::map<std::string, std::string> principals_;  // by access key id
};

}  // namespace cloud
