#include <iostream>

#include "api/ecr/operations.h"
#include "cli/commands.h"
#include "image/layout.h"
#include "image/push.h"
#include "net/client.h"
#include "wire/text.h"

namespace cli {
namespace {

// image/ knows no HTTP client: this is ours, with the registry's password on every request.
class RegistryHttp : public image::Http {
 public:
  RegistryHttp(const net::Url& server, std::string authorization)
      : client_(server), authorization_(std::move(authorization)) {}

  image::Result<image::HttpResponse> send(const image::HttpRequest& request) override {
    net::ClientRequest sent;
    sent.method = request.method;
    sent.target = request.target;
    if (const auto url = net::parse_url(request.target)) sent.target = url->target();
    for (const auto& [name, value] : request.headers) sent.headers.emplace_back(net::lower(name), value);
    sent.headers.emplace_back("authorization", authorization_);
    sent.body = request.body;
    sent.body_file = request.body_file;
    auto answer = client_.send(sent);
    if (!answer) return std::unexpected(image::Error{answer.error()});
    image::HttpResponse response;
    response.status = answer->status;
    for (const auto& [name, value] : answer->headers) response.headers.emplace(name, value);
    response.body = std::move(answer->body);
    return response;
  }

 private:
  net::Client client_;
  std::string authorization_;
};

std::expected<std::string, client::Error> authorization(client::Client& client) {
  TRY(auto answer, client.call<api::ecr::GetAuthorizationToken>({}));
  if (!answer.authorization_data || answer.authorization_data->empty()) {
    return std::unexpected(client::Error{"", "the server gave no authorization token"});
  }
  return "Basic " + answer.authorization_data->front().authorization_token.value_or("");
}

}  // namespace

int push(const PushOptions& options) {
  const std::size_t colon = options.name.rfind(':');
  const bool tagged = colon != std::string::npos && options.name.find('/', colon) == std::string::npos;
  const std::string name = options.name.substr(0, tagged ? colon : std::string::npos);
  const std::string tag = tagged ? options.name.substr(colon + 1) : "latest";
  auto scratch = image::ScratchDirectory::create();
  if (!scratch) return fail(scratch.error().message);
  auto layout = image::open_layout(options.path, scratch->path());
  if (!layout) return fail(options.path + " is no image: " + layout.error().message);
  client::Client client = connect(options.common);
  const auto url = net::parse_url(options.common.endpoint);
  if (!url) return fail("--endpoint " + options.common.endpoint + " is no URL"), 2;
  const auto password = authorization(client);
  if (!password) return fail(options.common, "push", password.error());
  RegistryHttp registry(*url, *password);
  if (auto pushed = image::push_image(layout->content, layout->digest, registry, name, tag); !pushed) {
    return fail("push of " + name + ":" + tag + ": " + pushed.error().message,
                "The repository must exist: aws ecr create-repository --repository-name " + name);
  }
  if (options.common.json) {
    std::cout << R"({"repository":")" << name << R"(","tag":")" << tag << R"(","digest":")" << layout->digest
              << "\"}\n";
  } else {
    std::cout << "pushed " << name << ":" << tag << "  " << layout->digest << "\n";
  }
  return 0;
}

}  // namespace cli
