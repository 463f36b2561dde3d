#include "docker/engine.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/fault.h"
#include "net/client.h"
#include "wire/json.h"

namespace docker {
namespace {

// Of Docker 20.10, the oldest that is tested. Engines since 29 know none older than 1.44.
constexpr const char* kVersion = "1.41";
constexpr int kTimeoutMs = 10 * 60 * 1000;  // a pull is silent while it unpacks

std::array<int, 2> parts(const std::string& version) {
  std::array<int, 2> out{};
  const char* end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, out[0]);
  if (first.ptr != end) std::from_chars(first.ptr + 1, end, out[1]);
  return out;
}

net::Client client_of(const std::string& socket) {
  net::ClientOptions options;
  options.unix_socket = socket;
  options.timeout_ms = kTimeoutMs;
  net::Url url;
  url.host = "docker";
  return net::Client(url, options);
}

Result<Answer> ask(const std::string& socket, const net::ClientRequest& request) {
  auto response = client_of(socket).send(request);
  if (!response) return error("Docker at " + socket + ": " + response.error());
  Answer out;
  out.status = response->status;
  out.text = std::move(response->body);
  if (response->headers.get("content-type").starts_with("application/json")) {
    if (auto json = wire::parse_json(out.text)) out.json = std::move(*json);
  }
  return out;
}

}  // namespace

std::string Answer::message() const {
  const base::Value* said = json.find("message");
  if (said && said->is_string()) return said->as_string();
  return text.empty() ? "status " + std::to_string(status) : text.substr(0, text.find('\n'));
}

Result<void> Engine::open() {
  net::ClientRequest request;
  request.target = "/version";
  TRY(const Answer answer, good(ask(socket_, request)));
  name_ = text_at(answer.json, {"Version"});
  const std::string newest = text_at(answer.json, {"ApiVersion"});
  const std::string oldest = text_at(answer.json, {"MinAPIVersion"});
  version_ = std::max(parts(oldest), parts(kVersion)) == parts(kVersion) ? kVersion : oldest;
  if (parts(newest) < parts(version_)) {
    return error("Docker " + name_ + " at " + socket_ + " has API " + newest + "; " + kVersion + " is needed");
  }
  return {};
}

Result<Answer> Engine::send(const std::string& method, const std::string& path, const base::Value* body) const {
  net::ClientRequest request;
  request.method = method;
  request.target = "/v" + version_ + path;
  if (body) {
    request.body = wire::write_json(*body);
    request.headers.set("content-type", "application/json");
  }
  return ask(socket_, request);
}

Result<Answer> Engine::put_tar(const std::string& path, std::string tar) const {
  net::ClientRequest request;
  request.method = "PUT";
  request.target = "/v" + version_ + path;
  request.headers.set("content-type", "application/x-tar");
  request.body = std::move(tar);
  return ask(socket_, request);
}

Result<Answer> Engine::post_tar_file(const std::string& path, const std::string& file) const {
  net::ClientRequest request;
  request.method = "POST";
  request.target = "/v" + version_ + path;
  request.headers.set("content-type", "application/x-tar");
  request.body_file = file;
  return ask(socket_, request);
}

Result<Answer> Engine::post_as(const std::string& path, const std::string& registry_auth) const {
  net::ClientRequest request;
  request.method = "POST";
  request.target = "/v" + version_ + path;
  if (!registry_auth.empty()) request.headers.set("x-registry-auth", registry_auth);
  return ask(socket_, request);
}

std::string Engine::request(const std::string& method, const std::string& path, const std::string& body) const {
  std::string out = method + " /v" + version_ + path + " HTTP/1.1\r\nhost: docker\r\n";
  if (!body.empty()) {
    out += "content-type: application/json\r\ncontent-length: " + std::to_string(body.size()) + "\r\n";
  }
  return out + "\r\n" + body;
}

Result<Answer> good(Result<Answer> answer) {
  if (answer && !answer->good()) return error(answer->message());
  return answer;
}

std::string escape(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

const base::Value* find(const base::Value& in, std::initializer_list<std::string_view> path) {
  const base::Value* at = &in;
  for (const std::string_view name : path) {
    if (at) at = at->find(name);
  }
  return at;
}

std::string text_at(const base::Value& in, std::initializer_list<std::string_view> path) {
  const base::Value* found = find(in, path);
  return found && found->is_string() ? found->as_string() : "";
}

std::int64_t number_at(const base::Value& in, std::initializer_list<std::string_view> path) {
  const base::Value* found = find(in, path);
  return found && found->is_integer() ? found->as_integer() : 0;
}

}  // namespace docker
