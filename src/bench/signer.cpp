#include "bench/signer.h"

#include "wire/digest.h"

namespace bench {
namespace {

constexpr std::string_view kContentType = "application/x-amz-json-1.0";

}  // namespace

Signer::Signer(net::Url endpoint, std::string region, wire::sigv4::Credentials credentials)
    : endpoint_(std::move(endpoint)), credentials_(std::move(credentials)) {
  scope_.region = std::move(region);
  scope_.service = "sqs";
}

void Signer::turn_to(std::int64_t unix_seconds) {
  if (unix_seconds == second_) return;
  second_ = unix_seconds;
  time_ = wire::sigv4::format_time(unix_seconds);
  if (const std::string date = time_.substr(0, 8); date != scope_.date) {
    scope_.date = date;
    key_.emplace(credentials_.secret, scope_);
  }
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, with the headers written
// in their canonical order.
std::string Signer::request(std::string_view operation, std::string_view body, std::int64_t unix_seconds) {
  turn_to(unix_seconds);
  const std::string host = endpoint_.authority();
  const bool session = !credentials_.session_token.empty();
  const std::string_view names = session ? "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
                                         : "content-type;host;x-amz-date;x-amz-target";
  std::string canonical;
  canonical.reserve(512);
  canonical.append("POST\n/\n\ncontent-type:").append(kContentType).append("\nhost:").append(host);
  canonical.append("\nx-amz-date:").append(time_);
  if (session) canonical.append("\nx-amz-security-token:").append(credentials_.session_token);
  canonical.append("\nx-amz-target:AmazonSQS.").append(operation).append("\n\n").append(names).append("\n");
  canonical.append(wire::sha256_hex(body));
  std::string to_sign = "AWS4-HMAC-SHA256\n" + time_ + "\n" + scope_.text() + "\n" + wire::sha256_hex(canonical);

  std::string text;
  text.reserve(768 + body.size());
  text.append("POST / HTTP/1.1\r\nHost: ").append(host).append("\r\nContent-Type: ").append(kContentType);
  text.append("\r\nX-Amz-Target: AmazonSQS.").append(operation).append("\r\nX-Amz-Date: ").append(time_);
  if (session) text.append("\r\nX-Amz-Security-Token: ").append(credentials_.session_token);
  text.append("\r\nUser-Agent: renkei-bench\r\nAuthorization: AWS4-HMAC-SHA256 Credential=");
  text.append(credentials_.access_key).append("/").append(scope_.text()).append(", SignedHeaders=").append(names);
  text.append(", Signature=").append(key_->sign(to_sign));
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return text;
}

}  // namespace bench
