#include "gateway/exec_channel.h"

#include <utility>

#include "gateway/ids.h"
#include "wire/json.h"
#include "wire/text.h"

namespace gateway {
namespace {

using base::Value;
using wire::SessionMessage;
using wire::SessionPayload;

constexpr std::size_t kLongestMessage = 1 << 20;
constexpr std::size_t kOutputWindow = 256 << 10;  // bytes on their way to the client
constexpr std::size_t kInputWindow = 256 << 10;   // bytes on their way to the program
constexpr std::uint64_t kFirstFlag = 1;
// Any version from 2.3.722 on lets the plugin end a session that it leaves.
constexpr const char* kAgentVersion = "3.3.0.0";

std::string text_of(const Value& json, std::string_view name) {
  const Value* member = json.find(name);
  return member != nullptr && member->is_string() ? member->as_string() : "";
}

std::int64_t number_of(const Value& json, std::string_view name) {
  const Value* member = json.find(name);
  return member != nullptr && member->is_integer() ? member->as_integer() : 0;
}

std::string handshake_request(bool terminal) {
  Value parameters;
  parameters.set("SessionType", terminal ? "InteractiveCommands" : "NonInteractiveCommands");
  parameters.set("Properties", Value());
  Value action;
  action.set("ActionType", "SessionType");
  action.set("ActionParameters", std::move(parameters));
  Value json;
  json.set("AgentVersion", kAgentVersion);
  json.set("RequestedClientActions", Value::Array{std::move(action)});
  return wire::write_json(json);
}

}  // namespace

ExecChannel::ExecChannel(cloud::Cloud& cloud, const base::Clock& clock, Post post, std::string session, Streams streams)
    : cloud_(cloud),
      clock_(clock),
      post_(std::move(post)),
      session_(std::move(session)),
      streams_(streams),
      reader_(net::WebSocketReader::From::Client, kLongestMessage) {}

void ExecChannel::opened(std::shared_ptr<net::TunnelLine> line) {
  const std::lock_guard lock(mutex_);
  line_ = std::move(line);
}

void ExecChannel::received(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::Over) return;
  reader_.feed(bytes);
  while (phase_ != Phase::Over) {
    const auto message = reader_.next();
    if (!message) return hang_up();
    if (!*message) return;
    switch ((*message)->kind) {
      case net::FrameKind::Text:
        on_text((*message)->payload);
        break;
      case net::FrameKind::Binary:
        if (const auto inner = wire::read_session_message((*message)->payload)) on_message(*inner);
        break;
      case net::FrameKind::Ping:
        line_->send(net::websocket_frame(net::FrameKind::Pong, (*message)->payload));
        break;
      case net::FrameKind::Pong:
        break;
      case net::FrameKind::Close:
        hang_up();
        break;
    }
  }
}

void ExecChannel::closed() {
  const std::lock_guard lock(mutex_);
  phase_ = Phase::Over;
  if (process_) process_->end();
  line_.reset();
}

// The first message says who this is.
void ExecChannel::on_text(const std::string& text) {
  const auto json = wire::parse_json(text);
  if (phase_ != Phase::Token || !json) return;
  phase_ = Phase::Handshake;
  post_([self = shared_from_this(), token = text_of(*json, "TokenValue")] {
    self->on_target(self->cloud_.take_exec(self->session_, token));
  });
}

void ExecChannel::on_target(std::optional<cloud::ExecTarget> target) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::Handshake) return;
  if (!target) return finish("The session is not known, or its token is not valid any more.");
  target_ = std::move(target);
  send_data(SessionPayload::HandshakeRequest, handshake_request(streams_ != Streams::Pipes));
}

void ExecChannel::on_message(const SessionMessage& message) {
  if (message.type == SessionMessage::kAcknowledge) return on_acknowledge(message);
  if (message.type != SessionMessage::kInput || message.sequence_number > next_input_) return;
  // The plugin repeats what it believes to be lost.
  if (message.sequence_number < next_input_) return acknowledge(message);
  ++next_input_;
  const bool is_data = message.payload_type == SessionPayload::Output && process_;
  if (is_data && untaken_ >= kInputWindow) {
    held_.push_back(message);
    held_.back().payload.clear();
  } else {
    acknowledge(message);
  }
  on_input(message);
}

void ExecChannel::on_input(const SessionMessage& message) {
  const auto json = [&] { return wire::parse_json(message.payload).value_or(Value()); };
  switch (message.payload_type) {
    case SessionPayload::HandshakeResponse:
      if (phase_ == Phase::Handshake && target_) start_program();
      return;
    case SessionPayload::Output:
      if (!process_) {
        if (early_.size() < kInputWindow) early_ += message.payload;
        return;
      }
      untaken_ += message.payload.size();
      return process_->write(message.payload);
    case SessionPayload::Size: {
      const Value size = json();
      rows_ = static_cast<int>(number_of(size, "rows"));
      columns_ = static_cast<int>(number_of(size, "cols"));
      if (process_) process_->resize(rows_, columns_);
      return;
    }
    case SessionPayload::Flag: {
      const char said = message.payload.empty() ? '\0' : message.payload.back();
      if (!process_) return;
      if (said == static_cast<char>(wire::SessionFlag::TerminateSession)) process_->end();
      if (said == static_cast<char>(wire::SessionFlag::DisconnectToPort)) process_->close_input();
      return;
    }
    default:
      return;
  }
}

