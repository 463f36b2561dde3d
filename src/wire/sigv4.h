#pragma once

// AWS Signature Version 4: what a request claims (parse), whether it is true (verify), and signing for our own
// client. Works on the request as it came in; knows no connection and no service beyond S3's path rule.

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "wire/digest.h"

namespace wire::sigv4 {

using Header = std::pair<std::string, std::string>;
using HeaderView = std::pair<std::string_view, std::string_view>;

// Borrowed: what it points to must outlive the call.
struct RequestView {
  std::string_view method;
  std::string_view path;                // as sent, percent-encoded
  std::string_view query;               // as sent, without '?'
  std::span<const HeaderView> headers;  // names in lower case
};

struct Scope {
  std::string date;  // yyyymmdd
  std::string region;
  std::string service;

  std::string text() const { return date + "/" + region + "/" + service + "/aws4_request"; }
};

// What the request says about itself: views into the request, or into `decoded`.
struct Claim {
  std::string_view access_key;
  Scope scope;
  std::string_view signed_headers;  // "host;x-amz-date"
  std::string_view signature;       // 64 hex digits
  std::string_view time;            // 20130524T000000Z
  bool presigned = false;
  std::int64_t expires_seconds = 0;  // presigned only
  std::string_view session_token;
  std::shared_ptr<const void> decoded;

  bool signs(std::string_view header) const;
};

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kStreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
inline constexpr std::string_view kStreamingSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view kStreamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::int64_t kLongestPresign = 604'800;  // seconds

// Nothing: the request is not signed. An error is AWS's text for a malformed Authorization header or query.
std::expected<std::optional<Claim>, std::string> parse(const RequestView& request);

// Seconds since the epoch of "20130524T000000Z"; nothing when it is not such a time.
std::optional<std::int64_t> parse_time(std::string_view time);
std::string format_time(std::int64_t unix_seconds);

// A signing key with both HMAC blocks already hashed, so that a signature costs two short digests.
class SigningKey {
 public:
  SigningKey(std::string_view secret, const Scope& scope);
  Sha256Digits sign(std::string_view text) const;

 private:
  struct Midstate;
  std::shared_ptr<const Midstate> midstate_;
};

// Derived keys by (access key, scope). Bounded: forgets everything when full. Thread-safe.
class KeyCache {
 public:
  SigningKey get(std::string_view access_key, std::string_view secret, const Scope& scope);

 private:
  static constexpr std::size_t kMaximum = 1024;
  // Access key, date, region, service.
  using Name = std::tuple<std::string, std::string, std::string, std::string>;
  using NameView = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>;
  struct Less {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return NameView(a) < NameView(b); }
  };
  std::mutex mutex_;
  std::map<Name, std::pair<std::string, SigningKey>, Less> keys_;  // to (secret, key)
  decltype(keys_)::iterator last_ = keys_.end();                   // what was asked for before: mostly the same again
};

// `signed_headers` as in Claim.
std::string canonical_request(const RequestView& request, std::string_view signed_headers, std::string_view service,
                              bool presigned, std::string_view payload_hash);
// `payload_hash`: what X-Amz-Content-SHA256 says or, without it, the SHA-256 of the body; the caller compares it
// with the body where it is a digest. Compares in constant time.
bool verify(const RequestView& request, const Claim& claim, std::string_view payload_hash, const SigningKey& key);

struct Credentials {
  std::string access_key;
  std::string secret;
  std::string session_token;
};

// Adds x-amz-date, x-amz-content-sha256 (S3 only), x-amz-security-token and authorization to `headers`, which must
// hold `host` already. Every header present is signed.
void sign(const Credentials& credentials, const Scope& scope, std::int64_t unix_seconds, std::string_view method,
          std::string_view path, std::string_view query, std::vector<Header>& headers, std::string_view payload_hash);
// The query string of a presigned URL; signs `host` alone.
std::string presign(const Credentials& credentials, const Scope& scope, std::int64_t unix_seconds,
                    std::string_view method, std::string_view host, std::string_view path, std::string_view query,
                    std::int64_t expires_seconds);

}  // namespace wire::sigv4
