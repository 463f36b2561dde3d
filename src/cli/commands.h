#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/common.h"

namespace cli {

struct UpOptions {
  Common common;
  std::string template_path;
  std::string stack;                    // "": made from the file's name
  std::vector<std::string> parameters;  // "Key=Value"
  double speed = 0;                     // 0: not given. Where no server runs, one is started at this speed
};
// Creates or updates a stack from a local template and follows it to its end.
int up(const UpOptions& options);

struct DownOptions {
  Common common;
  std::string stack;  // "": the only one there is
};
int down(const DownOptions& options);

struct StatusOptions {
  Common common;
  bool follow = false;
  double every = 1;  // seconds
};
int status(const StatusOptions& options);

struct LogsOptions {
  Common common;
  std::string group;
  std::string stream_prefix;
  std::string since;  // "10m", "2h", "30s", "1d"; "": all
  bool follow = false;
};
int logs(const LogsOptions& options);

struct ExecOptions {
  Common common;
  std::string task;  // id or ARN
  std::string cluster;
  std::string container;
  bool interactive = false;  // with a terminal
  std::vector<std::string> command;
};
// Runs a command in a container. Returns the command's exit code.
int exec(const ExecOptions& options);

struct PushOptions {
  Common common;
  std::string path;
  std::string name;  // NAME[:TAG]
};
int push(const PushOptions& options);

struct SimulateOptions {
  std::vector<std::string> templates;  // deployed one after another
  std::string workload;
  std::string span = "24h";
  std::uint64_t seed = 1;
  std::vector<std::string> parameters;  // "Key=Value"
  std::vector<std::string> what_if;     // "KEY=V1,V2"
  std::string out;                      // directory; "": no files
  std::string prices;                   // file; "": the built-in ones
  std::string every;                    // between samples; "": by the span
  std::string region = "us-east-1";
  unsigned jobs = 0;  // runs at a time; 0: as many as there are processors
  bool json = false;
};
int simulate(const SimulateOptions& options);

}  // namespace cli
