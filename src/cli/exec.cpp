#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <iostream>
#include <optional>
#include <set>

#include "api/ecs/operations.h"
#include "base/value.h"
#include "cli/commands.h"
#include "client/http.h"
#include "net/websocket_client.h"
#include "wire/json.h"
#include "wire/session_message.h"

namespace cli {
namespace {

using base::Value;
using wire::SessionMessage;
using wire::SessionPayload;

constexpr std::size_t kInputWindow = 32;  // messages on their way to the program
constexpr int kLookMillis = 250;          // how often the terminal's size is looked at
constexpr std::chrono::seconds kPatience{60};
constexpr int kConnectionLost = 255;  // exit code, as of ssh

// Keys go to the program as they are, and not through our own terminal. Restored at the end.
class RawTerminal {
 public:
  explicit RawTerminal(bool wanted) {
    if (!wanted || isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios raw = before_;
    cfmakeraw(&raw);
    held_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  RawTerminal(const RawTerminal&) = delete;
  ~RawTerminal() {
    if (held_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

 private:
  termios before_{};
  bool held_ = false;
};

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = write(descriptor, bytes.data(), bytes.size());
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// One session, from the handshake to the exit code.
class ExecSession {
 public:
  ExecSession(net::WebSocketClient& socket, bool terminal) : socket_(socket), terminal_(terminal) {}

  int run(const std::string& token);

 private:
  void say_token(const std::string& token);
  void on_message(const SessionMessage& message);
  void on_output(const SessionMessage& message);
  void read_input();
  void look_at_size();
  void send_data(SessionPayload type, std::string payload);
  void send_message(SessionMessage message);
  bool may_send() const { return running_ && input_open_ && unanswered_.size() < kInputWindow; }

  net::WebSocketClient& socket_;
  const bool terminal_;
  bool running_ = false;
  bool input_open_ = true;
  bool broken_ = false;
  std::optional<int> exit_code_;
  std::int64_t next_input_ = 0;
  std::set<std::int64_t> unanswered_;
  std::uint64_t next_id_ = 0;
  winsize size_{};
};

void ExecSession::say_token(const std::string& token) {
  Value json;
  json.set("MessageSchemaVersion", "1.0");
  json.set("RequestId", "00000000-0000-4000-8000-000000000001");
  json.set("TokenValue", token);
  json.set("ClientId", "00000000-0000-4000-8000-000000000002");
  json.set("ClientVersion", "1.2.0.0");
  broken_ = !socket_.send(net::FrameKind::Text, wire::write_json(json));
}

int ExecSession::run(const std::string& token) {
  say_token(token);
  while (!exit_code_ && !broken_) {
    std::array<pollfd, 2> wait{pollfd{socket_.descriptor(), POLLIN, 0},
                               pollfd{may_send() ? STDIN_FILENO : -1, POLLIN, 0}};
    poll(wait.data(), wait.size(), terminal_ ? kLookMillis : -1);
    if (wait[1].revents != 0) read_input();
    if (running_ && terminal_) look_at_size();
    if (wait[0].revents == 0) continue;
    const bool open = socket_.receive();
    for (;;) {
      const auto message = socket_.next();
      broken_ = broken_ || !message;
      if (!message || !*message) break;
      if ((*message)->kind == net::FrameKind::Ping) (void)socket_.send(net::FrameKind::Pong, (*message)->payload);
      if ((*message)->kind != net::FrameKind::Binary) continue;
      if (const auto inner = wire::read_session_message((*message)->payload)) on_message(*inner);
    }
    broken_ = broken_ || !open;
  }
  return exit_code_.value_or(kConnectionLost);
}

void ExecSession::on_message(const SessionMessage& message) {
  if (message.type == SessionMessage::kAcknowledge) {
    const auto json = wire::parse_json(message.payload);
    const Value* number = json ? json->find("AcknowledgedMessageSequenceNumber") : nullptr;
    if (number != nullptr && number->is_integer()) unanswered_.erase(number->as_integer());
  } else if (message.type == SessionMessage::kClosed) {
    const auto json = wire::parse_json(message.payload);
    const Value* words = json ? json->find("Output") : nullptr;
    if (!exit_code_ && words != nullptr && words->is_string()) std::cerr << "renkei: " << words->as_string() << "\n";
    broken_ = true;
  } else if (message.type == SessionMessage::kOutput) {
    on_output(message);
    SessionMessage answer;
    answer.type = SessionMessage::kAcknowledge;
    answer.flags = 3;
    answer.payload = wire::acknowledgement(message);
    send_message(std::move(answer));
  }
}

void ExecSession::on_output(const SessionMessage& message) {
  switch (message.payload_type) {
    case SessionPayload::HandshakeRequest: {
      Value action;
      action.set("ActionType", "SessionType");
      action.set("ActionStatus", 1);
      Value json;
      json.set("ClientVersion", "1.2.0.0");
      json.set("ProcessedClientActions", Value::Array{std::move(action)});
      json.set("Errors", Value::Array{});
      return send_data(SessionPayload::HandshakeResponse, wire::write_json(json));
    }
    case SessionPayload::HandshakeComplete:
      running_ = true;
      return;
    case SessionPayload::Output:
      return write_all(STDOUT_FILENO, message.payload);
    case SessionPayload::StandardError:
      return write_all(STDERR_FILENO, message.payload);
    case SessionPayload::ExitCode:
      exit_code_ = std::atoi(message.payload.c_str());
      return;
    default:
      return;
  }
}

void ExecSession::read_input() {
  std::array<char, 16384> buffer;
  const ssize_t got = read(STDIN_FILENO, buffer.data(), buffer.size());
  if (got > 0) {
    send_data(SessionPayload::Output, std::string(buffer.data(), static_cast<std::size_t>(got)));
  } else {
    input_open_ = false;
    const auto flag = static_cast<char>(wire::SessionFlag::DisconnectToPort);
    send_data(SessionPayload::Flag, std::string("\0\0\0", 3) + flag);
  }
}

void ExecSession::look_at_size() {
  winsize now{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) != 0 || (now.ws_row == size_.ws_row && now.ws_col == size_.ws_col)) return;
  size_ = now;
  Value json;
  json.set("cols", static_cast<std::int64_t>(now.ws_col));
  json.set("rows", static_cast<std::int64_t>(now.ws_row));
  send_data(SessionPayload::Size, wire::write_json(json));
}

void ExecSession::send_data(SessionPayload type, std::string payload) {
  SessionMessage message;
  message.type = SessionMessage::kInput;
  message.sequence_number = next_input_++;
  message.payload_type = type;
  message.payload = std::move(payload);
  unanswered_.insert(message.sequence_number);
  send_message(std::move(message));
}

void ExecSession::send_message(SessionMessage message) {
  const std::string number = std::to_string(++next_id_);
  message.id = "00000000-0000-4000-8000-" + std::string(12 - std::min<std::size_t>(number.size(), 12), '0') + number;
  message.created_millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  if (!socket_.send(net::FrameKind::Binary, wire::write_session_message(message))) broken_ = true;
}

// "arn:…:task/CLUSTER/ID" names its cluster itself.
std::string cluster_of(const ExecOptions& options) {
  const std::size_t kind = options.task.find(":task/");
  if (!options.cluster.empty() || kind == std::string::npos) return options.cluster;
  const std::size_t begin = kind + 6;
  const std::size_t end = options.task.find('/', begin);
  return end == std::string::npos ? "" : options.task.substr(begin, end - begin);
}

}  // namespace

int exec(const ExecOptions& options) {
  if (options.command.empty()) return fail("there is no command", "Write it behind --: renkei exec TASK -- ls -l"), 2;
  api::ecs::ExecuteCommandRequest request;
  if (const std::string cluster = cluster_of(options); !cluster.empty()) request.cluster = cluster;
  if (!options.container.empty()) request.container = options.container;
  request.task = options.task;
  request.command = wire::join_command(options.command);
  request.interactive = true;
  const auto transport = client::http_transport(options.common.endpoint, kPatience);
  const auto as_ours = [&](const wire::HttpCall& call) {
    wire::HttpCall marked = call;
    marked.headers.emplace_back("x-renkei-exec", "always");  // the agent of ECS Exec need not be there
    return transport(marked);
  };
  client::Client client({.endpoint = options.common.endpoint, .region = options.common.region},
                        client::default_credentials(), as_ours);
  const auto given = client.call<api::ecs::ExecuteCommand>(std::move(request));
  if (!given) return fail(options.common, "exec in " + options.task, given.error());
  std::string address = given->session->stream_url.value_or("");
  if (address.starts_with("ws")) address.replace(0, 2, "http");
  const auto url = net::parse_url(address + (options.interactive ? "&stdio=terminal" : "&stdio=pipes"));
  if (!url) return fail("the server gave an address that is none: " + address);
  auto socket = net::WebSocketClient::open(*url);
  if (!socket) return fail("exec in " + options.task + ": " + socket.error());
  const RawTerminal raw(options.interactive);
  return ExecSession(*socket, options.interactive).run(given->session->token_value.value_or(""));
}

}  // namespace cli
