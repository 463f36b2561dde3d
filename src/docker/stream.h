#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "linux/fd.h"
#include "linux/loop.h"
#include "net/parser.h"

namespace docker {

// One answer of the engine that comes over time: logs that are followed, the end of a container that is waited for. All
// on the loop's thread. Idle it costs a descriptor.
class Stream {
 public:
  struct Told {
    std::function<void(std::string_view)> data;  // of a 2xx answer's body; must not destroy the stream
    // The status, 0 when there was no whole answer; the body so far when `data` is not set. May destroy the stream.
    std::function<void(int status, const std::string& body)> ended;
  };

  // `request`: all its bytes. Ended is told later, never from here, also when nobody answers at the socket.
  Stream(linux_runtime::Loop& loop, const std::string& socket, const std::string& request, Told told);
  ~Stream();
  Stream(const Stream&) = delete;

  // Stops reading, so that the engine has to wait.
  void pause();
  void resume();

 private:
  void on_readable();
  bool take(std::string_view bytes);  // false: the answer is whole, or makes no sense
  void finish(int status);

  linux_runtime::Loop& loop_;
  linux_runtime::Fd socket_;
  Told told_;
  bool watched_ = false;
  int status_ = 0;    // once there is a head
  std::string head_;  // until then
  std::string body_;
  bool until_close_ = false;
  std::optional<net::BodyReader> reader_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace docker
