#pragma once

#include <cstdint>
#include <string>

namespace app {

struct ServeOptions {
  std::string data;  // "": /var/lib/renkei as root, else ~/.local/share/renkei
  std::string address = "127.0.0.1";
  std::uint16_t port = 4566;  // 0: any free one
  double speed = 1;
  std::string auth = "off";  // or "strict"
  std::string keys;          // strict: a file of lines "ACCESS_KEY SECRET"
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::string runtime = "embedded";  // or "docker", "docker=SOCKET"
  std::string network = "vpc";       // or "host": containers share the machine's network
  bool no_queue_rests = false;
  double launch_timeout = 3;  // seconds that a task's launch tries to reach what it can't
  bool verbose = false;
};

// Runs the server until SIGTERM or SIGINT. Containers go on when it ends, and are adopted by the next one on the same
// data directory. Returns the exit code.
int serve(const ServeOptions& options);

std::string default_data_directory();

}  // namespace app
