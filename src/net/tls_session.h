#pragma once

// Internal to the server: TLS over a non-blocking socket.

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls.h"

struct ssl_st;
struct ssl_ctx_st;

namespace net {

// How a step on a non-blocking socket ended.
enum class Io : std::uint8_t {
  Done,
  Again,  // nothing now; the socket will say when
  Ended,  // the peer sends no more
  Failed
};

class TlsContext {
 public:
  static std::expected<std::unique_ptr<TlsContext>, std::string> make(const TlsIdentity& identity);
  ~TlsContext();

 private:
  friend class TlsSession;
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

class TlsSession {
 public:
  TlsSession(const TlsContext& context, int descriptor);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Io handshake();
  Io read(char* to, std::size_t size, std::size_t& got);
  Io write(std::string_view bytes, std::size_t& sent);

 private:
  Io outcome_of(int result) const;
  ssl_st* session_;
};

}  // namespace net
