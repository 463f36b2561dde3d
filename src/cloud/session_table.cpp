#include "cloud/session_table.h"

namespace cloud {

void SessionTable::open(const service::Session& session) {
  principals_[session.access_key_id] = session.principal_arn;
  if (verifier_ != nullptr) verifier_->open(session);
}

void SessionTable::close(const std::string& access_key_id) {
  principals_.erase(access_key_id);
  if (verifier_ != nullptr) verifier_->close(access_key_id);
}

std::optional<std::string> SessionTable::principal_of(const std::string& access_key_id) const {
  const auto found = principals_.find(access_key_id);
  return found == principals_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace cloud
