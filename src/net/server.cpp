#include "net/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <thread>

#include "net/connection.h"
#include "net/loop.h"
#include "net/tls_session.h"

namespace net {

Responder::~Responder() {
  if (!exchange_) return;
  Response broken;
  broken.status = 500;
  Exchange::answer(std::move(exchange_), std::move(broken));
}

void Responder::send(Response response) {
  if (exchange_) Exchange::answer(std::move(exchange_), std::move(response));
}

void Responder::send(Response response, std::shared_ptr<Tunnel> tunnel) {
  if (!exchange_) return;
  exchange_->tunnel = std::move(tunnel);
  send(std::move(response));
}

void Responder::on_abandoned(std::function<void()> fn) {
  if (!exchange_ || exchange_->answered) return;
  {
    const std::lock_guard lock(exchange_->mutex);
    if (!exchange_->abandoned) {
      exchange_->on_abandoned = std::move(fn);
      return;
    }
  }
  fn();
}

namespace {

constexpr std::string_view kBusy = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
constexpr int kBacklog = 1024;

std::string system_text() {
  return std::strerror(errno);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool read_address(const std::string& text, std::uint16_t port, Address& out) {
  auto& four = reinterpret_cast<sockaddr_in&>(out.storage);
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    out.size = sizeof four;
    return true;
  }
  auto& six = reinterpret_cast<sockaddr_in6&>(out.storage);
  if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) != 1) return false;
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  out.size = sizeof six;
  return true;
}

// Accepts on the first loop's thread.
class Listener : public Watched {
 public:
  using Take = std::function<void(int)>;
  Listener(int descriptor, std::string_view name, Take take)
      : label(name),
        descriptor_(descriptor),
        spare_(::open("/dev/null", O_RDONLY | O_CLOEXEC)),
        take_(std::move(take)) {}
  ~Listener() override {
    ::close(descriptor_);
    if (spare_ >= 0) ::close(spare_);
  }

  const std::string_view label;
  int descriptor() const { return descriptor_; }
  void on_events(std::uint32_t) override {
    for (;;) {
      const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) {
        take_(accepted);
      } else if (errno == EMFILE || errno == ENFILE) {
        if (!refuse_one()) return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return;
      }
    }
  }

 private:
  // Out of descriptors: a spare one is given up for a moment, so that the client hears so instead of waiting.
  bool refuse_one() {
    if (spare_ < 0) return false;
    ::close(spare_);
    const int accepted = ::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
      ::send(accepted, kBusy.data(), kBusy.size(), MSG_NOSIGNAL);
      ::close(accepted);
    }
    spare_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    return accepted >= 0;
  }

  const int descriptor_;
  int spare_;
  const Take take_;
};

class EpollServer : public Server {
 public:
  EpollServer(ServerOptions options, Handler& handler) : options_(std::move(options)), handler_(handler) {}
  ~EpollServer() override { EpollServer::stop(); }

  std::expected<void, std::string> open();
  std::uint16_t port() const override { return port_; }
  std::size_t connections() const override { return count_.load(); }
  std::expected<void, std::string> adopt_listener(int descriptor, std::string label) override;
  void drop_listeners(const std::string& label) override;
  void wake() override {
    if (!loops_.empty()) loops_.front()->wake();
  }
  void stop() override;

 private:
  std::expected<int, std::string> listen();
  void make_loops();
  void listen_on(int descriptor, std::string_view label);
  void take(int accepted, std::string_view label);

  const ServerOptions options_;
  Handler& handler_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> count_ = 0;
  std::unique_ptr<TlsContext> tls_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::vector<std::unique_ptr<Listener>> listeners_;  // touched by the first loop only, once it runs
  std::set<std::string, std::less<>> labels_;         // requests point to them; touched by the first loop only
  std::size_t turn_ = 0;
  bool stopped_ = false;
};

void EpollServer::make_loops() {
  for (int i = 0; i < std::max(1, options_.threads); ++i) {
    auto loop = std::make_shared<Loop>(options_);
    loop->handler = &handler_;
    loop->tls = tls_.get();
    loop->connection_count = &count_;
    loops_.push_back(std::move(loop));
  }
  if (options_.companion == nullptr) return;
  loops_.front()->companion = options_.companion;
  if (loops_.size() > 1) loops_.front()->bulk = loops_[1];
}

