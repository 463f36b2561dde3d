#include "gateway/gateway.h"

#include <chrono>
#include <filesystem>

#include "api/ecr/operations.h"
#include "api/ecs/operations.h"
#include "gateway/denials.h"
#include "gateway/exec_channel.h"
#include "gateway/ids.h"
#include "gateway/queue_path.h"
#include "gateway/registry.h"
#include "gateway/spool.h"
#include "net/gzip.h"
#include "runtime/network.h"
#include "wire/faults.h"
#include "wire/json.h"
#include "wire/percent.h"
#include "wire/protocol.h"

namespace gateway {
namespace {

constexpr std::size_t kLargestBody = 16 * 1024 * 1024;  // in memory, after inflating
constexpr int kSyncThreads = 4;
constexpr std::string_view kOwnPages = "/_renkei/";
constexpr std::string_view kDenials = "/_renkei/denials";
constexpr std::string_view kDataChannel = "/v1/data-channel/";  // as Systems Manager's
constexpr std::string_view kTaskCredentials = "/v2/credentials/";

// For answers to requests that name no service of ours.
constexpr api::Service kNobody{};

using Ticks = std::chrono::steady_clock;

std::string new_request_id(const Route& route) {
  if (route.protocol != api::Protocol::RestXml) return random_uuid();
  std::string id = random_hex(8);
  for (char& c : id) c = static_cast<char>(c >= 'a' ? c - 32 : c);
  return id;
}

// `path` is where a path is kept that the request does not have: S3's bucket may come with the host.
wire::HttpParts parts_of(const net::Request& request, const Route& route, std::string& path) {
  if (route.bucket.empty()) return {request.method, request.path, request.query, request.headers, request.body};
  path = "/" + wire::percent_encode(route.bucket) + std::string(request.path);
  return {request.method, path, request.query, request.headers, request.body};
}

const wire::sigv4::Claim* claim_in(const Claimed& claimed) {
  return claimed && *claimed ? &**claimed : nullptr;
}

bool is_task_service(const net::Request& request) {
  return request.local_address == runtime::kTaskServiceAddress;
}

net::Response nothing_here(const net::Request& request) {
  net::Response response;
  response.status = 404;
  response.headers.emplace_back("content-type", "text/plain");
  response.body = "There is no page " + std::string(request.path) + ".\n";
  return response;
}

// The operation whose body goes to disk, if it is one.
const api::Operation* upload_operation(const net::Request& request, const Route& route) {
  if (route.service == nullptr || route.protocol != api::Protocol::RestXml || request.method != "PUT") return nullptr;
  std::string path;
  const auto operation = wire::find_operation(route.protocol, *route.service, parts_of(request, route, path));
  if (!operation) return nullptr;
  for (const api::Member& member : (*operation)->input->members) {
    if (member.streaming) return *operation;
  }
  return nullptr;
}

// It is a coding of the transfer, gone by now: the object's own Content-Encoding is the rest.
void drop_aws_chunked(net::Request& request) {
  std::string kept;
  for (std::string_view rest = request.headers.get("content-encoding"); !rest.empty();) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view token = net::trim(rest.substr(0, end));
    if (net::lower(token) != "aws-chunked") kept.append(kept.empty() ? "" : ",").append(token);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::erase_if(request.headers, [](const net::HeaderView& header) { return header.first == "content-encoding"; });
  if (!kept.empty()) request.headers.emplace_back("content-encoding", request.keep(std::move(kept)));
}

net::Response to_response(wire::HttpReply reply) {
  net::Response response;
  response.status = reply.status;
  response.body = std::move(reply.body);
  for (auto& [name, value] : reply.headers) {
    const std::string lower = net::lower(name);
    if (lower != "content-length") {
      response.headers.emplace_back(std::move(name), std::move(value));
      continue;
    }
    response.head_length = std::strtoull(value.c_str(), nullptr, 10);
  }
  return response;
}

}  // namespace

// One request on its way through.
struct Gateway::Pending {
  Pending(net::Request asked, net::Responder answers) : request(std::move(asked)), responder(std::move(answers)) {}

