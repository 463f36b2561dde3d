#include "linux/network/resolver.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>

#include "linux/network/dns.h"

namespace linux_runtime {
namespace {

constexpr std::size_t kPassedMax = 1024;  // queries on their way outside; more are refused at once
constexpr std::size_t kClientsMax = 256;
constexpr std::chrono::milliseconds kServerPatience{2'000};  // then the next name server is asked
constexpr std::chrono::milliseconds kClientPatience{10'000};
constexpr int kDatagramsInARow = 64;  // then others have their turn
constexpr std::uint16_t kDnsPort = 53;

const sockaddr* plain(const sockaddr_in& name) {
  return reinterpret_cast<const sockaddr*>(&name);
}

std::string failure(const std::string& query) {
  return dns::refuse(query, dns::read_query(query), dns::Code::ServerFailure);
}

bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool read_all(int socket, char* to, std::size_t size) {
  for (std::size_t have = 0; have < size;) {
    const ssize_t got = recv(socket, to + have, size - have, 0);
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

std::string with_length(const std::string& message) {
  const std::size_t size = message.size();
  return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xFF)} + message;
}

// Blocks. "" when no server answers.
std::string ask_by_stream(const std::vector<sockaddr_in>& servers, const std::string& query) {
  for (const sockaddr_in& server : servers) {
    const Fd upstream(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = kServerPatience.count() / 1'000, .tv_usec = 0};
    setsockopt(upstream.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(upstream.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    unsigned char length[2];
    if (connect(upstream.get(), plain(server), sizeof server) != 0 || !write_all(upstream.get(), with_length(query)) ||
        !read_all(upstream.get(), reinterpret_cast<char*>(length), sizeof length)) {
      continue;
    }
    std::string out(static_cast<std::size_t>(length[0] << 8 | length[1]), '\0');
    if (read_all(upstream.get(), out.data(), out.size())) return out;
  }
  return "";
}

}  // namespace

std::vector<sockaddr_in> machine_name_servers() {
  std::vector<sockaddr_in> out;
  std::ifstream file("/etc/resolv.conf");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key, address;
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(kDnsPort);
    if (words >> key >> address && key == "nameserver" && inet_pton(AF_INET, address.c_str(), &server.sin_addr) == 1) {
      out.push_back(server);
    }
  }
  return out;
}

Resolver::Resolver(Loop& loop, Servers servers) : loop_(loop), servers_(std::move(servers)), worker_(1) {}

Resolver::~Resolver() = default;

void Resolver::open(const std::string& network, Sockets sockets) {
  close(network);
  Place& place = places_[network];
  place.sockets = std::move(sockets);
  for (const Fd& one : place.sockets.datagrams) {
    loop_.watch(one.get(), [this, network, socket = one.get()] { read_datagrams(network, socket); });
  }
  const int stream = place.sockets.stream.get();
  if (stream >= 0) loop_.watch(stream, [this, network, stream] { accept_clients(network, stream); });
}

void Resolver::change(const std::shared_ptr<const runtime::Network>& network) {
  const auto at = places_.find(network->id);
  if (at != places_.end()) at->second.network = network;
}

void Resolver::close(const std::string& network) {
  const auto at = places_.find(network);
  if (at == places_.end()) return;
  for (const Fd& one : at->second.sockets.datagrams) loop_.unwatch(one.get());
  if (at->second.sockets.stream) loop_.unwatch(at->second.sockets.stream.get());
  std::vector<int> ended;
  for (const auto& [socket, client] : clients_) {
    if (client.network == network) ended.push_back(socket);
  }
  for (const int socket : ended) close_client(socket);
  ended.clear();
  for (const auto& [upstream, passed] : passed_) {
    if (passed.network == network) ended.push_back(upstream);
  }
  for (const int upstream : ended) finish(upstream, "");
  places_.erase(at);
}

std::string Resolver::answer_here(const Place& place, const std::string& query) {
  const auto question = dns::read_query(query);
  if (!question) return dns::refuse(query, question, dns::Code::NotImplemented);
  if (!place.network) return dns::refuse(query, question, dns::Code::ServerFailure);
  const auto found = dns::look_up(*place.network, *question);
  return found ? dns::answer(query, *question, *found, turn_++) : "";
}

void Resolver::read_datagrams(const std::string& network, int socket) {
  std::string buffer(dns::kMessageBytesMax, '\0');
  for (int i = 0; i < kDatagramsInARow; ++i) {
    sockaddr_in client{};
    socklen_t size = sizeof client;
    const ssize_t got =
        recvfrom(socket, buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&client), &size);
    if (got < 0) return;
    on_datagram(network, socket, client, buffer.substr(0, static_cast<std::size_t>(got)));
  }
}

void Resolver::on_datagram(const std::string& network, int socket, const sockaddr_in& client,
                           const std::string& query) {
  const auto place = places_.find(network);
  if (place == places_.end() || !dns::is_query(query)) return;
  std::string answer = answer_here(place->second, query);
  if (answer.empty() && passed_.size() >= kPassedMax) answer = failure(query);
  if (!answer.empty()) {
    sendto(socket, answer.data(), answer.size(), MSG_DONTWAIT, plain(client), sizeof client);
    return;
  }
  start_passing({.network = network, .socket = socket, .client = client, .query = query, .servers = servers_()});
}

void Resolver::start_passing(Passed passed) {
  passed.upstream = Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int upstream = passed.upstream.get();
  if (upstream < 0) return;  // the client asks again
  passed_.emplace(upstream, std::move(passed));
  loop_.watch(upstream, [this, upstream] { on_upstream(upstream); });
  ask_next(upstream);
}

void Resolver::ask_next(int upstream) {
  Passed& passed = passed_.at(upstream);
  if (passed.servers.empty()) return finish(upstream, failure(passed.query));
  const sockaddr_in server = passed.servers.front();
  passed.servers.erase(passed.servers.begin());
  // Connected: answers of anybody else are not received.
  if (connect(upstream, plain(server), sizeof server) == 0) {
    (void)send(upstream, passed.query.data(), passed.query.size(), 0);
  }
  passed.timeout = loop_.after(kServerPatience, [this, upstream] { ask_next(upstream); });
}

void Resolver::on_upstream(int upstream) {
  Passed& passed = passed_.at(upstream);
  std::string buffer(dns::kMessageBytesMax, '\0');
  const ssize_t got = recv(upstream, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) {  // nobody listens there
    if (errno == EAGAIN) return;
    loop_.cancel(passed.timeout);
    return ask_next(upstream);
  }
  buffer.resize(static_cast<std::size_t>(got));
  if (buffer.size() < 2 || dns::id_of(buffer) != dns::id_of(passed.query)) return;
  finish(upstream, buffer);
}

void Resolver::finish(int upstream, const std::string& answer) {
  const auto at = passed_.find(upstream);
  const Passed& passed = at->second;
  if (!answer.empty()) {
    sendto(passed.socket, answer.data(), answer.size(), MSG_DONTWAIT, plain(passed.client), sizeof passed.client);
  }
  loop_.cancel(passed.timeout);
  loop_.unwatch(upstream);
  passed_.erase(at);
}

void Resolver::accept_clients(const std::string& network, int socket) {
  for (;;) {
    Fd made(accept4(socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!made) return;
    if (clients_.size() >= kClientsMax) continue;
    const int number = made.get();
    Client& client = clients_[number];
    client.socket = std::move(made);
    client.network = network;
    client.timeout = loop_.after(kClientPatience, [this, number] { close_client(number); });
    loop_.watch(number, [this, number] { read_client(number); });
  }
}

void Resolver::read_client(int socket) {
  Client& client = clients_.at(socket);
  char buffer[4096];
  const ssize_t got = recv(socket, buffer, sizeof buffer, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0 || client.in.size() > dns::kMessageBytesMax) return close_client(socket);
  client.in.append(buffer, static_cast<std::size_t>(got));
  serve_client(socket);
}

// Answers the queries that are there, one after another.
void Resolver::serve_client(int socket) {
  for (;;) {
    const auto at = clients_.find(socket);
    if (at == clients_.end()) return;
    Client& client = at->second;
    if (client.waits || client.in.size() < 2) return;
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(client.in[i])); };
    const std::size_t size = byte(0) << 8 | byte(1);
    if (client.in.size() < 2 + size) return;
    const std::string query = client.in.substr(2, size);
    client.in.erase(0, 2 + size);
    const auto place = places_.find(client.network);
    if (place == places_.end() || !dns::is_query(query)) return close_client(socket);
    const std::string answer = answer_here(place->second, query);
    if (!answer.empty()) {
      send_to_client(socket, answer);
      continue;
    }
    client.waits = true;
    worker_.run([this, alive = std::weak_ptr<bool>(alive_), socket, timer = client.timeout.second, query,
                 servers = servers_()] {
      std::string found = ask_by_stream(servers, query);
      if (found.empty()) found = failure(query);
      loop_.post([this, alive, socket, timer, found] {
        if (alive.expired()) return;
        const auto still = clients_.find(socket);
        if (still == clients_.end() || still->second.timeout.second != timer) return;  // another one by now
        still->second.waits = false;
        send_to_client(socket, found);
        serve_client(socket);
      });
    });
  }
}

void Resolver::send_to_client(int socket, const std::string& answer) {
  // An answer fits a socket's buffer; a client that does not read what it asked for is not waited for.
  if (!write_all(socket, with_length(answer))) close_client(socket);
}

void Resolver::close_client(int socket) {
  const auto at = clients_.find(socket);
  if (at == clients_.end()) return;
  loop_.cancel(at->second.timeout);
  loop_.unwatch(socket);
  clients_.erase(at);
}

}  // namespace linux_runtime
