// A connection that has been upgraded, with our own client at the other end.

#include "net/tunnel.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "net/server.h"
#include "net/websocket_client.h"

namespace {

using net::FrameKind;

// Says everything again; "bye" ends it, "later" is answered by another thread.
class Parrot : public net::Tunnel {
 public:
  explicit Parrot(std::atomic<int>& closings) : closings_(closings) {}
  void opened(std::shared_ptr<net::TunnelLine> line) override {
    line_ = std::move(line);
    line_->send(net::websocket_frame(FrameKind::Text, "welcome"));
  }
  void received(std::string_view bytes) override {
    reader_.feed(bytes);
    for (;;) {
      const auto message = reader_.next();
      if (!message) return line_->close();
      if (!*message) return;
      const std::string text = (*message)->payload;
      if (text == "later") {
        std::thread([line = line_] {
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          line->send(net::websocket_frame(FrameKind::Text, "now"));
        }).detach();
        continue;
      }
      line_->send(net::websocket_frame((*message)->kind, text));
      if (text == "bye") line_->close();
    }
  }
  void closed() override { ++closings_; }

 private:
  std::atomic<int>& closings_;
  std::shared_ptr<net::TunnelLine> line_;
  net::WebSocketReader reader_{net::WebSocketReader::From::Client, 10 << 20};
};

class Doorman : public net::Handler {
 public:
  net::BodyPlan on_head(const net::Request&) override { return {}; }
  void handle(net::Request request, net::Responder responder) override {
    net::Response response;
    if (request.headers.has_token("upgrade", "websocket")) {
      response.status = 101;
      response.headers.emplace_back("upgrade", "websocket");
      response.headers.emplace_back("connection", "Upgrade");
      response.headers.emplace_back("sec-websocket-accept",
                                    net::websocket_accept(request.headers.get("sec-websocket-key")));
      return responder.send(std::move(response), std::make_shared<Parrot>(closings));
    }
    responder.send(std::move(response));
  }
  std::atomic<int> closings = 0;
};

class TunnelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server = *net::Server::start({}, doorman);
    net::Url url;
    url.host = "127.0.0.1";
    url.port = server->port();
    auto opened = net::WebSocketClient::open(url);
    ASSERT_TRUE(opened) << opened.error();
    client.emplace(std::move(*opened));
    EXPECT_EQ(next(), "welcome");
  }
  // The next message, or "" when the server has ended the connection.
  std::string next() {
    for (;;) {
      const auto message = client->next();
      if (!message) return "broken: " + message.error();
      if (*message) return (*message)->payload;
      pollfd wait{client->descriptor(), POLLIN, 0};
      if (poll(&wait, 1, 10'000) <= 0) return "nothing came";
      if (!client->receive()) return "";
    }
  }
  void wait_for_closing() {
    for (int i = 0; i < 500 && doorman.closings == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(doorman.closings, 1);
  }

  Doorman doorman;
  std::unique_ptr<net::Server> server;
  std::optional<net::WebSocketClient> client;
};

TEST_F(TunnelTest, CarriesBytesBothWaysAndEnds) {
  ASSERT_TRUE(client->send(FrameKind::Text, "a"));
  ASSERT_TRUE(client->send(FrameKind::Text, "later"));
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "now");
  ASSERT_TRUE(client->send(FrameKind::Text, "bye"));
  EXPECT_EQ(next(), "bye");
  EXPECT_EQ(next(), "");
  wait_for_closing();
}

TEST_F(TunnelTest, WhatDoesNotFitGoesWhenThereIsRoom) {
  const std::string much(900 << 10, 'm');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(client->send(FrameKind::Binary, much));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(next(), much);
}

TEST_F(TunnelTest, EndsWithTheClient) {
  client.reset();
  wait_for_closing();
}

TEST_F(TunnelTest, EndsWithTheServer) {
  server->stop();
  EXPECT_EQ(next(), "");
  EXPECT_EQ(doorman.closings, 1);
}

}  // namespace
