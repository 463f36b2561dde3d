#include "client/credentials.h"

#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>

#include "client/http.h"
#include "wire/json.h"

namespace client {
namespace {

// Fetched again this long before they end, so that none expires on the way.
constexpr std::int64_t kRefreshSeconds = 300;

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

// Where the container's role can be asked for, as AWS's SDKs read it.
std::optional<std::string> container_uri() {
  if (auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) return "http://169.254.170.2" + *relative;
  return environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
}

std::string text(const base::Value& document, std::string_view name) {
  const base::Value* value = document.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

// "2026-11-24T06:13:39Z"
std::int64_t parse_expiration(const std::string& when) {
  std::tm parts{};
  return ::strptime(when.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr ? 0
                                                                          : static_cast<std::int64_t>(timegm(&parts));
}

class ContainerCredentials {
 public:
  explicit ContainerCredentials(std::string uri) : uri_(std::move(uri)) {}

  std::expected<wire::sigv4::Credentials, std::string> get() {
    if (static_cast<std::int64_t>(std::time(nullptr)) + kRefreshSeconds < expires_) return held_;
    const std::size_t path = uri_.find('/', uri_.find("://") + 3);
    wire::HttpCall call;
    call.method = "GET";
    call.path = path == std::string::npos ? "/" : uri_.substr(path);
    call.headers.emplace_back("host", uri_.substr(uri_.find("://") + 3, path - uri_.find("://") - 3));
    auto reply = http_transport(uri_.substr(0, path), std::chrono::seconds(10))(call);
    if (!reply) return std::unexpected("no credentials from " + uri_ + ": " + reply.error());
    const auto document = wire::parse_json(reply->body);
    if (reply->status != 200 || !document) {
      return std::unexpected("no credentials from " + uri_ + ": it answered " + std::to_string(reply->status));
    }
    held_ = {text(*document, "AccessKeyId"), text(*document, "SecretAccessKey"), text(*document, "Token")};
    expires_ = parse_expiration(text(*document, "Expiration"));
    return held_;
  }

 private:
  std::string uri_;
  wire::sigv4::Credentials held_;
  std::int64_t expires_ = 0;
};

}  // namespace

CredentialsProvider fixed_credentials(std::string access_key, std::string secret) {
  return
      [held = wire::sigv4::Credentials{std::move(access_key), std::move(secret),
                                       ""}]() -> std::expected<wire::sigv4::Credentials, std::string> { return held; };
}

CredentialsProvider default_credentials() {
  const auto key = environment("AWS_ACCESS_KEY_ID");
  const auto secret = environment("AWS_SECRET_ACCESS_KEY");
  if (key && secret) {
    const wire::sigv4::Credentials held{*key, *secret, environment("AWS_SESSION_TOKEN").value_or("")};
    return [held]() -> std::expected<wire::sigv4::Credentials, std::string> { return held; };
  }
  if (auto uri = container_uri()) {
    return [container = std::make_shared<ContainerCredentials>(std::move(*uri))] { return container->get(); };
  }
  return fixed_credentials("renkei", "renkei");
}

}  // namespace client
