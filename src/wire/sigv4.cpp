#define OPENSSL_SUPPRESS_DEPRECATED
#include "wire/sigv4.h"

#include <openssl/sha.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "wire/digest.h"
#include "wire/percent.h"

namespace wire::sigv4 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kBlock = 64;            // of SHA-256
constexpr std::size_t kKeptText = 16 * 1024;  // of a thread, between two requests

const std::string_view* find(std::span<const HeaderView> headers, std::string_view name) {
  for (const HeaderView& header : headers) {
    if (header.first == name) return &header.second;
  }
  return nullptr;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

// Takes the part after the last '/' off the end of `text`.
std::string_view take_last(std::string_view& text) {
  const std::size_t slash = text.rfind('/');
  const std::string_view last = text.substr(slash == std::string_view::npos ? 0 : slash + 1);
  text = text.substr(0, slash == std::string_view::npos ? 0 : slash);
  return last;
}

// AKID/yyyymmdd/region/service/aws4_request. Access keys may hold a slash, so it is read from the right.
bool read_credential(std::string_view text, Claim& claim) {
  if (std::ranges::count(text, '/') < 4 || take_last(text) != "aws4_request") return false;
  claim.scope.service = take_last(text);
  claim.scope.region = take_last(text);
  claim.scope.date = take_last(text);
  claim.access_key = text;
  return !claim.access_key.empty();
}

using Parsed = std::expected<std::optional<Claim>, std::string>;

std::string missing_parts(const Claim& claim, bool has_credential, std::string_view value) {
  std::string text;
  if (!has_credential) text += "Authorization header requires 'Credential' parameter. ";
  if (claim.signature.empty()) text += "Authorization header requires 'Signature' parameter. ";
  if (claim.signed_headers.empty()) text += "Authorization header requires 'SignedHeaders' parameter. ";
  if (claim.time.empty()) {
    text += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  }
  if (!text.empty()) text += "Authorization=" + std::string(value);
  return text;
}

Parsed parse_header(const RequestView& request, std::string_view value) {
  Claim claim;
  bool has_credential = false;
  std::string_view list = trim(value.substr(std::min(value.size(), kAlgorithm.size())));
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view part = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return std::unexpected("'" + std::string(part) +
                             "' not a valid key=value pair (missing equal-sign) in Authorization header: '" +
                             std::string(value) + "'.");
    }
    const std::string_view key = part.substr(0, equals);
    const std::string_view text = part.substr(equals + 1);
    if (key == "Credential") {
      has_credential = true;
      if (!read_credential(text, claim)) {
        return std::unexpected(
            "Credential must have at least 5 slash-delimited elements, e.g. "
            "keyid/date/region/service/term, got '" +
            std::string(text) + "'");
      }
    } else if (key == "SignedHeaders") {
      claim.signed_headers = text;
    } else if (key == "Signature") {
      claim.signature = text;
    }
  }
  if (const auto* time = find(request.headers, "x-amz-date")) claim.time = *time;
  if (claim.time.empty() && find(request.headers, "date") != nullptr) claim.time = *find(request.headers, "date");
  if (const auto* token = find(request.headers, "x-amz-security-token")) claim.session_token = *token;
  if (std::string text = missing_parts(claim, has_credential, value); !text.empty()) return std::unexpected(text);
  return claim;
}

