#include "client/client.h"

#include <algorithm>
#include <ctime>

#include "client/http.h"
#include "net/http.h"
#include "wire/digest.h"

namespace client {
namespace {

// Our order of preference where a service speaks several.
api::Protocol choose_protocol(const api::Service& service) {
  for (const api::Protocol wanted : {api::Protocol::AwsJson, api::Protocol::AwsQuery, api::Protocol::Ec2Query,
                                     api::Protocol::RestXml, api::Protocol::RestJson}) {
    if (std::ranges::find(service.protocols, wanted) != service.protocols.end()) return wanted;
  }
  return api::Protocol::AwsQuery;
}

std::string host_of(std::string_view endpoint) {
  const std::size_t scheme = endpoint.find("://");
  if (scheme != std::string_view::npos) endpoint.remove_prefix(scheme + 3);
  return std::string(endpoint.substr(0, endpoint.find('/')));
}

Error transport_error(std::string message) {
  return Error{"", std::move(message), 0};
}

}  // namespace

Client::Client(Options options, CredentialsProvider credentials, Transport transport)
    : options_(std::move(options)), credentials_(std::move(credentials)), transport_(std::move(transport)) {
  while (options_.endpoint.ends_with('/')) options_.endpoint.pop_back();
  if (!transport_) transport_ = http_transport(options_.endpoint, options_.timeout);
  if (!options_.unix_seconds) options_.unix_seconds = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
}

std::expected<Reply, Error> Client::send_signed(std::string_view signing_name, wire::HttpCall call) {
  const auto credentials = credentials_();
  if (!credentials) return std::unexpected(transport_error(credentials.error()));
  for (auto& [name, value] : call.headers) name = net::lower(name);  // as the signature wants them
  call.headers.emplace_back("host", host_of(options_.endpoint));
  const std::int64_t now = options_.unix_seconds();
  wire::sigv4::Scope scope;
  scope.date = wire::sigv4::format_time(now).substr(0, 8);
  scope.region = options_.region;
  scope.service = signing_name;
  wire::sigv4::sign(*credentials, scope, now, call.method, call.path, call.query, call.headers,
                    wire::sha256_hex(call.body));
  auto reply = transport_(call);
  if (!reply) return std::unexpected(transport_error(std::move(reply).error()));
  return std::move(*reply);
}

std::expected<api::Object, Error> Client::call(const api::Operation& operation, const api::Object& input) {
  const api::Protocol protocol = choose_protocol(*operation.service);
  TRY(const Reply reply,
      send_signed(operation.service->signing_name, wire::encode_request(protocol, operation, input)));
  auto output = wire::decode_response(protocol, operation, reply.status, reply.headers, reply.body);
  if (!output) {
    const wire::RemoteFault& fault = output.error();
    return std::unexpected(Error{fault.code, fault.message, fault.status});
  }
  return std::move(*output);
}

std::expected<void, Error> Client::put_object(const std::string& bucket, const std::string& key, std::string body) {
  wire::HttpCall call;
  call.method = "PUT";
  call.path = "/" + bucket + "/" + key;
  call.body = std::move(body);
  TRY(const Reply reply, send_signed("s3", std::move(call)));
  if (reply.status / 100 == 2) return {};
  return std::unexpected(
      Error{"PutObject", "the upload of s3://" + bucket + "/" + key + " was refused: " + reply.body, reply.status});
}

std::expected<std::string, Error> Client::get(const std::string& target) {
  wire::HttpCall call;
  call.method = "GET";
  const std::size_t question = target.find('?');
  call.path = target.substr(0, question);
  if (question != std::string::npos) call.query = target.substr(question + 1);
  for (auto& [name, value] : call.headers) name = net::lower(name);  // as the signature wants them
  call.headers.emplace_back("host", host_of(options_.endpoint));
  auto reply = transport_(call);
  if (!reply) return std::unexpected(transport_error(std::move(reply).error()));
  if (reply->status / 100 != 2) {
    return std::unexpected(Error{"HTTP", target + " answered " + std::to_string(reply->status), reply->status});
  }
  return std::move(reply->body);
}

}  // namespace client
