#include "net/websocket.h"

#include <gtest/gtest.h>

namespace {

using net::FrameKind;
using net::WebSocketReader;

TEST(WebSocket, AcceptsAsTheStandardsExample) {
  EXPECT_EQ(net::websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, FramesAreTheStandardsExamples) {
  EXPECT_EQ(net::websocket_frame(FrameKind::Text, "Hello"), "\x81\x05Hello");
  EXPECT_EQ(net::masked_websocket_frame(FrameKind::Text, "Hello", 0x3d21fa37),
            std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11));
  EXPECT_EQ(net::websocket_frame(FrameKind::Binary, std::string(256, 'x')).substr(0, 4),
            std::string("\x82\x7e\x01\x00", 4));
  EXPECT_EQ(net::websocket_frame(FrameKind::Binary, std::string(65536, 'x')).substr(0, 10),
            std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(WebSocket, ReadsWhateverWayItComes) {
  std::string stream;
  const std::string sizes[] = {"", "a", std::string(125, 'b'), std::string(126, 'c'), std::string(70'000, 'd')};
  for (const std::string& text : sizes) stream += net::masked_websocket_frame(FrameKind::Binary, text, 0xdeadbeef);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, stream.size()}) {
    WebSocketReader reader(WebSocketReader::From::Client, 100'000);
    std::size_t seen = 0;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.feed(std::string_view(stream).substr(at, step));
      for (;;) {
        const auto message = reader.next();
        ASSERT_TRUE(message) << message.error();
        if (!*message) break;
        EXPECT_EQ((*message)->payload, sizes[seen++]);
      }
    }
    EXPECT_EQ(seen, 5u);
  }
}

TEST(WebSocket, PutsFragmentsTogetherAroundAPing) {
  WebSocketReader reader(WebSocketReader::From::Server, 100);
  reader.feed(std::string("\x01\x03Hel", 5) + net::websocket_frame(FrameKind::Ping, "?") +
              std::string("\x80\x02lo", 4));
  EXPECT_EQ(reader.next().value()->kind, FrameKind::Ping);
  const auto whole = reader.next();
  EXPECT_EQ((*whole)->kind, FrameKind::Text);
  EXPECT_EQ((*whole)->payload, "Hello");
}

TEST(WebSocket, RefusesWhatNoClientSends) {
  const auto refusal = [](std::string_view bytes, WebSocketReader::From from = WebSocketReader::From::Client) {
    WebSocketReader reader(from, 100);
    reader.feed(bytes);
    const auto message = reader.next();
    return message ? std::string() : message.error();
  };
  EXPECT_EQ(refusal(net::websocket_frame(FrameKind::Text, "x")), "a frame is masked wrongly");
  EXPECT_EQ(refusal(net::masked_websocket_frame(FrameKind::Text, "x", 1), WebSocketReader::From::Server),
            "a frame is masked wrongly");
  EXPECT_EQ(refusal(net::masked_websocket_frame(FrameKind::Text, std::string(101, 'x'), 1)), "a message is too long");
  EXPECT_EQ(refusal(std::string("\xc1\x80\x00\x00\x00\x00", 6)), "a reserved bit is set");
  EXPECT_EQ(refusal(std::string("\x80\x80\x00\x00\x00\x00", 6)), "fragments out of order");
  EXPECT_EQ(refusal(std::string("\x83\x80\x00\x00\x00\x00", 6)), "an unknown kind of frame");
  EXPECT_EQ(refusal(std::string("\x09\x80\x00\x00\x00\x00", 6)), "a control frame is too long or a fragment");
  // A length near 2^64 is refused and not wrapped around.
  EXPECT_EQ(refusal(std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", 14)),
            "a message is too long");
}

}  // namespace
