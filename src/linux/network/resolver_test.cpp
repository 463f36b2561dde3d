#include "linux/network/resolver.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <optional>

#include "linux/network/dns.h"

// All on 127.0.0.1: sockets handed in are as good as those of a network's namespace.
namespace linux_runtime {
namespace {

sockaddr_in local(int port = 0) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

Fd bound(int type) {
  Fd out(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const sockaddr_in name = local();
  EXPECT_EQ(bind(out.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  if (type == SOCK_STREAM) listen(out.get(), 4);
  return out;
}

sockaddr_in name_of(const Fd& socket) {
  sockaddr_in out{};
  socklen_t size = sizeof out;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&out), &size);
  return out;
}

std::string query(const std::string& name, char id) {
  std::string out{0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    out += static_cast<char>(end - at);
    out += name.substr(at, end - at);
    at = end + 1;
  }
  return out + std::string{0, 0, 1, 0, 1};
}

std::string receive(int socket, int patience_ms = 5'000) {
  pollfd wait{.fd = socket, .events = POLLIN};
  if (poll(&wait, 1, patience_ms) != 1) return "";
  char buffer[4096];
  const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
  return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : "";
}

class ResolverTest : public testing::Test {
 protected:
  void SetUp() override {
    for (Fd* one : {&silent, &upstream}) *one = bound(SOCK_DGRAM);
    upstream_stream = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in same = name_of(upstream);
    ASSERT_EQ(bind(upstream_stream.get(), reinterpret_cast<const sockaddr*>(&same), sizeof same), 0);
    ASSERT_EQ(listen(upstream_stream.get(), 4), 0);
    servers = {name_of(upstream)};
    Resolver::Sockets sockets;
    sockets.datagrams.push_back(bound(SOCK_DGRAM));
    sockets.stream = bound(SOCK_STREAM);
    fcntl(sockets.stream.get(), F_SETFL, O_NONBLOCK);
    datagram_name = name_of(sockets.datagrams[0]);
    stream_name = name_of(sockets.stream);
    auto network = std::make_shared<runtime::Network>();
    network->id = "vpc-1";
    network->cidr = "10.0.0.0/16";
    network->names["sqs.eu-west-1.amazonaws.com"] = {"10.0.1.9"};
    resolver.emplace(loop, [this] { return servers; });
    loop.post([this, network, sockets = std::move(sockets)]() mutable {
      resolver->open("vpc-1", std::move(sockets));
      resolver->change(network);
    });
    loop.start();
    client = Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(client.get(), reinterpret_cast<const sockaddr*>(&datagram_name), sizeof datagram_name), 0);
  }
  void TearDown() override { loop.stop(); }

  void ask(const std::string& message) { ASSERT_GT(send(client.get(), message.data(), message.size(), 0), 0); }

  // As a name server: takes a query and gives it back as an answer.
  std::string answer_upstream() {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    char buffer[4096];
    const ssize_t got = recvfrom(upstream.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    std::string out(buffer, static_cast<std::size_t>(got));
    out[2] = static_cast<char>(out[2] | 0x80);
    out += "answer";
    sendto(upstream.get(), out.data(), out.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    return out;
  }

  // Between turns of the loop, which reads them.
  void serve_by(std::vector<sockaddr_in> wanted) {
    loop.post([this, wanted = std::move(wanted)]() mutable { servers = std::move(wanted); });
  }

  Loop loop;
  Fd silent, upstream, upstream_stream, client;
  std::vector<sockaddr_in> servers;
  sockaddr_in datagram_name{}, stream_name{};
  std::optional<Resolver> resolver;
};

TEST_F(ResolverTest, AnswersWhatTheNetworkKnows) {
  const std::string asked = query("sqs.eu-west-1.amazonaws.com", 7);
  ask(asked);
  const std::string answer = receive(client.get());
  ASSERT_GT(answer.size(), asked.size());
  EXPECT_EQ(dns::id_of(answer), 7);
  EXPECT_EQ(answer.substr(answer.size() - 4), std::string({10, 0, 1, 9}));
}

TEST_F(ResolverTest, PassesOtherNamesOn) {
  ask(query("example.org", 1));
  const std::string given = answer_upstream();
  EXPECT_EQ(receive(client.get()), given);
}

TEST_F(ResolverTest, AsksTheNextServerThenGivesUp) {
  serve_by({name_of(silent), name_of(upstream)});
  ask(query("example.org", 1));
  const std::string given = answer_upstream();  // after the first one's patience
  EXPECT_EQ(receive(client.get()), given);
  serve_by({});
  ask(query("example.com", 2));
  const std::string refused = receive(client.get());
  ASSERT_GE(refused.size(), 12u);
  EXPECT_EQ(refused[3] & 15, static_cast<int>(dns::Code::ServerFailure));
}

TEST_F(ResolverTest, DropsWhatIsNoQuery) {
  ask("nonsense");
  std::string response = query("example.org", 1);
  response[2] = static_cast<char>(0x80);
  ask(response);
  ask(query("sqs.eu-west-1.amazonaws.com", 9));
  EXPECT_EQ(dns::id_of(receive(client.get())), 9);
}

TEST_F(ResolverTest, SpeaksOverAStream) {
  const Fd stream(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(stream.get(), reinterpret_cast<const sockaddr*>(&stream_name), sizeof stream_name), 0);
  const std::string here = query("sqs.eu-west-1.amazonaws.com", 3);
  const std::string there = query("example.org", 4);
  const auto framed = [](const std::string& message) {
    return std::string{0, static_cast<char>(message.size())} + message;
  };
  const std::string both = framed(here) + framed(there);
  ASSERT_EQ(send(stream.get(), both.data(), 10, 0), 10);  // in pieces
  ASSERT_GT(send(stream.get(), both.data() + 10, both.size() - 10, 0), 0);
  const std::string first = receive(stream.get());
  ASSERT_GT(first.size(), 4u);
  EXPECT_EQ(first[3], 3);
  const Fd server(accept(upstream_stream.get(), nullptr, nullptr));
  const std::string passed = receive(server.get());
  EXPECT_EQ(passed, framed(there));
  ASSERT_GT(send(server.get(), passed.data(), passed.size(), 0), 0);
  EXPECT_EQ(receive(stream.get()), passed);
}

}  // namespace
}  // namespace linux_runtime
