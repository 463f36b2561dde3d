#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/credentials.h"
#include "net/url.h"
#include "wire/sigv4.h"

namespace bench {

// Makes the bytes of signed SQS requests (awsJson 1.0), cheaply: the load shares the machine with the server. The
// signing key is derived once a day, everything that is the same in each request once.
class Signer {
 public:
  Signer(net::Url endpoint, std::string region, wire::sigv4::Credentials credentials);

  // `operation` as in X-Amz-Target: "SendMessage".
  std::string request(std::string_view operation, std::string_view body, std::int64_t unix_seconds);
  const net::Url& endpoint() const { return endpoint_; }

 private:
  void turn_to(std::int64_t unix_seconds);

  const net::Url endpoint_;
  const wire::sigv4::Credentials credentials_;
  wire::sigv4::Scope scope_;
  std::optional<wire::sigv4::SigningKey> key_;
  std::int64_t second_ = -1;
  std::string time_;
};

}  // namespace bench
