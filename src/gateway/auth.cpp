#include "gateway/auth.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "wire/digest.h"

namespace gateway {
namespace {

using base::FaultShape;

// Most services allow five minutes each way, S3 fifteen.
constexpr std::int64_t kSkewSeconds = 300;
constexpr std::int64_t kS3SkewSeconds = 900;
constexpr std::size_t kSha256Digits = 64;

enum class Problem : std::uint8_t {
  Missing,
  Malformed,
  MalformedQuery,
  UnknownKey,
  Mismatch,
  Skewed,
  Expired,
  WrongToken,
  ExpiredToken
};

// One refusal in the words of each family (facts: "Authentication errors by family").
struct Family {
  FaultShape json, query, ec2, s3;
};

constexpr Family kMissing{
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken", 400, true, "com.amazon.coral.service"},
    {"MissingAuthenticationToken", "MissingAuthenticationToken", 403, true},
    {"AuthFailure", "AuthFailure", 401, true},
    {"AccessDenied", "AccessDenied", 403, true}};
constexpr Family kMalformed{
    {"IncompleteSignatureException", "IncompleteSignature", 400, true, "com.amazon.coral.service"},
    {"IncompleteSignature", "IncompleteSignature", 400, true},
    {"IncompleteSignature", "IncompleteSignature", 400, true},
    {"AuthorizationHeaderMalformed", "AuthorizationHeaderMalformed", 400, true}};
constexpr FaultShape kMalformedQuery{"AuthorizationQueryParametersError", "AuthorizationQueryParametersError", 400,
                                     true};
constexpr Family kUnknownKey{
    {"UnrecognizedClientException", "InvalidClientTokenId", 400, true, "com.amazon.coral.service"},
    {"InvalidClientTokenId", "InvalidClientTokenId", 403, true},
    {"AuthFailure", "AuthFailure", 401, true},
    {"InvalidAccessKeyId", "InvalidAccessKeyId", 403, true}};
constexpr Family kMismatch{
    {"InvalidSignatureException", "SignatureDoesNotMatch", 400, true, "com.amazon.coral.service"},
    {"SignatureDoesNotMatch", "SignatureDoesNotMatch", 403, true},
    {"AuthFailure", "AuthFailure", 401, true},
    {"SignatureDoesNotMatch", "SignatureDoesNotMatch", 403, true}};
constexpr Family kSkewed{{"InvalidSignatureException", "SignatureDoesNotMatch", 400, true, "com.amazon.coral.service"},
                         {"SignatureDoesNotMatch", "SignatureDoesNotMatch", 403, true},
                         {"RequestExpired", "RequestExpired", 400, true},
                         {"RequestTimeTooSkewed", "RequestTimeTooSkewed", 403, true}};
// A session's key with another token than its own.
constexpr Family kWrongToken{
    kUnknownKey.json, kUnknownKey.query, kUnknownKey.ec2, {"InvalidToken", "InvalidToken", 400, true}};
constexpr Family kExpiredToken{{"ExpiredTokenException", "ExpiredToken", 400, true, "com.amazon.coral.service"},
                               {"ExpiredToken", "ExpiredToken", 403, true},
                               {"RequestExpired", "RequestExpired", 400, true},
                               {"ExpiredToken", "ExpiredToken", 400, true}};

const Family& family_of(Problem problem) {
  switch (problem) {
    case Problem::Missing:
      return kMissing;
    case Problem::UnknownKey:
      return kUnknownKey;
    case Problem::Mismatch:
      return kMismatch;
    case Problem::Skewed:
    case Problem::Expired:
      return kSkewed;
    case Problem::WrongToken:
      return kWrongToken;
    case Problem::ExpiredToken:
      return kExpiredToken;
    default:
      return kMalformed;
  }
}

const FaultShape& shape_of(Problem problem, const Route& route) {
  const Family& family = family_of(problem);
  switch (route.protocol) {
    case api::Protocol::RestXml:
      if (problem == Problem::MalformedQuery) return kMalformedQuery;
      return problem == Problem::Expired ? kMissing.s3 : family.s3;
    case api::Protocol::AwsQuery:
      return family.query;
    case api::Protocol::Ec2Query:
      return family.ec2;
    default:
      return family.json;
  }
}

std::string missing_text(api::Protocol protocol) {
  if (protocol == api::Protocol::RestXml) return "Access Denied";
  if (protocol == api::Protocol::Ec2Query) return "AWS was not able to validate the provided access credentials";
  return protocol == api::Protocol::AwsQuery ? "Request is missing Authentication Token"
                                             : "Missing Authentication Token";
}

std::string unknown_key_text(api::Protocol protocol) {
  if (protocol == api::Protocol::RestXml) return "The AWS Access Key Id you provided does not exist in our records.";
  if (protocol == api::Protocol::Ec2Query) return "AWS was not able to validate the provided access credentials";
  return "The security token included in the request is invalid.";
}

std::string mismatch_text(api::Protocol protocol) {
  if (protocol == api::Protocol::RestXml) {
    return "The request signature we calculated does not match the signature you provided. Check your key and signing "
           "method.";
  }
  if (protocol == api::Protocol::Ec2Query) return "AWS was not able to validate the provided access credentials";
  return "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
         "Key and signing method. Consult the service documentation for details.";
}

std::string wrong_token_text(api::Protocol protocol) {
  if (protocol == api::Protocol::RestXml) return "The provided token is malformed or otherwise invalid.";
  return unknown_key_text(protocol);
}

std::string expired_token_text(api::Protocol protocol) {
  if (protocol == api::Protocol::RestXml) return "The provided token has expired.";
  if (protocol == api::Protocol::Ec2Query) return "Request has expired.";
  return "The security token included in the request is expired";
}

base::Outcome<void> refuse(Problem problem, const Route& route, std::string text) {
  return base::fault(shape_of(problem, route), std::move(text));
}

base::Outcome<void> check_time(const wire::sigv4::Claim& claim, const Route& route, std::int64_t now) {
  const auto signed_at = wire::sigv4::parse_time(claim.time);
  if (!signed_at || claim.time.substr(0, 8) != claim.scope.date) {
    return refuse(Problem::Malformed, route,
                  "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP");
  }
  const bool s3 = route.protocol == api::Protocol::RestXml;
  const std::int64_t skew = s3 ? kS3SkewSeconds : kSkewSeconds;
  const std::int64_t lasts = claim.presigned ? claim.expires_seconds : skew;
  const auto text = [](std::int64_t at) { return wire::sigv4::format_time(at); };
  if (*signed_at + lasts < now) {
    if (s3 && claim.presigned) return refuse(Problem::Expired, route, "Request has expired");
    if (s3) {
      return refuse(Problem::Skewed, route,
                    "The difference between the request time and the current time is too large.");
    }
    return refuse(Problem::Skewed, route,
                  "Signature expired: " + std::string(claim.time) + " is now earlier than " + text(now - lasts) + " (" +
                      text(now) + " - " + std::to_string(skew / 60) + " min.)");
  }
  if (*signed_at > now + skew) {
    if (s3) {
      return refuse(Problem::Skewed, route,
                    "The difference between the request time and the current time is too large.");
    }
    return refuse(Problem::Skewed, route,
                  "Signature not yet current: " + std::string(claim.time) + " is still later than " + text(now + skew) +
                      " (" + text(now) + " + 5 min.)");
  }
  return {};
}

// What a session adds to the check of its key.
base::Outcome<void> check_session(const service::Session& session, const wire::sigv4::Claim& claim, const Route& route,
                                  base::TimePoint now) {
  if (claim.session_token.empty()) return refuse(Problem::UnknownKey, route, unknown_key_text(route.protocol));
  if (claim.session_token != session.token) {
    return refuse(Problem::WrongToken, route, wrong_token_text(route.protocol));
  }
  if (session.expires_at <= now) return refuse(Problem::ExpiredToken, route, expired_token_text(route.protocol));
  return {};
}

// What the signer says the body's digest is, or what it is.
class PayloadHash {
 public:
  PayloadHash(const net::Request& request, const Route& route, const wire::sigv4::Claim& claim) {
    if (const auto* stated = request.headers.find("x-amz-content-sha256")) {
      stated_ = *stated;
    } else if (claim.presigned && route.protocol == api::Protocol::RestXml) {
      stated_ = wire::sigv4::kUnsignedPayload;
    } else {
      computed_ = wire::sha256_digits(claim.presigned ? std::string_view() : request.body);
    }
  }
  std::string_view text() const { return computed_ ? std::string_view(*computed_) : stated_; }

