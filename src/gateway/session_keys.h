#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "service/session.h"

namespace gateway {

// The temporary keys that are good now: the cloud's strand writes, the threads that verify signatures read.
class SessionKeys : public service::Sessions {
 public:
  void open(const service::Session& session) override;
  void close(const std::string& access_key_id) override;
  // nullptr if no session has that key.
  std::shared_ptr<const service::Session> find(const std::string& access_key_id) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const service::Session>> sessions_;
};

}  // namespace gateway
