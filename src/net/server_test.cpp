#include "net/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

#include "net/client.h"

namespace {

struct CountingSink : net::BodySink {
  std::uint64_t bytes = 0;
  bool write(std::string_view piece) override {
    bytes += piece.size();
    return true;
  }
};

// Answers what its path asks for.
class Echo : public net::Handler {
 public:
  net::BodyPlan on_head(const net::Request& head) override {
    net::BodyPlan plan;
    plan.memory_limit = 1000;
    if (head.path == "/spool") plan.sink = std::make_unique<CountingSink>();
    if (head.path == "/refuse") {
      plan.refusal.emplace();
      plan.refusal->status = 403;
    }
    return plan;
  }

  void handle(net::Request request, net::Responder responder) override {
    net::Response response;
    {
      const std::lock_guard lock(mutex);
      handled_by[std::string(request.path)] = std::this_thread::get_id();
    }
    if (request.path == "/later") {
      std::thread([responder = std::move(responder)]() mutable {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        net::Response late;
        late.body = "late";
        responder.send(std::move(late));
      }).detach();
      return;
    }
    if (request.path == "/never") {
      const std::lock_guard lock(mutex);
      waiting.push_back(std::make_unique<net::Responder>(std::move(responder)));
      waiting.back()->on_abandoned([this] { ++abandoned; });
      return;
    }
    if (request.path == "/drop") return;
    if (request.path == "/file") {
      response.files = {{file, 2, 3}, {file, 5, 0}, {file, 5, 2}};
    } else if (request.sink) {
      response.body = std::to_string(static_cast<CountingSink&>(*request.sink).bytes);
    } else {
      response.body = std::string(request.method) + " " + std::string(request.target) + " " + request.body;
    }
    if (request.tls) response.headers.emplace_back("x-tls", "yes");
    if (!request.listener.empty()) {
      response.headers.emplace_back("x-listener", std::string(request.listener) + " " + request.local_address);
    }
    responder.send(std::move(response));
  }

