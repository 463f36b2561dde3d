#pragma once

#include <map>
#include <string>

#include "service/session.h"

namespace service {

// The keys that are good now. For *_test.cpp files.
struct SessionsForTest : Sessions {
  std::map<std::string, Session> open_ones;  // by access key id

  void open(const Session& session) override { open_ones[session.access_key_id] = session; }
  void close(const std::string& access_key_id) override { open_ones.erase(access_key_id); }
};

}  // namespace service
