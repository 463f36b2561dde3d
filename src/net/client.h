#pragma once

// A small blocking HTTP/1.1 client on plain sockets, for the command line and for programs in containers: no event
// loop, links statically. One connection, kept alive between requests. Not thread-safe.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/url.h"

namespace net {

struct ClientOptions {
  int connect_timeout_ms = 5'000;
  int timeout_ms = 65'000;  // without progress; longer than SQS's longest long poll
  std::string ca_file;      // PEM; empty: the system's authorities (SSL_CERT_FILE counts)
  bool verify = true;
  std::string unix_socket;  // connect there, whatever host and port the server's URL has
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";
  Headers headers;  // Host, Content-Length and Connection are the client's business unless given here
  std::string body;
  std::string body_file;  // streamed instead of `body`; its size at the start is its Content-Length
};

class Client {
 public:
  // Only scheme, host and port of `server` matter.
  explicit Client(Url server, ClientOptions options = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // With `to`, body pieces of a 2xx answer go there (false stops the transfer) and not into Response::body. The
  // error is a text for people: what was tried and what went wrong. A kept connection that turns out to be closed
  // is opened again once.
  std::expected<Response, std::string> send(const ClientRequest& request,
                                            const std::function<bool(std::string_view)>& to = {});
  const Url& server() const { return server_; }

 private:
  struct Socket;

  std::expected<void, std::string> connect();
  std::expected<Response, std::string> exchange(const ClientRequest& request,
                                                const std::function<bool(std::string_view)>& to, bool& stale);
  std::expected<void, std::string> send_request(const ClientRequest& request);
  std::expected<Response, std::string> read_response(bool head, const std::function<bool(std::string_view)>& to,
                                                     bool& stale);

  Url server_;
  ClientOptions options_;
  std::unique_ptr<Socket> socket_;
};

}  // namespace net
