#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace ecs {

// So long a session waits for its data channel.
inline constexpr base::Duration kExecSessionLife = std::chrono::minutes(5);
// The header with which our own command line asks for a session in any container that runs: no agent has to be there.
inline constexpr const char* kExecAlways = "x-renkei-exec";

struct ExecTarget {
  std::string task;  // id
  std::string container;
  std::vector<std::string> argv;
};

struct ExecSession {
  ExecTarget target;
  std::string token;
  base::TimePoint expires_at{};
};

// Sessions that nobody has opened yet. Not durable: who asked for one asks again after a restart.
class ExecSessions {
 public:
  void add(const std::string& name, ExecSession session, base::TimePoint now) {
    std::erase_if(waiting_, [&](const auto& held) { return held.second.expires_at <= now; });
    waiting_[name] = std::move(session);
  }
  // Once, with its token.
  std::optional<ExecTarget> take(const std::string& name, const std::string& token, base::TimePoint now) {
    const auto found = waiting_.find(name);
    if (found == waiting_.end() || found->second.token != token || found->second.expires_at <= now) return std::nullopt;
    ExecTarget target = std::move(found->second.target);
    waiting_.erase(found);
    return target;
  }

 private:
  std::map<std::string, ExecSession> waiting_;
};

}  // namespace ecs
