#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cloud/cloud.h"
#include "gateway/gateway.h"
#include "net/tunnel.h"
#include "net/websocket.h"
#include "runtime/exec.h"
#include "wire/session_message.h"

namespace gateway {

// A session of ExecuteCommand: on one side the data channel that the Session Manager plugin opens (a WebSocket with
// SessionMessages; the first thing it says is its token), on the other a program in a container.
//
// The program starts when the client has answered the handshake. Output goes out as far as the client acknowledges it,
// and input is acknowledged as far as the program takes it, so neither side can fill memory.
class ExecChannel : public net::Tunnel, public runtime::ExecObserver, public std::enable_shared_from_this<ExecChannel> {
 public:
  // What the client wants, by `stdio=` in the stream's address. The plugin says nothing. Who says something is our own
  // client, and is told the exit code.
  enum class Streams : std::uint8_t { Plugin, Terminal, Pipes };

  // `cloud` and what `post` uses must outlive the program, as for the gateway.
  ExecChannel(cloud::Cloud& cloud, const base::Clock& clock, Post post, std::string session, Streams streams);

  void opened(std::shared_ptr<net::TunnelLine> line) override;
  void received(std::string_view bytes) override;
  void closed() override;

  void started(std::shared_ptr<runtime::ExecProcess> process) override;
  void refused(const std::string& reason) override;
  void output(runtime::ExecStream stream, std::string_view bytes) override;
  void taken(std::size_t bytes) override;
  void ended(int exit_code) override;

 private:
  enum class Phase : std::uint8_t { Token, Handshake, Starting, Running, Over };

  void on_text(const std::string& text);
  void on_target(std::optional<cloud::ExecTarget> target);
  void on_message(const wire::SessionMessage& message);
  void on_input(const wire::SessionMessage& message);
  void on_acknowledge(const wire::SessionMessage& message);
  void start_program();
  void send_message(wire::SessionMessage message);
  void send_data(wire::SessionPayload type, std::string payload);
  void acknowledge(const wire::SessionMessage& message);
  void finish(const std::string& words);
  void hang_up();

  cloud::Cloud& cloud_;
  const base::Clock& clock_;
  const Post post_;
  const std::string session_;
  const Streams streams_;

  // Of everything below. Recursive: what is posted from the strand's own thread runs at once.
  std::recursive_mutex mutex_;
  Phase phase_ = Phase::Token;
  std::shared_ptr<net::TunnelLine> line_;
  net::WebSocketReader reader_;
  std::optional<cloud::ExecTarget> target_;
  std::shared_ptr<runtime::ExecProcess> process_;
  std::int64_t next_output_ = 0;  // sequence numbers
  std::int64_t next_input_ = 0;
  std::map<std::int64_t, std::size_t> unanswered_;  // sent and not acknowledged: how many bytes of output
  std::size_t untaken_ = 0;                         // bytes of input
  std::vector<wire::SessionMessage> held_;          // input that is not acknowledged yet
  std::string early_;                               // input that came before the program was there
  int rows_ = 24;
  int columns_ = 80;
};

}  // namespace gateway