Parsed parse_presigned(std::string_view query) {
  Claim claim;
  claim.presigned = true;
  bool has_credential = false;
  std::string_view expires;
  const auto fields = std::make_shared<const std::vector<Header>>(parse_query(query, Plus::Literal));
  claim.decoded = fields;
  for (const auto& [name, value] : *fields) {
    if (name == "X-Amz-Algorithm" && value != kAlgorithm) {
      return std::unexpected("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    }
    if (name == "X-Amz-Credential") has_credential = read_credential(value, claim);
    if (name == "X-Amz-SignedHeaders") claim.signed_headers = value;
    if (name == "X-Amz-Signature") claim.signature = value;
    if (name == "X-Amz-Date") claim.time = value;
    if (name == "X-Amz-Expires") expires = value;
    if (name == "X-Amz-Security-Token") claim.session_token = value;
  }
  if (!has_credential || claim.signature.empty() || claim.signed_headers.empty() || claim.time.empty()) {
    return std::unexpected(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  }
  if (expires.empty()) expires = "900";  // services but S3 let it be absent
  const bool digits = expires.size() <= 9 && expires.find_first_not_of("0123456789") == std::string_view::npos;
  claim.expires_seconds = digits ? std::stoll(std::string(expires)) : 0;
  if (claim.expires_seconds < 1 || claim.expires_seconds > kLongestPresign) {
    return std::unexpected("X-Amz-Expires must be between 1 and 604800 seconds");
  }
  return claim;
}

// Resolves "." and ".." and drops empty segments (RFC 3986, 5.2.4): every service but S3.
std::string normalise(std::string_view path) {
  std::vector<std::string> kept;
  for (std::string& part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else {
      kept.push_back(std::move(part));
    }
  }
  std::string out;
  for (const std::string& part : kept) out += "/" + part;
  if (out.empty() || path.back() == '/') out += "/";
  return out;
}

std::string canonical_query(std::string_view query, bool presigned) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : parse_query(query, Plus::Literal)) {
    if (presigned && name == "X-Amz-Signature") continue;
    pairs.emplace_back(percent_encode(name), percent_encode(value));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name + "=" + value;
  }
  return out;
}

// Trimmed, inner runs of spaces as one, duplicates joined by commas.
void append_canonical_value(std::string& out, std::span<const HeaderView> headers, std::string_view name) {
  bool first = true;
  for (const HeaderView& header : headers) {
    if (header.first != name) continue;
    if (!first) out += ',';
    first = false;
    std::string_view value = trim(header.second);
    for (std::size_t run = value.find("  "); run != std::string_view::npos; run = value.find("  ")) {
      out.append(value.substr(0, run + 1));
      value.remove_prefix(std::min(value.find_first_not_of(' ', run), value.size()));
    }
    out += value;
  }
}

void append_string_to_sign(std::string& text, std::string_view time, const Scope& scope, std::string_view canonical) {
  text.append(kAlgorithm).append("\n").append(time).append("\n");
  text.append(scope.date).append("/").append(scope.region).append("/").append(scope.service);
  text.append("/aws4_request\n").append(canonical);
}

std::string string_to_sign(std::string_view time, const Scope& scope, std::string_view canonical_request) {
  std::string text;
  append_string_to_sign(text, time, scope, sha256_digits(canonical_request));
  return text;
}

void append_path(std::string& out, std::string_view path, std::string_view service) {
  if (path.empty() || path == "/") {
    out += '/';
  } else if (service == "s3") {  // signs the path as sent; the others normalise it and encode it once more
    out += path;
  } else {
    out += percent_encode(normalise(path), Slash::Keep);
  }
}

std::string hmac(std::string_view key, std::string_view text) {
  unsigned char inner[kBlock];
  unsigned char outer[kBlock];
  const std::string shortened = key.size() > kBlock ? digest(Algorithm::Sha256, key) : std::string(key);
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto byte = static_cast<unsigned char>(i < shortened.size() ? shortened[i] : 0);
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  Digest first(Algorithm::Sha256);
  first.update({reinterpret_cast<const char*>(inner), kBlock});
  first.update(text);
  Digest second(Algorithm::Sha256);
  second.update({reinterpret_cast<const char*>(outer), kBlock});
  second.update(first.finish());
  return second.finish();
}

}  // namespace

std::expected<std::optional<Claim>, std::string> parse(const RequestView& request) {
  if (const auto* value = find(request.headers, "authorization")) {
    if (value->starts_with(kAlgorithm)) return parse_header(request, *value);
    return std::nullopt;  // Basic and Bearer belong to the registry
  }
  if (request.query.find("X-Amz-Signature=") != std::string_view::npos) return parse_presigned(request.query);
  return std::nullopt;
}

bool Claim::signs(std::string_view header) const {
  for (std::string_view rest = signed_headers; !rest.empty();) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    if (rest.substr(0, end) == header) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::optional<std::int64_t> parse_time(std::string_view time) {
  if (time.size() != 16 || time[8] != 'T' || time[15] != 'Z') return std::nullopt;
  bool good = true;
  const auto number = [&](std::size_t from, std::size_t digits) {
    int value = 0;
    for (const char c : time.substr(from, digits)) {
      good = good && c >= '0' && c <= '9';
      value = value * 10 + (c - '0');
    }
    return value;
  };
  const int year = number(0, 4);
  const int month = number(4, 2);
  const int day = number(6, 2);
  const std::int64_t seconds = number(9, 2) * 3'600 + number(11, 2) * 60 + number(13, 2);
  if (!good) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400} + seconds;
}