std::expected<int, std::string> EpollServer::listen() {
  const std::string where = options_.address + ":" + std::to_string(options_.port);
  Address address;
  if (!read_address(options_.address, options_.port, address)) {
    return std::unexpected("not an IP address to listen on: " + options_.address);
  }
  const int descriptor = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::unexpected("cannot listen on " + where + ": " + system_text());
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  auto* const name = reinterpret_cast<sockaddr*>(&address.storage);
  if (::bind(descriptor, name, address.size) != 0 || ::listen(descriptor, kBacklog) != 0 ||
      ::getsockname(descriptor, name, &address.size) != 0) {
    auto failure = "cannot listen on " + where + ": " + system_text();
    ::close(descriptor);
    return std::unexpected(std::move(failure));
  }
  const bool six = address.storage.ss_family == AF_INET6;
  port_ = ntohs(six ? reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port
                    : reinterpret_cast<sockaddr_in&>(address.storage).sin_port);
  return descriptor;
}

std::expected<void, std::string> EpollServer::open() {
  if (options_.tls) {
    auto made = TlsContext::make(*options_.tls, options_.authority);
    if (!made) return std::unexpected(made.error());
    tls_ = std::move(*made);
  }
  auto descriptor = listen();
  if (!descriptor) return std::unexpected(descriptor.error());
  make_loops();
  listen_on(*descriptor, {});
  for (const auto& loop : loops_) {
    threads_.emplace_back([loop] { loop->run(); });
  }
  return {};
}

void EpollServer::listen_on(int descriptor, std::string_view label) {
  auto listener = std::make_unique<Listener>(descriptor, label, [this, label](int accepted) { take(accepted, label); });
  loops_.front()->watch(descriptor, *listener);
  listeners_.push_back(std::move(listener));
}

std::expected<void, std::string> EpollServer::adopt_listener(int descriptor, std::string label) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  int listens = 0;
  socklen_t size = sizeof listens;
  if (flags < 0 || ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
      ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0) {
    return std::unexpected("cannot listen on the socket handed in: it is no listening socket");
  }
  loops_.front()->post(
      [this, descriptor, label = std::move(label)] { listen_on(descriptor, *labels_.insert(label).first); });
  return {};
}

void EpollServer::drop_listeners(const std::string& label) {
  loops_.front()->post([this, label] {
    std::erase_if(listeners_, [&](const auto& listener) {
      if (label.empty() || listener->label != label) return false;
      loops_.front()->forget(listener->descriptor());
      return true;
    });
    for (const auto& loop : loops_) loop->post([loop, label] { loop->close_those_from(label); });
  });
}

void EpollServer::take(int accepted, std::string_view label) {
  if (count_.load() >= options_.max_connections) {
    ::send(accepted, kBusy.data(), kBusy.size(), MSG_NOSIGNAL);
    ::close(accepted);
    return;
  }
  // With a companion it all starts where the companion is.
  const std::shared_ptr<Loop> loop = loops_[options_.companion != nullptr ? 0 : turn_++ % loops_.size()];
  if (loop->is_here()) {
    Connection::start(std::make_unique<Connection>(loop, accepted, label));
    return;
  }
  auto connection = std::make_unique<Connection>(loop, accepted, label);
  loop->post([connection = std::move(connection)]() mutable { Connection::start(std::move(connection)); });
}

void EpollServer::stop() {
  if (std::exchange(stopped_, true)) return;
  if (threads_.empty()) return;
  loops_.front()->post([this] {
    for (const auto& listener : listeners_) loops_.front()->forget(listener->descriptor());
    listeners_.clear();
  });
  for (const auto& loop : loops_) loop->post([loop] { loop->drain(); });
  for (std::int64_t waited = 0; waited < options_.stop_grace_ms && count_.load() > 0; waited += 5) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (const auto& loop : loops_) {
    loop->post([loop] {
      loop->close_all();
      loop->stop();
    });
  }
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace

std::expected<std::unique_ptr<Server>, std::string> Server::start(ServerOptions options, Handler& handler) {
  auto server = std::make_unique<EpollServer>(std::move(options), handler);
  if (auto opened = server->open(); !opened) return std::unexpected(opened.error());
  return server;
}

}  // namespace net