  std::mutex mutex;
  std::vector<std::unique_ptr<net::Responder>> waiting;
  std::map<std::string, std::thread::id> handled_by;  // by path
  std::atomic<int> abandoned = 0;
  std::string file;
};

struct Rounds : net::Companion {
  std::atomic<int> count = 0;
  std::atomic<std::thread::id> thread;
  std::optional<std::chrono::nanoseconds> run_round() override {
    thread = std::this_thread::get_id();
    ++count;
    return std::nullopt;
  }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) {
    descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    const timeval limit{5, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~RawClient() { ::close(descriptor_); }

  void send(std::string_view bytes) { ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void end() { shutdown(descriptor_, SHUT_WR); }
  // Until `text` was seen `times` times, the end of the stream, or five seconds without a byte.
  std::string read_until(std::string_view text, int times = 1) {
    std::string all;
    char piece[4096];
    for (;;) {
      int seen = 0;
      for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++seen;
      if (seen >= times) return all;
      const ssize_t got = recv(descriptor_, piece, sizeof piece, 0);
      if (got <= 0) return all + "<end>";
      all.append(piece, static_cast<std::size_t>(got));
    }
  }
  std::string read_all() { return read_until("\x01"); }

 private:
  int descriptor_;
};

class ServerTest : public testing::Test {
 protected:
  void start(net::ServerOptions options = {}) {
    auto started = net::Server::start(std::move(options), echo);
    ASSERT_TRUE(started.has_value()) << started.error();
    server = std::move(*started);
  }
  net::Client client() { return net::Client(*net::parse_url("http://127.0.0.1:" + std::to_string(server->port()))); }

  Echo echo;
  std::unique_ptr<net::Server> server;
};

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 500; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

TEST_F(ServerTest, KeepsAliveAndAnswersPipelinedRequestsInOrder) {
  start({.threads = 2});
  RawClient raw(server->port());
  raw.send(
      "GET /later HTTP/1.1\r\nhost: a\r\n\r\nPOST /b HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhiGET /c "
      "HTTP/1.1\r\nhost: a\r\n\r\n");
  const std::string all = raw.read_until("GET /c ");
  EXPECT_LT(all.find("late"), all.find("POST /b hi"));
  EXPECT_NE(all.find("POST /b hi"), std::string::npos);
  EXPECT_NE(all.find("date: "), std::string::npos);
  raw.send("GET /d HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  EXPECT_NE(raw.read_all().find("connection: close"), std::string::npos);
}

TEST_F(ServerTest, ByteByByte) {
  start();
  RawClient raw(server->port());
  for (const char c :
       std::string("PUT /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")) {
    raw.send({&c, 1});
  }
  EXPECT_NE(raw.read_until("abc").find("PUT /x abc"), std::string::npos);
}

TEST_F(ServerTest, SaysContinueWhenAskedTo) {
  start();
  RawClient raw(server->port());
  raw.send("PUT /x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n");
  EXPECT_EQ(raw.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  raw.send("abc");
  EXPECT_NE(raw.read_until("abc").find("200 OK"), std::string::npos);
  RawClient other(server->port());
  other.send("PUT /refuse HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(other.read_until("\r\n\r\n").starts_with("HTTP/1.1 403 Forbidden\r\n"));
}

TEST_F(ServerTest, SaysContinueBeforeAnEmptyBodyToo) {
  start();
  RawClient raw(server->port());
  for (int i = 0; i < 2; ++i) {
    raw.send("PUT /x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\nexpect: 100-continue\r\n\r\n");
    EXPECT_TRUE(raw.read_until("PUT /x ").starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  }
}

TEST_F(ServerTest, HeadHasLengthAndNoBody) {
  start();
  RawClient raw(server->port());
  raw.send("HEAD /abc HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  const std::string all = raw.read_all();
  EXPECT_NE(all.find("content-length: 10\r\n"), std::string::npos) << all;
  EXPECT_TRUE(all.ends_with("\r\n\r\n<end>")) << all;
}

TEST_F(ServerTest, BoundsHeadAndBody) {
  start();
  RawClient head(server->port());
  head.send("GET / HTTP/1.1\r\nhost: a\r\nx: " + std::string(70'000, 'x'));
  EXPECT_TRUE(head.read_until("\r\n\r\n").starts_with("HTTP/1.1 431 "));
  RawClient body(server->port());
  body.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1001\r\n\r\n");
  EXPECT_TRUE(body.read_until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
  RawClient chunked(server->port());
  chunked.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'));
  EXPECT_TRUE(chunked.read_until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
  RawClient nonsense(server->port());
  nonsense.send("\x01\x02\r\n\r\n");
  EXPECT_TRUE(nonsense.read_until("\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(ServerTest, SlowAndIdleClientsAreClosed) {
  start({.head_timeout_ms = 100, .body_timeout_ms = 100, .idle_timeout_ms = 100});
  RawClient head(server->port());
  head.send("GET / HT");
  EXPECT_TRUE(head.read_all().starts_with("HTTP/1.1 408 "));
  RawClient body(server->port());
  body.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nab");
  EXPECT_EQ(body.read_all(), "<end>");
  RawClient idle(server->port());
  idle.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  EXPECT_TRUE(idle.read_all().ends_with("<end>"));
  EXPECT_TRUE(eventually([this] { return server->connections() == 0; }));
}

TEST_F(ServerTest, TellsWhenTheClientIsGone) {
  start();
  {
    RawClient raw(server->port());
    raw.send("GET /never HTTP/1.1\r\nhost: a\r\n\r\n");
    ASSERT_TRUE(eventually([this] {
      const std::lock_guard lock(echo.mutex);
      return echo.waiting.size() == 1;
    }));
    EXPECT_EQ(echo.abandoned, 0);
  }
  EXPECT_TRUE(eventually([this] { return echo.abandoned == 1; }));
  echo.waiting.front()->send({});  // too late, and harmless
}

TEST_F(ServerTest, AnswersAClientThatOnlyEndedItsSide) {
  start();
  RawClient raw(server->port());
  raw.send("GET /later HTTP/1.1\r\nhost: a\r\n\r\n");
  raw.end();
  EXPECT_NE(raw.read_all().find("late"), std::string::npos);
}

TEST_F(ServerTest, ADroppedRequestIsAnswered500) {
  start();
  EXPECT_EQ(client().send({.target = "/drop"})->status, 500);
}

TEST_F(ServerTest, MaximumOfConnections) {
  start({.max_connections = 1});
  net::Client first = client();
  ASSERT_TRUE(first.send({.target = "/"}).has_value());
  RawClient second(server->port());
  EXPECT_TRUE(second.read_all().starts_with("HTTP/1.1 503 "));
}

TEST_F(ServerTest, StopAbandonsWhatWaits) {
  start({.stop_grace_ms = 100});
  RawClient raw(server->port());
  raw.send("GET /never HTTP/1.1\r\nhost: a\r\n\r\n");
  ASSERT_TRUE(eventually([this] {
    const std::lock_guard lock(echo.mutex);
    return echo.waiting.size() == 1;
  }));
  server->stop();
  EXPECT_EQ(echo.abandoned, 1);
  EXPECT_EQ(raw.read_all(), "<end>");
}

TEST_F(ServerTest, FilesUploadsAndTheClient) {
  start();
  const auto folder = std::filesystem::temp_directory_path() / ("net_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  echo.file = (folder / "f").string();
  std::ofstream(echo.file) << "0123456789";
  net::Client http = client();
  EXPECT_EQ(http.send({.target = "/file"})->body, "23456");
  std::string streamed;
  const auto got = http.send({.target = "/file"}, [&](std::string_view piece) {
    streamed += piece;
    return true;
  });
  EXPECT_EQ(got->body + streamed, "23456");
  const std::string big = (folder / "big").string();
  std::ofstream(big) << std::string(3'000'000, 'x');
  EXPECT_EQ(http.send({.method = "PUT", .target = "/spool", .body_file = big})->body, "3000000");
  EXPECT_EQ(http.send({.method = "PUT", .target = "/refuse", .body_file = big})->status, 403);
  EXPECT_EQ(http.send({.target = "/again"})->body, "GET /again ");
  EXPECT_FALSE(http.send({.method = "PUT", .target = "/spool", .body_file = "/nowhere"}).has_value());
  std::filesystem::remove_all(folder);
}

TEST_F(ServerTest, CertificatesForNamesThatAreAskedFor) {
  const auto folder = std::filesystem::temp_directory_path() / ("net_sni_" + std::to_string(getpid()));
  auto authority = net::Authority::open(folder.string());
  ASSERT_TRUE(authority.has_value()) << authority.error();
  start({.tls = *authority->issue({"192.0.2.1"}), .authority = *authority});
  const std::string port = std::to_string(server->port());
  for (const char* name : {"localhost", "LOCALHOST", "localhost"}) {
    const auto url = net::parse_url("https://" + std::string(name) + ":" + port);
    net::Client trusting(*url, {.ca_file = (folder / "ca.pem").string()});
    const auto response = trusting.send({.target = "/plain"});
    ASSERT_TRUE(response.has_value()) << response.error();
    EXPECT_EQ(response->headers.get("x-tls"), "yes");
  }
  std::filesystem::remove_all(folder);
}

TEST_F(ServerTest, RequestsOfAnAdoptedListenerAreKnown) {
  start({});
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);  // 127.0.0.2
  socklen_t size = sizeof name;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&name), size), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size), 0);
  ASSERT_TRUE(server->adopt_listener(listener, "vpc-1"));

  net::Client there(*net::parse_url("http://127.0.0.2:" + std::to_string(ntohs(name.sin_port))));
  EXPECT_EQ(there.send({.target = "/plain"})->headers.get("x-listener"), "vpc-1 127.0.0.2");
  EXPECT_EQ(client().send({.target = "/plain"})->headers.get("x-listener"), "");

  server->drop_listeners("vpc-1");
  // The count of connections falls by other reasons too (the client above hung up), so only a refusal tells.
  EXPECT_TRUE(eventually([&] { return !there.send({.target = "/plain"}).has_value(); }));
  EXPECT_TRUE(client().send({.target = "/plain"}).has_value());
}

TEST_F(ServerTest, ACompanionSharesTheFirstThreadAndLongTransfersLeaveIt) {
  Rounds rounds;
  start({.threads = 2, .companion = &rounds});
  net::Client http = client();
  EXPECT_EQ(http.send({.target = "/plain"})->body, "GET /plain ");
  EXPECT_TRUE(eventually([&] { return rounds.count > 0; }));
  EXPECT_EQ(http.send({.method = "PUT", .target = "/spool", .body = std::string(5'000'000, 'x')})->body, "5000000");
  EXPECT_EQ(http.send({.target = "/after"})->body, "GET /after ");
  const int before = rounds.count;
  server->wake();
  EXPECT_TRUE(eventually([&] { return rounds.count > before; }));
  const std::lock_guard lock(echo.mutex);
  EXPECT_EQ(echo.handled_by.at("/plain"), rounds.thread.load());
  EXPECT_NE(echo.handled_by.at("/spool"), rounds.thread.load());
  EXPECT_EQ(echo.handled_by.at("/after"), echo.handled_by.at("/spool"));
  server->stop();
}

TEST_F(ServerTest, TlsOnTheSamePort) {
  const auto folder = std::filesystem::temp_directory_path() / ("net_tls_" + std::to_string(getpid()));
  auto authority = net::Authority::open(folder.string());
  ASSERT_TRUE(authority.has_value()) << authority.error();
  auto identity = authority->issue({"localhost", "127.0.0.1", "*.example.com"});
  ASSERT_TRUE(identity.has_value()) << identity.error();
  EXPECT_EQ(net::Authority::open(folder.string())->certificate_pem(), authority->certificate_pem());
  start({.tls = *identity});

  EXPECT_EQ(client().send({.target = "/plain"})->body, "GET /plain ");
  const auto url = net::parse_url("https://127.0.0.1:" + std::to_string(server->port()));
  net::Client trusting(*url, {.ca_file = (folder / "ca.pem").string()});
  for (int i = 0; i < 3; ++i) {
    const auto response = trusting.send({.method = "PUT", .target = "/spool", .body = std::string(500'000, 'x')});
    ASSERT_TRUE(response.has_value()) << response.error();
    EXPECT_EQ(response->body, "500000");
    EXPECT_EQ(response->headers.get("x-tls"), "yes");
  }
  EXPECT_EQ(trusting.send({.target = "/later"})->body, "late");
  net::Client stranger(*url);
  EXPECT_FALSE(stranger.send({.target = "/"}).has_value());
  std::filesystem::remove_all(folder);
}
