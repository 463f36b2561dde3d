#include "wire/session_message.h"

#include <gtest/gtest.h>

namespace {

using wire::SessionMessage;
using wire::SessionPayload;
using Words = std::vector<std::string>;

SessionMessage example() {
  SessionMessage message;
  message.type = SessionMessage::kOutput;
  message.created_millis = 1'700'000'000'123;
  message.sequence_number = 7;
  message.flags = 1;
  message.id = "00010203-0405-0607-0809-0a0b0c0d0e0f";
  message.payload_type = SessionPayload::Output;
  message.payload = "hello";
  return message;
}

TEST(SessionMessage, HasThePluginsLayout) {
  const std::string bytes = wire::write_session_message(example());
  ASSERT_EQ(bytes.size(), 116u + 4 + 5);
  EXPECT_EQ(bytes.substr(0, 4), std::string("\0\0\0\x74", 4));
  EXPECT_EQ(bytes.substr(4, 32), "output_stream_data              ");
  EXPECT_EQ(bytes.substr(36, 4), std::string("\0\0\0\1", 4));
  EXPECT_EQ(bytes.substr(48, 8), std::string("\0\0\0\0\0\0\0\7", 8));
  EXPECT_EQ(bytes.substr(64, 16), std::string("\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x00\x01\x02\x03\x04\x05\x06\x07", 16));
  EXPECT_EQ(bytes.substr(112, 4), std::string("\0\0\0\1", 4));
  EXPECT_EQ(bytes.substr(116), std::string("\0\0\0\5hello", 9));
}

TEST(SessionMessage, ReadsWhatItWrote) {
  const std::string bytes = wire::write_session_message(example());
  const auto read = wire::read_session_message(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, SessionMessage::kOutput);
  EXPECT_EQ(read->created_millis, example().created_millis);
  EXPECT_EQ(read->sequence_number, 7);
  EXPECT_EQ(read->id, example().id);
  EXPECT_EQ(read->payload, "hello");
  EXPECT_EQ(
      wire::acknowledgement(*read),
      R"({"AcknowledgedMessageType":"output_stream_data","AcknowledgedMessageId":)"
      R"("00010203-0405-0607-0809-0a0b0c0d0e0f","AcknowledgedMessageSequenceNumber":7,"IsSequentialMessage":true})");
}

TEST(SessionMessage, RefusesWhatIsNone) {
  const std::string bytes = wire::write_session_message(example());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(wire::read_session_message(std::string_view(bytes).substr(0, length)));
  }
  EXPECT_FALSE(wire::read_session_message(bytes + "!"));
  std::string changed = bytes;
  changed.back() = '!';
  EXPECT_FALSE(wire::read_session_message(changed));  // the digest is of another payload
}

TEST(CommandLine, ComesApartLikeAShells) {
  EXPECT_EQ(wire::split_command("/bin/sh -c 'echo \"a b\"'"), (Words{"/bin/sh", "-c", "echo \"a b\""}));
  EXPECT_EQ(wire::split_command("  a\\ b \"c \\\"d\\\" \\n\" '' e'f'g "), (Words{"a b", "c \"d\" \\n", "", "efg"}));
  EXPECT_EQ(wire::split_command(""), Words{});
  EXPECT_FALSE(wire::split_command("'open"));
  EXPECT_FALSE(wire::split_command("\"open"));
  EXPECT_FALSE(wire::split_command("open\\"));
}

TEST(CommandLine, ComesTogetherAgain) {
  for (const Words& words :
       {Words{"ls", "-l", "/tmp"}, Words{"sh", "-c", "echo 'it''s' \"x\" \\ $HOME"}, Words{"", " ", "\n"}}) {
    EXPECT_EQ(wire::split_command(wire::join_command(words)), words);
  }
  EXPECT_EQ(wire::join_command({"echo", "it's"}), "echo 'it'\\''s'");
}

}  // namespace
