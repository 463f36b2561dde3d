#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "base/fault.h"
#include "base/time.h"
#include "gateway/route.h"
#include "gateway/session_keys.h"
#include "net/http.h"
#include "wire/sigv4.h"

namespace gateway {

// What a request claims about its signer (views into the request), or why that cannot be read.
using Claimed = std::expected<std::optional<wire::sigv4::Claim>, std::string>;
Claimed read_claim(const net::Request& request);

// `auth off` takes any key as it comes, but not one that renkei gave out and that has ended: programs must learn to
// fetch new ones here as on AWS.
base::Outcome<void> check_expiry(const SessionKeys& sessions, const Route& route, const Claimed& claimed,
                                 base::TimePoint now);

// `auth strict`: verifies every request against a table of lasting keys and the temporary ones. Thread-safe.
class Authenticator {
 public:
  // `keys`: access key id to secret. `sessions` must outlive this.
  Authenticator(const std::map<std::string, std::string>& keys, const SessionKeys& sessions)
      : keys_(keys.begin(), keys.end()), sessions_(sessions) {}

  // Before the body of an upload is read, its hash is taken as the head states it; otherwise it is computed.
  enum class Body { Unread, Here };
  base::Outcome<void> check(const net::Request& request, const Route& route, const Claimed& claimed,
                            base::TimePoint now, Body body);
  // For the signatures of an upload's chunks.
  std::optional<wire::sigv4::SigningKey> key_of(const wire::sigv4::Claim& claim);

 private:
  struct Known {
    std::string_view secret;                          // in `keys_` or `session`
    std::shared_ptr<const service::Session> session;  // nullptr for a lasting key
  };
  std::optional<Known> find(std::string_view access_key) const;

  const std::map<std::string, std::string, std::less<>> keys_;
  const SessionKeys& sessions_;
  wire::sigv4::KeyCache cache_;
};

// Access keys from a file of lines "ACCESS_KEY SECRET"; blank lines and lines with '#' are skipped.
std::expected<std::map<std::string, std::string>, std::string> read_keys(const std::string& path);

}  // namespace gateway
