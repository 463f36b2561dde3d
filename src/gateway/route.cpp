#include "gateway/route.h"

#include <algorithm>
#include <vector>

#include "gateway/queue_path.h"
#include "wire/query.h"

namespace gateway {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

const api::Service* find(bool (*matches)(const api::Service&, std::string_view), std::string_view name) {
  for (const api::Service* service : api::all_services()) {
    if (matches(*service, name)) return service;
  }
  return nullptr;
}

const api::Service* by_signing_name(std::string_view name) {
  return find([](const api::Service& s, std::string_view n) { return s.signing_name == n; }, name);
}
const api::Service* by_target(std::string_view prefix) {
  return find([](const api::Service& s, std::string_view n) { return s.target_prefix == n; }, prefix);
}
const api::Service* by_endpoint(std::string_view name) {
  return find([](const api::Service& s, std::string_view n) { return s.endpoint_prefix == n; }, name);
}
const api::Service* by_version(std::string_view version) {
  const auto speaks_query = [](const api::Service& service, std::string_view wanted) {
    const auto is_query = [](api::Protocol p) { return p == api::Protocol::AwsQuery || p == api::Protocol::Ec2Query; };
    // SQS's published model lists JSON alone, but every SDK before 2023 speaks query.
    return service.api_version == wanted &&
           (std::ranges::any_of(service.protocols, is_query) || service.query_compatible);
  };
  return find(speaks_query, version);
}

bool is_region(std::string_view text) {  // us-east-1, ap-northeast-1, us-gov-west-1
  return std::ranges::count(text, '-') >= 2 && !text.empty() && text.back() >= '0' && text.back() <= '9';
}

struct Host {
  const api::Service* service = nullptr;
  std::string region;
  std::string bucket;
};

// sqs.<region>.amazonaws.com, <region>.queue.amazonaws.com, api.ecr.<region>.…, bucket.s3.<region>.…, bucket.localhost
Host read_host(std::string_view host) {
  Host out;
  host = host.substr(0, host.rfind(':'));
  std::vector<std::string> labels = split(net::lower(host), '.');
  if (!labels.empty() && labels.front().starts_with("stream-")) labels.front().erase(0, 7);
  std::string before;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    std::string label = labels[i];
    if (is_region(label) && out.region.empty()) out.region = label;
    if (label.ends_with("-fips")) label.resize(label.size() - 5);
    if (label.starts_with("s3-") && is_region(label.substr(3))) {
      out.region = label.substr(3);
      label = "s3";
    }
    if (!out.service) {
      out.service = label == "queue" ? by_endpoint("sqs") : by_endpoint(label);
      if (!out.service && i + 1 < labels.size()) out.service = by_endpoint(label + "." + labels[i + 1]);
      if (out.service && label == "s3") out.bucket = before;
    }
    before += (before.empty() ? "" : ".") + labels[i];
  }
  if (!out.service && labels.size() == 2 && labels[1] == "localhost") out.bucket = labels[0];
  return out;
}

bool is_form(const net::Request& request) {
  return request.headers.get("content-type").starts_with(kForm);
}

std::optional<std::string> action_field(const net::Request& request, std::string_view name) {
  if (auto value = wire::form_field(request.query, name)) return value;
  return is_form(request) ? wire::form_field(request.body, name) : std::nullopt;
}

// Not signed, with nothing but the path to tell: an action at a queue, or the bare URL of one, as a browser asks for
// it.
bool is_for_queue(const net::Request& request) {
  if (action_field(request, "Action")) return queue_of_path(request.path).has_value();
  return (request.method == "GET" || request.method == "POST") && is_queue_url(request.path);
}

}  // namespace

Route find_route(const net::Request& request, const wire::sigv4::Claim* claim) {
  Route route;
  const std::string_view target = request.headers.get("x-amz-target");
  const bool cbor = request.headers.get("smithy-protocol") == "rpc-v2-cbor";
  route.contradictory = cbor && !target.empty();
  // The host matters when nothing else tells, and names S3's buckets.
  const bool s3 = claim != nullptr && claim->scope.service == "s3";
  const Host host = claim == nullptr || s3 ? read_host(request.host()) : Host{};
  route.region = claim != nullptr ? claim->scope.region : host.region;

  const std::vector<std::string> segments =  // …/service/X/operation/Y
      cbor ? split(request.path, '/') : std::vector<std::string>();
  const bool names_cbor = segments.size() >= 5 && segments[segments.size() - 2] == "operation";
  if (claim != nullptr) {
    route.asked_for = claim->scope.service;
    route.service = by_signing_name(claim->scope.service);
  } else if (!target.empty()) {
    route.asked_for = target.substr(0, target.rfind('.'));
    route.service = by_target(route.asked_for);
  } else if (names_cbor) {
    std::string name = segments[segments.size() - 3];
    name = name.substr(name.rfind('.') + 1);
    route.asked_for = name;
    route.service = by_target(name);
  } else if (const auto version = action_field(request, "Version")) {
    route.asked_for = "version " + *version;
    route.service = by_version(*version);
  } else {
    route.asked_for = request.host();
    route.service = host.service;
    if (!route.service && is_for_queue(request)) route.service = by_signing_name("sqs");
    if (!route.service && target.empty() && !cbor) route.service = by_signing_name("s3");
  }

  if (cbor) {
    route.protocol = api::Protocol::RpcV2Cbor;
  } else if (!target.empty()) {
    route.protocol = api::Protocol::AwsJson;
  } else if (route.service != nullptr && route.service->signing_name == "s3") {
    route.bucket = host.bucket;
  } else if (route.service == nullptr && !action_field(request, "Action")) {
    route.protocol = api::Protocol::RestJson;  // of a service that is not here, such as Lambda
  } else {
    const bool ec2 = route.service != nullptr && route.service->signing_name == "ec2";
    route.protocol = ec2 ? api::Protocol::Ec2Query : api::Protocol::AwsQuery;
  }
  return route;
}

}  // namespace gateway
