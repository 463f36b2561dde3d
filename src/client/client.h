#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/shape.h"
#include "client/credentials.h"
#include "wire/protocol.h"

// A small typed client for any AWS endpoint, made from the same tables that the server is: requests are encoded,
// signed (SigV4), sent, and answers decoded. Blocking, one connection at a time; no retries of its own.
namespace client {

struct Reply {
  int status = 0;
  wire::HeaderMap headers;
  std::string body;
};

// Sends one request to the endpoint. An error is a text for people: what failed, and where.
using Transport = std::function<std::expected<Reply, std::string>(const wire::HttpCall& call)>;

struct Error {
  std::string code;  // AWS's error code; "" when no answer came at all
  std::string message;
  int status = 0;
  std::string to_text() const { return code.empty() ? message : code + ": " + message; }
};

struct Options {
  std::string endpoint;  // http://host:port
  std::string region = "us-east-1";
  std::chrono::seconds timeout{60};
  std::function<std::int64_t()> unix_seconds;  // unset: the machine's clock
};

class Client {
 public:
  // With no transport given, HTTP over a kept connection to options.endpoint.
  Client(Options options, CredentialsProvider credentials, Transport transport = {});

  // Runs one operation. Thread-safe only if the transport is.
  std::expected<api::Object, Error> call(const api::Operation& operation, const api::Object& input);

  template <class Op>
  std::expected<typename Op::Output, Error> call(typename Op::Input input) {
    auto answer = call(Op::operation(), api::Object::of(std::move(input)));
    if (!answer) return std::unexpected(std::move(answer).error());
    return std::move(answer->template as<typename Op::Output>());
  }

  // Puts bytes into a bucket of the endpoint's S3: streaming members are outside the tables.
  std::expected<void, Error> put_object(const std::string& bucket, const std::string& key, std::string body);
  // A plain GET of one of renkei's own pages, unsigned.
  std::expected<std::string, Error> get(const std::string& target);

  const Options& options() const { return options_; }

 private:
  std::expected<Reply, Error> send_signed(std::string_view signing_name, wire::HttpCall call);

  Options options_;
  CredentialsProvider credentials_;
  Transport transport_;
};

}  // namespace client
