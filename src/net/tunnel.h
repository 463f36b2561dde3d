#pragma once

// What a connection becomes after an answer of 101: bytes both ways, until one side ends it.

#include <memory>
#include <string>
#include <string_view>

namespace net {

// The way to the client. Any thread; after the end calls do nothing.
class TunnelLine {
 public:
  virtual ~TunnelLine() = default;
  virtual void send(std::string bytes) = 0;
  virtual void close() = 0;  // once everything is sent
};

// Called on the connection's I/O thread; must not block.
class Tunnel {
 public:
  virtual ~Tunnel() = default;
  virtual void opened(std::shared_ptr<TunnelLine> line) = 0;
  virtual void received(std::string_view bytes) = 0;
  virtual void closed() = 0;  // the last call
};

}  // namespace net
