#include "gateway/session_keys.h"

namespace gateway {

void SessionKeys::open(const service::Session& session) {
  auto shared = std::make_shared<const service::Session>(session);
  const std::scoped_lock lock(mutex_);
  sessions_[session.access_key_id] = std::move(shared);
}

void SessionKeys::close(const std::string& access_key_id) {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(access_key_id);
}

std::shared_ptr<const service::Session> SessionKeys::find(const std::string& access_key_id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(access_key_id);
  return found == sessions_.end() ? nullptr : found->second;
}

}  // namespace gateway
