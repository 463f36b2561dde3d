#include "cloud/session_table.h"

namespace cloud {

void SessionTable::open(const service::Session& session) {
  signers_[session.access_key_id] = {session.principal_arn, session.of_task};
  if (verifier_ != nullptr) verifier_->open(session);
}

void SessionTable::close(const std::string& access_key_id) {
  signers_.erase(access_key_id);
  if (verifier_ != nullptr) verifier_->close(access_key_id);
}

const Signer* SessionTable::find(const std::string& access_key_id) const {
  const auto found = signers_.find(access_key_id);
  return found == signers_.end() ? nullptr : &found->second;
}

}  // namespace cloud
