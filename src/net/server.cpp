#include "net/server.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "net/connection.h"

namespace net {

Responder::~Responder() {
  if (!exchange_) return;
  Response broken;
  broken.status = 500;
  exchange_->answer(std::move(broken));
}

void Responder::send(Response response) {
  if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->answer(std::move(response));
}

void Responder::on_abandoned(std::function<void()> fn) {
  if (!exchange_) return;
  {
    const std::lock_guard lock(exchange_->mutex);
    if (exchange_->answered) return;
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

// Accepts on the first loop's thread and deals the sockets out to all loops in turn.
class AsioServer : public Server {
 public:
  AsioServer(ServerOptions options, Handler& handler) : options_(std::move(options)), handler_(handler) {}
  ~AsioServer() override { AsioServer::stop(); }

  std::expected<void, std::string> open();
  std::uint16_t port() const override { return port_; }
  std::size_t connections() const override { return count_.load(); }
  std::expected<void, std::string> adopt_listener(int descriptor) override;
  void stop() override;

 private:
  std::expected<void, std::string> prepare_tls();
  void run_loops();
  void accept(std::shared_ptr<asio::ip::tcp::acceptor> acceptor);
  void take(asio::ip::tcp::socket socket, Loop& home, const std::shared_ptr<Loop>& loop);

  const ServerOptions options_;
  Handler& handler_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> count_ = 0;
  std::optional<asio::ssl::context> tls_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::vector<std::shared_ptr<asio::ip::tcp::acceptor>> acceptors_;  // touched by the first loop only, once it runs
  std::size_t turn_ = 0;
  bool stopped_ = false;
};

std::expected<void, std::string> AsioServer::prepare_tls() {
  if (!options_.tls) return {};
  tls_.emplace(asio::ssl::context::tls_server);
  boost::system::error_code error;
  tls_->set_options(
      asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  tls_->use_certificate_chain(asio::buffer(options_.tls->certificate_pem), error);
  if (!error) tls_->use_private_key(asio::buffer(options_.tls->key_pem), asio::ssl::context::pem, error);
  if (error) return std::unexpected("cannot use the TLS certificate: " + error.message());
  return {};
}

std::expected<void, std::string> AsioServer::open() {
  if (auto ready = prepare_tls(); !ready) return ready;
  for (int i = 0; i < std::max(1, options_.threads); ++i) {
    auto loop = std::make_shared<Loop>(options_);
    loop->handler = &handler_;
    loop->tls = tls_ ? &*tls_ : nullptr;
    loop->connection_count = &count_;
    loop->start_sweeping();
    loops_.push_back(std::move(loop));
  }
  const std::string where = options_.address + ":" + std::to_string(options_.port);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) return std::unexpected("not an IP address to listen on: " + options_.address);
  const asio::ip::tcp::endpoint endpoint(address, options_.port);
  auto acceptor = std::make_shared<asio::ip::tcp::acceptor>(loops_.front()->context);
  acceptor->open(endpoint.protocol(), error);
  if (!error) acceptor->set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor->bind(endpoint, error);
  if (!error) acceptor->listen(kBacklog, error);
  if (error) return std::unexpected("cannot listen on " + where + ": " + error.message());
  port_ = acceptor->local_endpoint(error).port();
  acceptors_.push_back(acceptor);
  accept(acceptor);
  run_loops();
  return {};
}

void AsioServer::run_loops() {
  for (const auto& loop : loops_) {
    threads_.emplace_back([loop] { loop->context.run(); });
  }
}

std::expected<void, std::string> AsioServer::adopt_listener(int descriptor) {
  auto acceptor = std::make_shared<asio::ip::tcp::acceptor>(loops_.front()->context);
  boost::system::error_code error;
  acceptor->assign(asio::ip::tcp::v4(), descriptor, error);
  if (error) return std::unexpected("cannot listen on the socket handed in: " + error.message());
  asio::post(loops_.front()->context, [this, acceptor] {
    acceptors_.push_back(acceptor);
    accept(acceptor);
  });
  return {};
}

void AsioServer::accept(std::shared_ptr<asio::ip::tcp::acceptor> acceptor) {
  const std::shared_ptr<Loop> loop = loops_[turn_++ % loops_.size()];
  acceptor->async_accept(
      loop->context, [this, acceptor, loop](boost::system::error_code error, asio::ip::tcp::socket socket) {
        if (error == asio::error::operation_aborted || !acceptor->is_open()) return;
        if (!error) take(std::move(socket), *loops_.front(), loop);
        if (!error) return accept(acceptor);
        // Out of descriptors, most likely: try again, but not at once.
        auto pause = std::make_shared<asio::steady_timer>(loops_.front()->context, std::chrono::milliseconds(50));
        pause->async_wait([this, acceptor, pause](boost::system::error_code) {
          if (acceptor->is_open()) accept(acceptor);
        });
      });
}

void AsioServer::take(asio::ip::tcp::socket socket, Loop& home, const std::shared_ptr<Loop>& loop) {
  if (count_.load() >= options_.max_connections) {
    boost::system::error_code error;
    socket.non_blocking(true, error);
    socket.write_some(asio::buffer(kBusy), error);
    return;
  }
  if (loop.get() == &home) {
    std::make_shared<Connection>(loop, std::move(socket))->start();
    return;
  }
  asio::post(loop->context, [loop, socket = std::move(socket)]() mutable {
    std::make_shared<Connection>(loop, std::move(socket))->start();
  });
}

void AsioServer::stop() {
  if (std::exchange(stopped_, true)) return;
  if (threads_.empty()) return;
  asio::post(loops_.front()->context, [this] {
    boost::system::error_code error;
    for (const auto& acceptor : acceptors_) acceptor->close(error);
  });
  for (const auto& loop : loops_) asio::post(loop->context, [loop] { loop->drain(); });
  for (std::int64_t waited = 0; waited < options_.stop_grace_ms && count_.load() > 0; waited += 5) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (const auto& loop : loops_) {
    asio::post(loop->context, [loop] {
      loop->close_all();
      loop->timer.cancel();
      loop->work.reset();
    });
  }
  for (std::thread& thread : threads_) thread.join();
  acceptors_.clear();
}

}  // namespace

std::expected<std::unique_ptr<Server>, std::string> Server::start(ServerOptions options, Handler& handler) {
  auto server = std::make_unique<AsioServer>(std::move(options), handler);
  if (auto opened = server->open(); !opened) return std::unexpected(opened.error());
  return server;
}

}  // namespace net