 private:
  std::string_view stated_;
  std::optional<wire::Sha256Digits> computed_;
};

wire::sigv4::RequestView view_of(const net::Request& request) {
  return {request.method, request.path, request.query, request.headers};
}

}  // namespace

Claimed read_claim(const net::Request& request) {
  return wire::sigv4::parse(view_of(request));
}

base::Outcome<void> check_expiry(const SessionKeys& sessions, const Route& route, const Claimed& claimed,
                                 base::TimePoint now) {
  constexpr std::string_view kTemporary = "ASIA";  // how their keys begin; no look at the table for others
  if (!claimed || !*claimed || !(*claimed)->access_key.starts_with(kTemporary)) return {};
  const auto session = sessions.find(std::string((*claimed)->access_key));
  if (session == nullptr || session->expires_at > now) return {};
  return refuse(Problem::ExpiredToken, route, expired_token_text(route.protocol));
}

base::Outcome<void> Authenticator::check(const net::Request& request, const Route& route, const Claimed& claimed,
                                         base::TimePoint now, Body body) {
  if (!claimed) {
    const bool in_query = request.headers.find("authorization") == nullptr;
    return refuse(in_query ? Problem::MalformedQuery : Problem::Malformed, route, claimed.error());
  }
  if (!*claimed) return refuse(Problem::Missing, route, missing_text(route.protocol));
  const wire::sigv4::Claim& claim = **claimed;
  const auto known = find(claim.access_key);
  if (!known) return refuse(Problem::UnknownKey, route, unknown_key_text(route.protocol));
  if (known->session) CHECK(check_session(*known->session, claim, route, now));
  CHECK(check_time(claim, route, base::unix_seconds(now)));
  const PayloadHash payload(request, route, claim);
  const std::string_view hash = payload.text();
  const bool host_signed = claim.signs("host");
  const auto key = cache_.get(claim.access_key, known->secret, claim.scope);
  if (!host_signed || !wire::sigv4::verify(view_of(request), claim, hash, key)) {
    return refuse(Problem::Mismatch, route, mismatch_text(route.protocol));
  }
  const bool stated = request.headers.find("x-amz-content-sha256") != nullptr;
  if (body == Body::Here && stated && hash.size() == kSha256Digits && !claim.presigned &&
      hash != std::string_view(wire::sha256_digits(request.body))) {
    static constexpr FaultShape kMismatched{"XAmzContentSHA256Mismatch", "XAmzContentSHA256Mismatch", 400, true};
    return base::fault(kMismatched, "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return {};
}

std::optional<wire::sigv4::SigningKey> Authenticator::key_of(const wire::sigv4::Claim& claim) {
  const auto known = find(claim.access_key);
  if (!known) return std::nullopt;
  return cache_.get(claim.access_key, known->secret, claim.scope);
}

std::optional<Authenticator::Known> Authenticator::find(std::string_view access_key) const {
  if (const auto lasting = keys_.find(access_key); lasting != keys_.end()) return Known{lasting->second, nullptr};
  auto session = sessions_.find(std::string(access_key));
  if (session == nullptr) return std::nullopt;
  const std::string_view secret = session->secret_access_key;
  return Known{secret, std::move(session)};
}

std::expected<std::map<std::string, std::string>, std::string> read_keys(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected("cannot read the keys in " + path);
  std::map<std::string, std::string> keys;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    std::string key, secret, more;
    words >> key;
    if (key.empty() || key.front() == '#') continue;
    if (!(words >> secret) || (words >> more)) {
      return std::unexpected(path + ":" + std::to_string(number) + ": a line is \"ACCESS_KEY SECRET\"");
    }
    keys[key] = secret;
  }
  return keys;
}

}  // namespace gateway
