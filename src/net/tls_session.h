#pragma once

// Internal to the server: TLS over a non-blocking socket.

#include <cstddef>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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
  // With an authority, a client that asks for a name gets a certificate for it, issued when it is first asked for.
  static std::expected<std::unique_ptr<TlsContext>, std::string> make(const TlsIdentity& identity,
                                                                      const std::optional<Authority>& authority = {});
  ~TlsContext();

 private:
  friend class TlsSession;
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  // Uses the certificate for the name that the session's client asks for; any thread.
  void choose(ssl_st* session);

  ssl_ctx_st* context_;
  std::optional<Authority> authority_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<TlsContext>, std::less<>> issued_;  // by name
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