std::string format_time(std::int64_t unix_seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

struct SigningKey::Midstate {
  SHA256_CTX inner;
  SHA256_CTX outer;
};

SigningKey::SigningKey(std::string_view secret, const Scope& scope) {
  std::string key = hmac("AWS4" + std::string(secret), scope.date);
  key = hmac(key, scope.region);
  key = hmac(key, scope.service);
  key = hmac(key, "aws4_request");
  auto midstate = std::make_shared<Midstate>();
  unsigned char block[kBlock] = {};
  std::memcpy(block, key.data(), key.size());
  for (unsigned char& byte : block) byte ^= 0x36;
  SHA256_Init(&midstate->inner);
  SHA256_Update(&midstate->inner, block, kBlock);
  for (unsigned char& byte : block) byte ^= 0x36 ^ 0x5c;
  SHA256_Init(&midstate->outer);
  SHA256_Update(&midstate->outer, block, kBlock);
  midstate_ = std::move(midstate);
}

Sha256Digits SigningKey::sign(std::string_view text) const {
  unsigned char raw[32];
  SHA256_CTX context = midstate_->inner;
  SHA256_Update(&context, text.data(), text.size());
  SHA256_Final(raw, &context);
  context = midstate_->outer;
  SHA256_Update(&context, raw, sizeof raw);
  SHA256_Final(raw, &context);
  return Sha256Digits(raw);
}

SigningKey KeyCache::get(std::string_view access_key, std::string_view secret, const Scope& scope) {
  const NameView name(access_key, scope.date, scope.region, scope.service);
  const std::lock_guard lock(mutex_);
  if (last_ == keys_.end() || NameView(last_->first) != name) last_ = keys_.find(name);
  if (last_ != keys_.end() && last_->second.first == secret) return last_->second.second;
  if (keys_.size() >= kMaximum) keys_.clear();
  last_ = keys_.insert_or_assign(Name(name), std::pair(std::string(secret), SigningKey(secret, scope))).first;
  return last_->second.second;
}

namespace {

void append_canonical_request(std::string& text, const RequestView& request, std::string_view signed_headers,
                              std::string_view service, bool presigned, std::string_view payload_hash) {
  text.append(request.method).append("\n");
  append_path(text, request.path, service);
  text += '\n';
  if (!request.query.empty()) text += canonical_query(request.query, presigned);
  text += '\n';
  for (std::size_t start = 0; start <= signed_headers.size();) {
    const std::size_t end = std::min(signed_headers.find(';', start), signed_headers.size());
    const std::string_view name = signed_headers.substr(start, end - start);
    text.append(name).append(":");
    append_canonical_value(text, request.headers, name);
    text += '\n';
    start = end + 1;
  }
  text.append("\n").append(signed_headers).append("\n").append(payload_hash);
}

}  // namespace

std::string canonical_request(const RequestView& request, std::string_view signed_headers, std::string_view service,
                              bool presigned, std::string_view payload_hash) {
  std::string text;
  append_canonical_request(text, request, signed_headers, service, presigned, payload_hash);
  return text;
}

bool verify(const RequestView& request, const Claim& claim, std::string_view payload_hash, const SigningKey& key) {
  thread_local std::string text;  // used again, so that verifying does not allocate
  text.clear();
  append_canonical_request(text, request, claim.signed_headers, claim.scope.service, claim.presigned, payload_hash);
  const Sha256Digits canonical = sha256_digits(text);
  if (text.capacity() > kKeptText) text = {};
  text.clear();
  append_string_to_sign(text, claim.time, claim.scope, canonical);
  return equal_secret(key.sign(text), claim.signature);
}

void sign(const Credentials& credentials, const Scope& scope, std::int64_t unix_seconds, std::string_view method,
          std::string_view path, std::string_view query, std::vector<Header>& headers, std::string_view payload_hash) {
  const std::string time = format_time(unix_seconds);
  headers.emplace_back("x-amz-date", time);
  if (scope.service == "s3") headers.emplace_back("x-amz-content-sha256", payload_hash);
  if (!credentials.session_token.empty()) headers.emplace_back("x-amz-security-token", credentials.session_token);
  std::vector<std::string_view> sorted;
  for (const Header& header : headers) sorted.push_back(header.first);
  std::ranges::sort(sorted);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::string names;
  for (const std::string_view name : sorted) names.append(names.empty() ? "" : ";").append(name);
  const std::vector<HeaderView> views(headers.begin(), headers.end());
  const RequestView view{method, path, query, views};
  const std::string canonical = canonical_request(view, names, scope.service, false, payload_hash);
  const std::string signature(SigningKey(credentials.secret, scope).sign(string_to_sign(time, scope, canonical)));
  headers.emplace_back("authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key + "/" +
                                            scope.text() + ", SignedHeaders=" + names + ", Signature=" + signature);
}

std::string presign(const Credentials& credentials, const Scope& scope, std::int64_t unix_seconds,
                    std::string_view method, std::string_view host, std::string_view path, std::string_view query,
                    std::int64_t expires_seconds) {
  const std::string time = format_time(unix_seconds);
  std::string all(query);
  if (!all.empty()) all += '&';
  all.append("X-Amz-Algorithm=").append(kAlgorithm);
  all += "&X-Amz-Credential=" + percent_encode(credentials.access_key + "/" + scope.text());
  all += "&X-Amz-Date=" + time + "&X-Amz-Expires=" + std::to_string(expires_seconds);
  if (!credentials.session_token.empty()) {
    all += "&X-Amz-Security-Token=" + percent_encode(credentials.session_token);
  }
  all += "&X-Amz-SignedHeaders=host";
  const HeaderView headers[] = {{"host", host}};
  const std::string payload = scope.service == "s3" ? std::string(kUnsignedPayload) : sha256_hex("");
  const std::string canonical = canonical_request({method, path, all, headers}, "host", scope.service, true, payload);
  all.append("&X-Amz-Signature=");
  all.append(SigningKey(credentials.secret, scope).sign(string_to_sign(time, scope, canonical)));
  return all;
}

}  // namespace wire::sigv4
