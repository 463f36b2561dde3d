#pragma once

#include <set>
#include <string>

#include "ecs/exec_sessions.h"
#include "ecs/options.h"
#include "ecs/ports.h"
#include "ecs/tables.h"
#include "runtime/runtime.h"

namespace ecs {

// What the parts of ECS share.
struct Core {
  runtime::Runtime& runtime;
  MetricSink& metrics;
  TaskNetwork& network;
  Options options;
  Tables tables;
  // Keys of services that something happened to; not durable, after a restart all of them are looked at.
  std::set<std::string> touched{};
  ExecSessions exec_sessions{};
};

}  // namespace ecs