void ExecChannel::on_acknowledge(const SessionMessage& message) {
  const auto json = wire::parse_json(message.payload);
  if (!json) return;
  const auto sent = unanswered_.extract(number_of(*json, "AcknowledgedMessageSequenceNumber"));
  if (!sent.empty() && process_ && sent.mapped() > 0) process_->allow(sent.mapped());
}

void ExecChannel::start_program() {
  phase_ = Phase::Starting;
  runtime::ExecSpec spec;
  spec.argv = target_->argv;
  spec.terminal = streams_ != Streams::Pipes;
  spec.rows = rows_;
  spec.columns = columns_;
  post_([self = shared_from_this(), target = *target_, spec = std::move(spec)] {
    self->cloud_.exec(target, spec, self);
  });
}

void ExecChannel::started(std::shared_ptr<runtime::ExecProcess> process) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::Over) return process->end();
  phase_ = Phase::Running;
  process_ = std::move(process);
  // Now, and not before: from then on the client sends input.
  Value complete;
  complete.set("HandshakeTimeToComplete", 1'000'000);
  complete.set("CustomerMessage", "");
  send_data(SessionPayload::HandshakeComplete, wire::write_json(complete));
  process_->resize(rows_, columns_);
  process_->allow(kOutputWindow);
  if (early_.empty()) return;
  untaken_ += early_.size();
  process_->write(std::exchange(early_, {}));
}

void ExecChannel::refused(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::Over) return;
  if (streams_ != Streams::Plugin) {
    send_data(SessionPayload::StandardError, reason + "\n");
    send_data(SessionPayload::ExitCode, "127");
  }
  finish(reason);
}

void ExecChannel::output(runtime::ExecStream stream, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::Running) return;
  const bool apart = streams_ == Streams::Pipes && stream == runtime::ExecStream::Errors;
  unanswered_[next_output_] = bytes.size();
  send_data(apart ? SessionPayload::StandardError : SessionPayload::Output, std::string(bytes));
}

void ExecChannel::taken(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  untaken_ -= std::min(bytes, untaken_);
  if (untaken_ >= kInputWindow / 2 || phase_ == Phase::Over) return;
  for (const SessionMessage& message : std::exchange(held_, {})) acknowledge(message);
}

void ExecChannel::ended(int exit_code) {
  const std::lock_guard lock(mutex_);
  process_.reset();
  if (phase_ == Phase::Over) return;
  if (streams_ != Streams::Plugin) send_data(SessionPayload::ExitCode, std::to_string(exit_code));
  finish("");
}

void ExecChannel::acknowledge(const SessionMessage& message) {
  SessionMessage answer;
  answer.type = SessionMessage::kAcknowledge;
  answer.flags = 3;  // first and last
  answer.payload = wire::acknowledgement(message);
  send_message(std::move(answer));
}

void ExecChannel::send_data(SessionPayload type, std::string payload) {
  SessionMessage message;
  message.type = SessionMessage::kOutput;
  message.flags = next_output_ == 0 ? kFirstFlag : 0;
  message.sequence_number = next_output_++;
  message.payload_type = type;
  message.payload = std::move(payload);
  send_message(std::move(message));
}

void ExecChannel::send_message(SessionMessage message) {
  message.id = random_uuid();
  message.created_millis = base::unix_millis(clock_.now());
  if (line_) line_->send(net::websocket_frame(net::FrameKind::Binary, wire::write_session_message(message)));
}

// The plugin shows `words`; with none it says that the session ended.
void ExecChannel::finish(const std::string& words) {
  Value json;
  json.set("MessageType", SessionMessage::kClosed);
  json.set("MessageId", random_uuid());
  json.set("CreatedDate", wire::format_date_time(clock_.now()));
  json.set("SessionId", session_);
  json.set("SchemaVersion", 1);
  json.set("Output", words);
  SessionMessage message;
  message.type = SessionMessage::kClosed;
  message.payload = wire::write_json(json);
  send_message(std::move(message));
  hang_up();
}

void ExecChannel::hang_up() {
  phase_ = Phase::Over;
  if (process_) process_->end();
  if (!line_) return;
  line_->send(net::websocket_frame(net::FrameKind::Close, std::string("\x03\xe8", 2)));  // 1000: normal
  line_->close();
}

}  // namespace gateway
