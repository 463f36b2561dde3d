#pragma once

// The binary messages of a Systems Manager session's data channel, which the AWS CLI's Session Manager plugin speaks
// over a WebSocket (agent protocol, schema version 1). Big-endian; a header of 116 bytes with its own length in front,
// then the payload's length and the payload.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wire {

enum class SessionPayload : std::uint32_t {
  Output = 1,
  Error = 2,
  Size = 3,  // {"cols":80,"rows":24}
  HandshakeRequest = 5,
  HandshakeResponse = 6,
  HandshakeComplete = 7,
  Flag = 10,  // four bytes: see SessionFlag
  StandardError = 11,
  ExitCode = 12,  // as text
};

// What a Flag payload says.
enum class SessionFlag : std::uint32_t { DisconnectToPort = 1, TerminateSession = 2, ConnectToPortError = 3 };

struct SessionMessage {
  static constexpr std::string_view kInput = "input_stream_data";
  static constexpr std::string_view kOutput = "output_stream_data";
  static constexpr std::string_view kAcknowledge = "acknowledge";
  static constexpr std::string_view kClosed = "channel_closed";

  std::string type;
  std::int64_t created_millis = 0;
  std::int64_t sequence_number = 0;
  std::uint64_t flags = 0;
  std::string id;  // a UUID as text
  SessionPayload payload_type{};
  std::string payload;
};

std::string write_session_message(const SessionMessage& message);
// Nothing if the bytes are no message, or if the payload is not the one that its digest is of.
std::optional<SessionMessage> read_session_message(std::string_view bytes);

// The payload that acknowledges a message.
std::string acknowledgement(const SessionMessage& of);

// A command line as a POSIX shell takes it apart, without expansions; nothing if a quote is open.
std::optional<std::vector<std::string>> split_command(std::string_view line);
// The line that split_command() takes apart into these words.
std::string join_command(const std::vector<std::string>& words);

}  // namespace wire
