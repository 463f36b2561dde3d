#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/value.h"
#include "linux/process.h"

namespace docker {

using linux_runtime::error;
using linux_runtime::Error;
using linux_runtime::Result;

inline constexpr const char* kDefaultSocket = "/var/run/docker.sock";

struct Answer {
  int status = 0;
  base::Value json;  // null when the body is none
  std::string text;  // the body

  bool good() const { return status / 100 == 2 || status == 304; }
  // What Docker says went wrong.
  std::string message() const;
};

// The Docker Engine API at a unix socket, one request at a time on a connection of its own. Blocks; from any thread.
class Engine {
 public:
  explicit Engine(std::string socket) : socket_(std::move(socket)) {}

  // Finds out which version of the API to speak: the oldest that has what is needed here and that this engine still
  // knows. Once, before anything else. The error says why there is no Docker.
  Result<void> open();

  // An error is of the connection; what Docker refuses is an answer.
  Result<Answer> get(const std::string& path) const { return send("GET", path, nullptr); }
  Result<Answer> post(const std::string& path, const base::Value& body) const { return send("POST", path, &body); }
  Result<Answer> post(const std::string& path) const { return send("POST", path, nullptr); }
  Result<Answer> remove(const std::string& path) const { return send("DELETE", path, nullptr); }
  Result<Answer> put_tar(const std::string& path, std::string tar) const;
  Result<Answer> post_tar_file(const std::string& path, const std::string& file) const;
  Result<Answer> post_as(const std::string& path, const std::string& registry_auth) const;

  // For a connection that stays open: the bytes of a request.
  std::string request(const std::string& method, const std::string& path, const std::string& body = "") const;

  const std::string& socket() const { return socket_; }
  const std::string& version() const { return version_; }  // of the API: "1.41"
  const std::string& name() const { return name_; }        // of the engine: "20.10.24"

 private:
  Result<Answer> send(const std::string& method, const std::string& path, const base::Value* body) const;

  std::string socket_;
  std::string version_;
  std::string name_;
};

// Fails with Docker's message unless the answer is good.
Result<Answer> good(Result<Answer> answer);
// For a query: percent-encoded.
std::string escape(std::string_view text);
// Members of members; nullptr when one of them is missing.
const base::Value* find(const base::Value& in, std::initializer_list<std::string_view> path);
std::string text_at(const base::Value& in, std::initializer_list<std::string_view> path);
std::int64_t number_at(const base::Value& in, std::initializer_list<std::string_view> path);

}  // namespace docker
