#include "cli/local_server.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <thread>
#include <vector>

#include "net/url.h"
#include "wire/json.h"

namespace cli {
namespace {

constexpr int kTries = 200;
constexpr auto kPause = std::chrono::milliseconds(50);

std::optional<double> running_speed(const Common& common) {
  client::Client client = connect(common);
  const auto page = client.get("/_renkei/health");
  if (!page) return std::nullopt;
  const auto health = wire::parse_json(*page);
  const base::Value* speed = health ? health->find("speed") : nullptr;
  if (speed == nullptr || !speed->is_number()) return std::nullopt;
  return speed->as_double();
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Forks twice, so that the server is nobody's child and outlives this command and its terminal.
std::expected<void, std::string> start(const std::string& port, double speed) {
  const std::string speed_text = base::Value(speed).to_text();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected("a server can't be started: fork failed");
  if (child > 0) {
    ::waitpid(child, nullptr, 0);
    return {};
  }
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  const int nowhere = ::open("/dev/null", O_RDWR);
  ::dup2(nowhere, STDIN_FILENO);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::execl("/proc/self/exe", "renkei", "serve", "--port", port.c_str(), "--speed", speed_text.c_str(),
          static_cast<char*>(nullptr));
  ::_exit(127);
}

}  // namespace

std::expected<void, std::string> ensure_server(const Common& common, double speed) {
  if (const auto running = running_speed(common)) {
    if (*running == speed) return {};
    return std::unexpected("the server at " + common.endpoint + " runs at speed " + base::Value(*running).to_text() +
                           ", not " + base::Value(speed).to_text() + ": stop it, or leave --speed out");
  }
  const auto url = net::parse_url(common.endpoint);
  if (!url || !is_loopback(url->host)) {
    return std::unexpected("nothing answers at " + common.endpoint +
                           ", and a server is only started on this machine's own address");
  }
  std::cerr << "starting a server at " << common.endpoint << ", " << base::Value(speed).to_text()
            << " times real time\n";
  if (auto started = start(std::to_string(url->port), speed); !started) return started;
  for (int i = 0; i < kTries; ++i) {
    std::this_thread::sleep_for(kPause);
    if (running_speed(common)) return {};
  }
  return std::unexpected("the server did not come up; run `renkei serve --speed " + base::Value(speed).to_text() +
                         "` to see why");
}

}  // namespace cli
