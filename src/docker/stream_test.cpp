#include "docker/stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <future>
#include <thread>

#include "image/layout.h"

namespace docker {
namespace {

// An engine that answers one request with given pieces, and then closes.
class FakeEngine {
 public:
  explicit FakeEngine(std::vector<std::string> pieces) : scratch_(*image::ScratchDirectory::create()) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::strncpy(name.sun_path, path().c_str(), sizeof name.sun_path - 1);
    listener_ = linux_runtime::Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    thread_ = std::thread([this, pieces = std::move(pieces)] {
      const linux_runtime::Fd client(accept(listener_.get(), nullptr, nullptr));
      char request[1024];
      (void)!recv(client.get(), request, sizeof request, 0);
      for (const std::string& piece : pieces) {
        send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
        usleep(1000);  // so that it comes alone
      }
    });
  }
  ~FakeEngine() { thread_.join(); }
  std::string path() const { return scratch_.path() + "/socket"; }

 private:
  image::ScratchDirectory scratch_;
  linux_runtime::Fd listener_;
  std::thread thread_;
};

struct Outcome {
  int status = -1;
  std::string data;
  std::string body;
};

Outcome ask(const std::string& socket, bool with_data) {
  linux_runtime::Loop loop;
  Outcome out;
  std::promise<void> ended;
  std::unique_ptr<Stream> stream;
  loop.start();
  loop.post([&] {
    Stream::Told told;
    if (with_data) told.data = [&](std::string_view piece) { out.data += piece; };
    told.ended = [&](int status, const std::string& body) {
      out.status = status;
      out.body = body;
      stream.reset();  // it may destroy itself
      ended.set_value();
    };
    stream = std::make_unique<Stream>(loop, socket, "GET / HTTP/1.1\r\n\r\n", std::move(told));
  });
  ended.get_future().wait();
  loop.stop();
  return out;
}

constexpr const char* kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(StreamTest, ChunksAsTheyCome) {
  const FakeEngine engine(
      {"HTTP/1.1 200 O", "K\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "c\r\n2\r", "\nde\r\n0\r\n\r\n"});
  const Outcome outcome = ask(engine.path(), true);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.data, "abcde");
}

TEST(StreamTest, UpToTheEndOfTheConnection) {
  const FakeEngine engine({"HTTP/1.1 200 OK\r\n\r\nab", "cd"});
  const Outcome outcome = ask(engine.path(), true);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.data, "abcd");
}

TEST(StreamTest, ARefusalIsNoData) {
  const FakeEngine engine({"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"});
  const Outcome outcome = ask(engine.path(), true);
  EXPECT_EQ(outcome.status, 404);
  EXPECT_EQ(outcome.data, "");
  EXPECT_EQ(outcome.body, "none");
}

TEST(StreamTest, WhatIsCutShortIsNoAnswer) {
  for (const char* text :
       {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", "no HTTP at all\r\n\r\n"}) {
    const FakeEngine engine({text});
    EXPECT_EQ(ask(engine.path(), false).status, 0) << text;
  }
  const FakeEngine engine({std::string(kChunked) + "3\r\nab"});
  EXPECT_EQ(ask(engine.path(), false).status, 0);
}

TEST(StreamTest, NobodyThere) {
  EXPECT_EQ(ask("/nonexistent/socket", false).status, 0);
  EXPECT_EQ(ask("/" + std::string(200, 'x'), false).status, 0);
}

}  // namespace
}  // namespace docker