  net::Request request;
  net::Responder responder;
  Claimed claimed;
  Route route;
  std::string request_id;
  cloud::Request decoded{};
  std::shared_ptr<bool> abandoned;
  std::string blob;  // of an upload: removed again if the service refuses it
  Ticks::time_point since = Ticks::now();
};

Gateway::Gateway(cloud::Cloud& cloud, const base::Clock& clock, Post post, Options options)
    : cloud_(cloud),
      clock_(clock),
      post_(std::move(post)),
      options_(std::move(options)),
      objects_(options_.data + "/objects"),
      workers_(kSyncThreads) {
  if (options_.strict) authenticator_.emplace(options_.keys, *options_.sessions);
  const cloud::Config& config = cloud_.config();
  root_arn_ = "arn:aws:iam::" + config.account + ":root";
  const auto submit = [this](cloud::Request request, std::move_only_function<void(service::Answer)> then) {
    post_([this, request = std::move(request), then = std::move(then)]() mutable {
      cloud_.submit(std::move(request), service::Waiting{std::move(then), nullptr});
    });
  };
  registry_ = std::make_unique<Registry>(
      Registry::Options{options_.data, config.account, config.region, &clock_, options_.strict}, submit, workers_);
}

Gateway::~Gateway() = default;

net::BodyPlan Gateway::on_head(const net::Request& head) {
  net::BodyPlan plan;
  plan.memory_limit = kLargestBody;
  if (is_task_service(head)) return plan;
  if (Registry::is_for(head)) return registry_->on_head(head);
  if (head.method != "PUT" || head.path.starts_with(kOwnPages)) return plan;
  const Claimed claimed = read_claim(head);
  const Route route = find_route(head, claim_in(claimed));
  if (upload_operation(head, route) == nullptr) return plan;
  return plan_upload(head, route, claimed);
}

// An upload is refused before its body is sent, where the head says enough.
net::BodyPlan Gateway::plan_upload(const net::Request& head, const Route& route, const Claimed& claimed) {
  net::BodyPlan plan;
  std::optional<wire::ChunkSigning> signing;
  if (authenticator_) {
    const auto checked = authenticator_->check(head, route, claimed, clock_.now(), Authenticator::Body::Unread);
    if (!checked) {
      const wire::FaultContext context{new_request_id(route), false, std::string(head.path)};
      plan.refusal = to_response(wire::encode_fault(route.protocol, *route.service, checked.error(), context));
      return plan;
    }
    const wire::sigv4::Claim& claim = **claimed;
    if (head.headers.get("x-amz-content-sha256").starts_with(wire::sigv4::kStreamingSigned)) {
      signing.emplace(*authenticator_->key_of(claim), std::string(claim.time), claim.scope.text(),
                      std::string(claim.signature));
    }
  }
  plan.sink = std::make_unique<ObjectSpool>(head.headers, objects_, random_hex(16), std::move(signing));
  return plan;
}

// From inside a VPC it depends on the address that was called what is there: the service of tasks, or AWS's services.
void Gateway::handle(net::Request request, net::Responder responder) {
  const bool outside = request.listener.empty();
  const bool task_service = is_task_service(request);
  if (outside && request.path == kDenials) {
    send_denials(std::move(responder));
    return;
  }
  if (outside && request.path.starts_with(kDataChannel) && request.headers.has_token("upgrade", "websocket")) {
    return open_exec(request, std::move(responder));
  }
  if (outside && request.path.starts_with(kOwnPages)) {
    responder.send(page(request));
    return;
  }
  // No path of the registry: those go on behind a repository's name.
  if ((outside || task_service) && request.path.starts_with(kTaskCredentials) &&
      request.path.find('/', kTaskCredentials.size()) == std::string_view::npos) {
    send_credentials(std::string(request.path.substr(kTaskCredentials.size())), std::move(responder));
    return;
  }
  if (task_service) return answer_task(request, std::move(responder));
  auto pending = std::make_unique<Pending>(std::move(request), std::move(responder));
  if (Registry::is_for(pending->request)) return handle_registry(std::move(pending));
  pending->claimed = read_claim(pending->request);
  pending->route = find_route(pending->request, claim_in(pending->claimed));
  pending->request_id = new_request_id(pending->route);
  handle_api(std::move(pending));
}

// Not signed, as on Fargate: the path itself is the secret.
void Gateway::send_credentials(std::string uuid, net::Responder responder) {
  post_([this, uuid = std::move(uuid), responder = std::move(responder)]() mutable {
    net::Response response;
    response.headers.emplace_back("content-type", "application/json");
    if (auto credentials = cloud_.task_credentials(uuid)) {
      response.body = std::move(*credentials);
    } else {
      response.status = 404;
      response.body = R"({"code":"InvalidIdInRequest","message":"Credentials not found","HTTPErrorCode":404})";
    }
    responder.send(std::move(response));
  });
}

// What the policies refused, newest first: the cloud's, so it is read on its strand.
void Gateway::send_denials(net::Responder responder) {
  post_([this, responder = std::move(responder)]() mutable {
    net::Response response;
    response.headers.emplace_back("content-type", "application/json");
    response.body = denials_json(cloud_.denials());
    responder.send(std::move(response));
  });
}

// Not signed either: a task is known by its address.
void Gateway::answer_task(const net::Request& request, net::Responder responder) {
  cloud::TaskRequest asked{std::string(request.method),   std::string(request.path), request.body,
                           std::string(request.listener), request.remote_address,    random_uuid()};
  post_([this, asked = std::move(asked), responder = std::move(responder)]() mutable {
    cloud_.answer_task(asked, [responder = std::move(responder)](cloud::TaskReply reply) mutable {
      net::Response response;
      response.status = reply.status;
      response.headers.emplace_back("content-type", "application/json");
      response.body = std::move(reply.json);
      responder.send(std::move(response));
    });
  });
}

// Whose the session is, its first message says.
void Gateway::open_exec(const net::Request& request, net::Responder responder) {
  net::Response response;
  const std::string_view key = request.headers.get("sec-websocket-key");
  if (request.method != "GET" || key.empty() || request.headers.get("sec-websocket-version") != "13") {
    response.status = 400;
    response.headers.emplace_back("sec-websocket-version", "13");
    return responder.send(std::move(response));
  }
  auto streams = ExecChannel::Streams::Plugin;
  if (request.query.find("stdio=terminal") != std::string_view::npos) streams = ExecChannel::Streams::Terminal;
  if (request.query.find("stdio=pipes") != std::string_view::npos) streams = ExecChannel::Streams::Pipes;
  response.status = 101;
  response.headers.emplace_back("upgrade", "websocket");
  response.headers.emplace_back("connection", "Upgrade");
  response.headers.emplace_back("sec-websocket-accept", net::websocket_accept(key));
  auto channel = std::make_shared<ExecChannel>(cloud_, clock_, post_,
                                               std::string(request.path.substr(kDataChannel.size())), streams);
  responder.send(std::move(response), std::move(channel));
}

void Gateway::handle_registry(std::unique_ptr<Pending> pending) {
  pending->route.service = &api::ecr::service();
  pending->route.protocol = api::Protocol::AwsJson;
  pending->request_id = new_request_id(pending->route);
  service::Call call = call_of(*pending);
  net::Request request = std::move(pending->request);
  pending->request.method = pending->request.keep(std::string(request.method));  // what the access log needs
  pending->request.target = pending->request.keep(std::string(request.target));
  pending->request.remote_address = request.remote_address;
  registry_->handle(std::move(request), std::move(call), [this, pending = std::move(pending)](net::Response response) {
    send(*pending, std::move(response));
  });
}

void Gateway::handle_api(std::unique_ptr<Pending> pending) {
  if (auto decoded = read(*pending); !decoded) return refuse(*pending, decoded.error());
  if (pending->request.sink) {
    workers_.post([this, pending = std::move(pending)]() mutable { finish_upload(std::move(pending)); });
    return;
  }
  if (Registry::has_share_in(*pending->decoded.operation)) {
    workers_.post([this, pending = std::move(pending)]() mutable {
      if (const auto prepared = registry_->prepare(pending->decoded); !prepared) {
        return refuse(*pending, prepared.error());
      }
      submit(std::move(pending));
    });
    return;
  }
  submit(std::move(pending));
}

void Gateway::finish_upload(std::unique_ptr<Pending> pending) {
  auto upload = static_cast<ObjectSpool&>(*pending->request.sink).finish();
  pending->request.sink.reset();
  if (!upload) return refuse(*pending, upload.error());
  pending->blob = upload->blob;
  pending->decoded.call.upload = std::move(*upload);
  submit(std::move(pending));
}

// From bytes to a typed request of an operation.
base::Outcome<void> Gateway::read(Pending& pending) {
  const Route& route = pending.route;
  if (route.service == nullptr) {
    return base::fault(wire::faults::UnsupportedOperation,
                       "The service '" + route.asked_for + "' is not supported by renkei.");
  }
  if (route.contradictory) {
    return base::fault(wire::faults::SerializationException,
                       "A request cannot have both the smithy-protocol and the X-Amz-Target header.");
  }
  if (authenticator_ && !pending.request.sink) {  // an upload's was checked before its body came
    CHECK(authenticator_->check(pending.request, route, pending.claimed, clock_.now(), Authenticator::Body::Here));
  } else if (!authenticator_ && options_.sessions != nullptr) {
    CHECK(check_expiry(*options_.sessions, route, pending.claimed, clock_.now()));
  }
  CHECK(unwrap_body(pending));
  const bool sqs = route.service->id == "sqs";
  if (sqs) CHECK(check_queue_path(pending.request, route));
  std::string path;
  const wire::HttpParts parts = parts_of(pending.request, route, path);
  cloud::Request& decoded = pending.decoded;
  TRY(decoded.operation, wire::find_operation(route.protocol, *route.service, parts));
  TRY(decoded.input, wire::decode_request(route.protocol, *decoded.operation, parts));
  if (sqs) fill_in_queue(decoded, pending.request);
  decoded.call = call_of(pending);
  decoded.vpc = pending.request.listener;
  decoded.vpc_address = pending.request.local_address;
  pending.request.body = {};  // what it said is in the input; its memory serves the next request
  return {};
}

// Undoes gzip and, where the body is in memory, aws-chunked.
base::Outcome<void> Gateway::unwrap_body(Pending& pending) const {
  net::Request& request = pending.request;
  if (request.headers.has_token("content-encoding", "aws-chunked")) drop_aws_chunked(request);
  if (request.sink) return {};
  if (pending.route.protocol != api::Protocol::RestXml) {
    if (!request.headers.has_token("content-encoding", "gzip")) return {};
    auto inflated = net::gunzip(request.body, kLargestBody);
    if (!inflated) {
      return base::fault(wire::faults::SerializationException, "The gzip request body cannot be decompressed.");
    }
    request.body = std::move(*inflated);
    return {};
  }
  if (!request.headers.get("x-amz-content-sha256").starts_with("STREAMING-")) return {};
  wire::AwsChunkDecoder decoder;
  std::string body;
  const auto fed = decoder.feed(request.body, [&](std::string_view piece) { body += piece; });
  if (!fed || !decoder.done()) return base::fault(wire::faults::InvalidArgument, "The aws-chunked body is malformed.");
  request.body = std::move(body);
  return {};
}

service::Call Gateway::call_of(const Pending& pending) const {
  const net::Request& request = pending.request;
  const cloud::Config& config = cloud_.config();
  service::Call call;
  call.request_id = pending.request_id;
  call.account = config.account;
  call.region = pending.route.region.empty() ? config.region : pending.route.region;
  // Global services are signed for us-east-1 whatever the caller's region.
  call.principal_arn = root_arn_;
  if (const auto* claim = claim_in(pending.claimed)) call.access_key_id = claim->access_key;
  call.base_url.reserve(request.host().size() + 8);
  call.base_url.append(request.tls ? "https://" : "http://").append(request.host());
  call.source_address = request.remote_address;
  call.trace_header = request.headers.get("x-amzn-trace-id");
  call.protocol = pending.route.protocol;
  if (pending.decoded.operation == &api::ecs::ExecuteCommand::operation()) {
    if (const auto* given = request.headers.find("x-renkei-exec")) call.headers.emplace("x-renkei-exec", *given);
  }
  if (pending.route.protocol != api::Protocol::RestXml) return call;
  for (const auto& [name, value] : request.headers) {
    if (name == "range" || name.starts_with("if-")) call.headers.emplace(name, value);
  }
  return call;
}

void Gateway::submit(std::unique_ptr<Pending> pending) {
  if (cloud_.answers_late(*pending->decoded.operation)) {
    pending->abandoned = std::make_shared<bool>(false);  // touched on the strand alone
    pending->responder.on_abandoned(
        [this, abandoned = pending->abandoned] { post_([abandoned] { *abandoned = true; }); });
  }
  post_([this, pending = std::move(pending)]() mutable {
    service::Waiting waiting{{}, std::move(pending->abandoned)};
    cloud::Request& request = pending->decoded;  // stays where it is when its owner moves
    waiting.deliver = [this, pending = std::move(pending)](service::Answer answer) {
      deliver(*pending, std::move(answer));
    };
    cloud_.submit(std::move(request), std::move(waiting));
  });
}

void Gateway::deliver(Pending& pending, service::Answer answer) {
  if (!answer.result) return refuse(pending, answer.result.error());
  const api::Operation& operation = *pending.decoded.operation;
  registry_->conclude(operation, *answer.result);
  if (pending.route.protocol == api::Protocol::AwsJson) {
    net::Response response;
    wire::JsonReply reply = wire::encode_json_response(operation, *answer.result, pending.request_id);
    response.lines = std::move(reply.lines);
    response.body = std::move(reply.body);
    return send(pending, std::move(response));
  }
  net::Response response =
      to_response(wire::encode_response(pending.route.protocol, operation, *answer.result, pending.request_id));
  if (answer.download) {
    for (const auto& piece : answer.download->pieces) {
      response.files.push_back({objects_ + "/" + piece.blob, piece.offset, piece.length});
    }
    response.body.clear();
    for (const net::Header& header : response.headers) {
      if (net::lower(header.first) == "content-range") response.status = 206;
    }
  }
  send(pending, std::move(response));
}

void Gateway::refuse(Pending& pending, const base::Fault& fault) {
  // After a failure of ours the row may be on disk or not: then the file stays.
  if (!pending.blob.empty() && fault.shape->http_status != 500) {
    std::error_code ignored;
    std::filesystem::remove(objects_ + "/" + pending.blob, ignored);
  }
  const Route& route = pending.route;
  const wire::FaultContext context{pending.request_id, pending.request.headers.get("x-amzn-query-mode") == "true",
                                   wire::percent_decode(pending.request.path)};
  const api::Service& service = route.service == nullptr ? kNobody : *route.service;
  send(pending, to_response(wire::encode_fault(route.protocol, service, fault, context)));
}

void Gateway::send(Pending& pending, net::Response response) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Ticks::now() - pending.since);
  const api::Service* service = pending.route.service;
  const api::Operation* operation = pending.decoded.operation;
  metrics_.count(service, operation, response.status, took);
  if (options_.access_log) {
    options_.access_log({pending.request.remote_address, std::string(pending.request.method),
                         std::string(pending.request.target), std::string(service == nullptr ? "" : service->id),
                         std::string(operation == nullptr ? "" : operation->name), pending.request_id, response.status,
                         took.count()});
  }
  pending.responder.send(std::move(response));
}

net::Response Gateway::page(const net::Request& request) const {
  net::Response response;
  if (request.path == "/_renkei/health") {
    base::Value health;
    health.set("status", "ok");
    health.set("version", options_.version);
    health.set("unix_millis", base::unix_millis(clock_.now()));
    health.set("speed", options_.speed);
    health.set("account", cloud_.config().account);
    health.set("region", cloud_.config().region);
    response.headers.emplace_back("content-type", "application/json");
    response.body = wire::write_json(health);
  } else if (request.path == "/_renkei/metrics") {
    response.headers.emplace_back("content-type", "text/plain; version=0.0.4");
    response.body = metrics_.text(options_.connections ? options_.connections() : 0,
                                  options_.damaged_messages ? options_.damaged_messages() : 0);
  } else {
    return nothing_here(request);
  }
  return response;
}

}  // namespace gateway
