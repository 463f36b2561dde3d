#include "client/http.h"

#include <memory>

#include "net/client.h"
#include "net/url.h"

namespace client {

Transport http_transport(const std::string& endpoint, std::chrono::seconds timeout) {
  const auto url = net::parse_url(endpoint);
  if (!url) {
    return [text = "the endpoint " + endpoint + " is no http:// or https:// URL"](
               const wire::HttpCall&) -> std::expected<Reply, std::string> { return std::unexpected(text); };
  }
  net::ClientOptions options;
  options.timeout_ms = static_cast<int>(std::chrono::milliseconds(timeout).count());
  auto http = std::make_shared<net::Client>(*url, options);
  return [http](const wire::HttpCall& call) -> std::expected<Reply, std::string> {
    net::ClientRequest request;
    request.method = call.method;
    request.target = call.path + (call.query.empty() ? "" : "?" + call.query);
    for (const auto& [name, value] : call.headers) request.headers.emplace_back(name, value);
    request.body = call.body;
    auto response = http->send(request);
    if (!response) return std::unexpected(std::move(response).error());
    Reply reply{response->status, {}, std::move(response->body)};
    for (const auto& [name, value] : response->headers) reply.headers.emplace(name, value);
    return reply;
  };
}

}  // namespace client
