#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "net/url.h"

struct ssl_st;
struct ssl_ctx_st;

namespace bench {

// TLS settings shared by all connections: the system's authorities (SSL_CERT_FILE counts).
class TlsContext {
 public:
  TlsContext();
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* get() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

// A connection that never blocks once it is open. Errors are texts for people.
class Socket {
 public:
  Socket() = default;  // closed
  // Blocks until it is connected (and greeted, with TLS).
  static std::expected<Socket, std::string> connect(const net::Url& server, const TlsContext* tls);
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int descriptor() const { return descriptor_; }
  // Only assigning another one opens it again.
  void close();
  // Sends `bytes`, as much as goes at once; flush() goes on with the rest. `bytes` must live until done.
  std::expected<void, std::string> send(std::string_view bytes);
  std::expected<void, std::string> flush();
  bool sending() const { return !rest_.empty(); }
  // Appends what is there; false: nothing was there.
  std::expected<bool, std::string> receive(std::string& into);

 private:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
  ssl_st* tls_ = nullptr;
  std::string_view rest_;
};

}  // namespace bench
