#include "gateway/registry.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <set>

#include "api/ecr/operations.h"
#include "gateway/ids.h"
#include "gateway/registry_path.h"
#include "wire/digest.h"
#include "wire/json.h"
#include "wire/percent.h"
#include "wire/sigv4.h"
#include "wire/text.h"

namespace gateway {
namespace {

using Kind = RegistryPath::Kind;

constexpr std::size_t kMostUploads = 4096;                      // under way at once
constexpr base::Duration kUploadLife = std::chrono::hours(24);  // without another byte
constexpr std::int64_t kListPage = 1000;
constexpr std::string_view kVersion = "registry/2.0";

net::Response empty(int status) {
  net::Response response;
  response.status = status;
  response.headers.emplace_back("Docker-Distribution-Api-Version", kVersion);
  return response;
}

net::Response problem(int status, std::string_view code, std::string_view message) {
  net::Response response = empty(status);
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = "{\"errors\":[{\"code\":";
  wire::append_json_string(response.body, code);
  response.body += ",\"message\":";
  wire::append_json_string(response.body, message);
  response.body += "}]}";
  return response;
}

// ECR's refusals as the distribution protocol words them.
net::Response problem(const base::Fault& fault) {
  static const std::map<std::string_view, std::pair<int, std::string_view>> kCodes{
      {"RepositoryNotFoundException", {404, "NAME_UNKNOWN"}},
      {"LayersNotFoundException", {400, "MANIFEST_BLOB_UNKNOWN"}},
      {"ReferencedImagesNotFoundException", {400, "MANIFEST_BLOB_UNKNOWN"}},
      {"ImageTagAlreadyExistsException", {400, "TAG_INVALID"}},
      {"ImageDigestDoesNotMatchException", {400, "DIGEST_INVALID"}},
      {"InvalidLayerException", {400, "DIGEST_INVALID"}},
      {"InvalidParameterException", {400, "MANIFEST_INVALID"}}};
  const auto found = kCodes.find(fault.shape->name);
  if (found != kCodes.end()) return problem(found->second.first, found->second.second, fault.message);
  return problem(fault.shape->http_status, "UNKNOWN", fault.message);
}

std::string query_field(const net::Request& request, std::string_view name) {
  for (auto& [key, value] : wire::parse_query(request.query)) {
    if (key == name) return value;
  }
  return "";
}

// "user:password" of Basic authentication, or nothing.
std::optional<std::string> basic_pair(const net::Request& request) {
  const std::string_view authorization = request.headers.get("authorization");
  if (!net::lower(authorization.substr(0, 6)).starts_with("basic ")) return std::nullopt;
  return wire::from_base64(net::trim(authorization.substr(6)));
}

// HMAC with a key of our own length, so that no block needs hashing first.
std::string seal_of(const std::string& key, std::string_view text) {
  return std::string(wire::sigv4::SigningKey(key, {"registry", "", ""}).sign(text));
}

std::unexpected<base::Fault> no_upload(const std::string& id) {
  return base::fault(api::ecr::faults::UploadNotFoundException,
                     "The upload with id '" + id + "' could not be found, or it is not valid for this repository.");
}

// The region of <account>.dkr.ecr.<region>.amazonaws.com, or the one in the password that GetAuthorizationToken gave,
// or in the URL that GetDownloadUrlForLayer gave.
std::string region_of(const net::Request& request) {
  if (std::string named = query_field(request, "region"); !named.empty()) return named;
  const std::string_view host = request.host();
  if (const std::size_t at = host.find(".dkr.ecr."); at != std::string_view::npos) {
    const std::string_view rest = host.substr(at + 9);
    return std::string(rest.substr(0, rest.find('.')));
  }
  const auto pair = basic_pair(request);
  if (!pair || !pair->starts_with("AWS:ecr.")) return "";
  const std::string rest = pair->substr(8);
  return rest.substr(0, rest.find('.'));
}

}  // namespace

// The bytes of a blob that is being pushed. One request at a time works on it.
struct Registry::Upload {
  std::string id;
  SpoolFile file;
  wire::Digest digest{wire::Algorithm::Sha256};
  std::uint64_t size = 0;
  std::atomic<bool> busy = false;
  base::TimePoint used{};

  bool append(std::string_view bytes) {
    digest.update(bytes);
    size += bytes.size();
    return file.write(bytes);
  }
};

struct Registry::Exchange {
  net::Request request;
  service::Call call;
  RegistryPath path;
  Reply reply;

  std::string base() const { return "/v2/" + path.name; }
};

struct Registry::UploadSink : net::BodySink {
  explicit UploadSink(std::shared_ptr<Upload> target) : upload(std::move(target)) {}
  ~UploadSink() override { upload->busy = false; }
  bool write(std::string_view bytes) override {
    failed = failed || !upload->append(bytes);
    return !failed;
  }

  std::shared_ptr<Upload> upload;
  bool failed = false;
};

Registry::Registry(Options options, Submit submit, Workers& workers)
    : options_(std::move(options)),
      submit_(std::move(submit)),
      workers_(workers),
      content_(options_.data),
      seal_key_(random_hex(32)) {
  // Uploads do not outlive the server: their clients start again.
  std::error_code ignored;
  std::filesystem::remove_all(options_.data + "/blobs/uploads", ignored);
  std::filesystem::create_directories(options_.data + "/blobs/sha256", ignored);
}

Registry::~Registry() = default;

// password -> password.expiry.seal
void Registry::seal(api::Object& authorization) const {
  auto& output = authorization.as<api::ecr::GetAuthorizationToken::Output>();
  if (!output.authorization_data) return;
  for (auto& data : *output.authorization_data) {
    const auto pair = wire::from_base64(data.authorization_token.value_or(""));
    if (!pair || !data.expires_at) continue;
    const std::string text = *pair + "." + std::to_string(base::unix_seconds(*data.expires_at));
    data.authorization_token = wire::to_base64(text + "." + seal_of(seal_key_, text));
  }
}

bool Registry::may_enter(const net::Request& request) const {
  const auto pair = basic_pair(request);
  if (!pair) return false;
  const std::size_t seal = pair->rfind('.');
  if (seal == std::string::npos || seal == 0) return false;
  const std::string text = pair->substr(0, seal);
  if (!wire::equal_secret(seal_of(seal_key_, text), pair->substr(seal + 1))) return false;
  const std::size_t expiry = text.rfind('.') + 1;
  return std::strtoll(text.c_str() + expiry, nullptr, 10) > base::unix_seconds(options_.clock->now());
}

bool Registry::is_for(const net::Request& request) {
  return request.path == "/v2" || request.path.starts_with("/v2/");
}

bool Registry::has_share_in(const api::Operation& operation) {
  return &operation == &api::ecr::PutImage::operation() || &operation == &api::ecr::UploadLayerPart::operation() ||
         &operation == &api::ecr::CompleteLayerUpload::operation();
}

base::Outcome<void> Registry::prepare(cloud::Request& request) {
  if (request.operation == &api::ecr::UploadLayerPart::operation()) return take_part(request);
  if (request.operation == &api::ecr::CompleteLayerUpload::operation()) return take_layer(request);
  // The runtime reads manifests from disk.
  if (content_.put(request.input.as<api::ecr::PutImage::Input>().image_manifest)) return {};
  return base::fault(api::ecr::faults::ServerException, "The manifest could not be written.");
}

base::Outcome<void> Registry::take_part(cloud::Request& request) {
  const auto& input = request.input.as<api::ecr::UploadLayerPart::Input>();
  const auto upload = find_upload(input.upload_id);
  if (!upload || upload->busy.exchange(true)) return no_upload(input.upload_id);
  const std::string_view bytes = input.layer_part_blob;
  const auto first = static_cast<std::uint64_t>(input.part_first_byte);
  const bool fits = first == upload->size && !bytes.empty() &&
                    input.part_last_byte == input.part_first_byte + static_cast<std::int64_t>(bytes.size()) - 1;
  const bool written = fits && upload->append(bytes);
  const std::uint64_t size = upload->size;
  upload->busy = false;
  if (!fits) {
    return base::fault(api::ecr::faults::InvalidLayerPartException,
                       "The part of " + std::to_string(bytes.size()) + " bytes that is said to be " +
                           std::to_string(input.part_first_byte) + " to " + std::to_string(input.part_last_byte) +
                           " does not follow the " + std::to_string(size) + " bytes that were received");
  }
  if (written) return {};
  drop_upload(input.upload_id);
  return base::fault(api::ecr::faults::ServerException, "The layer could not be written.");
}

base::Outcome<void> Registry::take_layer(cloud::Request& request) {
  const auto& input = request.input.as<api::ecr::CompleteLayerUpload::Input>();
  const auto upload = find_upload(input.upload_id);
  if (!upload || upload->busy.exchange(true)) return no_upload(input.upload_id);
  if (upload->size == 0) {
    upload->busy = false;
    return base::fault(api::ecr::faults::EmptyUploadException,
                       "The upload with id '" + input.upload_id + "' has no parts");
  }
  drop_upload(input.upload_id);
  service::Upload layer;
  layer.sha256 = layer.blob = wire::to_hex(upload->digest.finish());
  layer.size = upload->size;
  const std::string digest = "sha256:" + layer.sha256;
  // What it is not said to be is not kept; the operation tells why.
  if (std::ranges::find(input.layer_digests, digest) != input.layer_digests.end() &&
      !upload->file.keep_as(content_.blob_path(digest))) {
    return base::fault(api::ecr::faults::ServerException, "The layer could not be written.");
  }
  request.call.upload = std::move(layer);
  return {};
}

void Registry::conclude(const api::Operation& operation, api::Object& output) {
  if (options_.strict && &operation == &api::ecr::GetAuthorizationToken::operation()) seal(output);
  if (&operation != &api::ecr::InitiateLayerUpload::operation()) return;
  // One that finds no room answers its first part with "no such upload".
  (void)new_upload(output.as<api::ecr::InitiateLayerUpload::Output>().upload_id.value_or(""));
}

net::BodyPlan Registry::on_head(const net::Request& head) {
  net::BodyPlan plan;
  plan.memory_limit = image::kManifestBytesMax;
  const auto path = parse_registry_path(head.path);
  if (!path) return plan;
  if (path->kind == Kind::NewUpload && head.method == "POST" && !query_field(head, "digest").empty()) {
    auto upload = new_upload(random_hex(16));
    if (upload) plan.sink = std::make_unique<UploadSink>(std::move(upload));
    return plan;
  }
  if (path->kind != Kind::Upload || (head.method != "PATCH" && head.method != "PUT")) return plan;
  auto upload = find_upload(path->reference);
  if (!upload || upload->busy.exchange(true)) {
    plan.refusal = problem(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    return plan;
  }
  const std::string_view range = head.headers.get("content-range");
  std::uint64_t first = upload->size;
  std::from_chars(range.data(), range.data() + range.size(), first);
  if (first != upload->size) {
    upload->busy = false;
    plan.refusal = problem(416, "BLOB_UPLOAD_INVALID", "the range does not continue what was uploaded");
    plan.refusal->headers.emplace_back("Range", "0-" + std::to_string(upload->size == 0 ? 0 : upload->size - 1));
    return plan;
  }
  plan.sink = std::make_unique<UploadSink>(std::move(upload));
  return plan;
}

void Registry::handle(net::Request request, service::Call call, Reply reply) {
  auto exchange = std::make_shared<Exchange>();
  exchange->call = std::move(call);
  exchange->reply = std::move(reply);
  const auto path = parse_registry_path(request.path);
  if (const std::string region = region_of(request); !region.empty()) exchange->call.region = region;
  const bool anonymous = request.headers.find("authorization") == nullptr;
  const bool entered = !options_.strict || may_enter(request);
  exchange->request = std::move(request);
  // Clients send their password, and with it the region, only if the first request was refused for want of one.
  if (!entered || (anonymous && path && path->kind == Kind::Base)) {
    net::Response refused = empty(401);
    refused.headers.emplace_back("Www-Authenticate", "Basic realm=\"https://" + options_.account + ".dkr.ecr." +
                                                         exchange->call.region +
                                                         ".amazonaws.com/\",service=\"ecr.amazonaws.com\"");
    refused.body = "Not Authorized\n";
    return exchange->reply(std::move(refused));
  }
  if (!path) return exchange->reply(problem(404, "UNSUPPORTED", "no endpoint of the distribution API"));
  exchange->path = *path;
  dispatch(exchange);
}

void Registry::dispatch(const ExchangePtr& exchange) {
  const std::string_view method = exchange->request.method;
  switch (exchange->path.kind) {
    case Kind::Base:
      return exchange->reply(empty(200));
    case Kind::Blob:
      if (method == "GET" || method == "HEAD") return blob(exchange);
      break;
    case Kind::NewUpload:
      if (method == "POST") return start_upload(exchange);
      break;
    case Kind::Upload:
      return upload(exchange);
    case Kind::Manifest:
      return manifest(exchange);
    case Kind::Tags:
      if (method == "GET") return tags(exchange, std::nullopt);
      break;
    case Kind::Referrers:
      return exchange->reply(problem(404, "UNSUPPORTED", "referrers are not supported"));
  }
  exchange->reply(problem(405, "UNSUPPORTED", "the operation is not supported"));
}

template <class Op, class F>
void Registry::call(const ExchangePtr& exchange, typename Op::Input input, F then) {
  cloud::Request request{&Op::operation(), api::Object::of(std::move(input)), exchange->call};
  submit_(std::move(request), [exchange, then = std::move(then)](service::Answer answer) mutable {
    if (!answer.result) return then(base::Outcome<typename Op::Output>(std::unexpected(answer.result.error())));
    then(base::Outcome<typename Op::Output>(std::move(answer.result->template as<typename Op::Output>())));
  });
}

void Registry::blob(const ExchangePtr& exchange) {
  const std::string digest = exchange->path.reference;
  if (!image::is_digest(digest)) return exchange->reply(problem(400, "DIGEST_INVALID", "not a sha256 digest"));
  using Op = api::ecr::BatchCheckLayerAvailability;
  call<Op>(exchange, {.layer_digests = {digest}, .repository_name = exchange->path.name},
           [this, exchange, digest](base::Outcome<Op::Output> outcome) {
             if (!outcome) return exchange->reply(problem(outcome.error()));
             const auto& layer = outcome->layers->front();
             if (!layer.layer_size) return exchange->reply(problem(404, "BLOB_UNKNOWN", "blob unknown to registry"));
             const auto size = static_cast<std::uint64_t>(*layer.layer_size);
             net::Response response = empty(200);
             response.headers.emplace_back("Docker-Content-Digest", digest);
             response.headers.emplace_back("Content-Type", "application/octet-stream");
             response.headers.emplace_back("Accept-Ranges", "bytes");
             net::FileRange file{content_.blob_path(digest), 0, size};
             if (const auto range = parse_byte_range(exchange->request.headers.get("range"), size)) {
               file.offset = range->first;
               file.length = range->last - range->first + 1;
               response.status = 206;
               response.headers.emplace_back("Content-Range", "bytes " + std::to_string(range->first) + "-" +
                                                                  std::to_string(range->last) + "/" +
                                                                  std::to_string(size));
             }
             response.files.push_back(std::move(file));
             exchange->reply(std::move(response));
           });
}

void Registry::start_upload(const ExchangePtr& exchange) {
  const std::string mounted = query_field(exchange->request, "mount");
  const std::string from = query_field(exchange->request, "from");
  if (image::is_digest(mounted) && !from.empty()) return mount(exchange, mounted, from);
  using Op = api::ecr::InitiateLayerUpload;
  call<Op>(exchange, {.repository_name = exchange->path.name}, [this, exchange](base::Outcome<Op::Output> outcome) {
    if (!outcome) return exchange->reply(problem(outcome.error()));
    if (exchange->request.sink) {  // the whole blob came with it
      auto upload = static_cast<UploadSink&>(*exchange->request.sink).upload;
      return complete(exchange, std::move(upload), query_field(exchange->request, "digest"));
    }
    const std::string id = outcome->upload_id.value_or("");
    if (!new_upload(id)) return exchange->reply(problem(429, "TOOMANYREQUESTS", "too many uploads at once"));
    net::Response response = empty(202);
    response.headers.emplace_back("Location", exchange->base() + "/blobs/uploads/" + id);
    response.headers.emplace_back("Docker-Upload-UUID", id);
    response.headers.emplace_back("Range", "0-0");
    exchange->reply(std::move(response));
  });
}

// A blob of another repository, without sending it again; where that has none, an ordinary upload begins.
void Registry::mount(const ExchangePtr& exchange, const std::string& digest, const std::string& from) {
  using Op = api::ecr::BatchCheckLayerAvailability;
  call<Op>(exchange, {.layer_digests = {digest}, .repository_name = from},
           [this, exchange, digest](base::Outcome<Op::Output> outcome) {
             const bool there = outcome && outcome->layers->front().layer_size;
             if (there) {
               return record_layer(exchange, digest, static_cast<std::uint64_t>(*outcome->layers->front().layer_size));
             }
             exchange->request.query = {};
             start_upload(exchange);
           });
}

void Registry::upload(const ExchangePtr& exchange) {
  const std::string_view method = exchange->request.method;
  const std::string id = exchange->path.reference;
  if (method == "DELETE") {
    drop_upload(id);
    return exchange->reply(empty(204));
  }
  const auto upload = find_upload(id);
  if (!upload) return exchange->reply(problem(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry"));
  const std::string range = "0-" + std::to_string(upload->size == 0 ? 0 : upload->size - 1);
  if (method == "GET" || method == "PATCH") {
    const bool failed = exchange->request.sink && static_cast<UploadSink&>(*exchange->request.sink).failed;
    exchange->request.sink.reset();
    if (failed) {
      drop_upload(id);
      return exchange->reply(problem(500, "UNKNOWN", "the blob could not be written to disk"));
    }
    net::Response response = empty(method == "GET" ? 204 : 202);
    response.headers.emplace_back("Location", exchange->base() + "/blobs/uploads/" + id);
    response.headers.emplace_back("Docker-Upload-UUID", id);
    response.headers.emplace_back("Range", range);
    return exchange->reply(std::move(response));
  }
  if (method != "PUT") return exchange->reply(problem(405, "UNSUPPORTED", "the operation is not supported"));
  complete(exchange, upload, query_field(exchange->request, "digest"));
}

// Checks the digest, puts the blob in its place on disk, and records it.
void Registry::complete(const ExchangePtr& exchange, std::shared_ptr<Upload> upload, const std::string& digest) {
  workers_.post([this, exchange, upload = std::move(upload), digest] {
    const auto* sink = static_cast<const UploadSink*>(exchange->request.sink.get());
    const bool failed = sink != nullptr && sink->failed;
    drop_upload(upload->id);
    const std::string found = "sha256:" + wire::to_hex(upload->digest.finish());
    if (digest != found) {
      return exchange->reply(problem(400, "DIGEST_INVALID", "provided digest did not match uploaded content"));
    }
    if (failed || !upload->file.keep_as(content_.blob_path(digest))) {
      return exchange->reply(problem(500, "UNKNOWN", "the blob could not be written to disk"));
    }
    record_layer(exchange, digest, upload->size);
  });
}

void Registry::record_layer(const ExchangePtr& exchange, const std::string& digest, std::uint64_t size) {
  service::Upload uploaded;
  uploaded.sha256 = image::digest_hex(digest);
  uploaded.blob = uploaded.sha256;
  uploaded.size = size;
  exchange->call.upload = std::move(uploaded);
  using Op = api::ecr::CompleteLayerUpload;
  call<Op>(exchange,
           {.layer_digests = {digest}, .repository_name = exchange->path.name, .upload_id = exchange->path.reference},
           [exchange, digest](base::Outcome<Op::Output> outcome) {
             if (!outcome) return exchange->reply(problem(outcome.error()));
             net::Response response = empty(201);
             response.headers.emplace_back("Location", exchange->base() + "/blobs/" + digest);
             response.headers.emplace_back("Docker-Content-Digest", digest);
             exchange->reply(std::move(response));
           });
}

void Registry::manifest(const ExchangePtr& exchange) {
  const std::string_view method = exchange->request.method;
  if (method == "GET" || method == "HEAD") return get_manifest(exchange);
  if (method == "PUT") return put_manifest(exchange);
  if (method == "DELETE") return delete_manifest(exchange);
  exchange->reply(problem(405, "UNSUPPORTED", "the operation is not supported"));
}

namespace {

api::ecr::ImageIdentifier identifier(const std::string& reference) {
  api::ecr::ImageIdentifier id;
  (image::is_digest(reference) ? id.image_digest : id.image_tag) = reference;
  return id;
}

}  // namespace

void Registry::get_manifest(const ExchangePtr& exchange) {
  using Op = api::ecr::BatchGetImage;
  Op::Input input{.repository_name = exchange->path.name};
  input.image_ids.push_back(identifier(exchange->path.reference));
  call<Op>(exchange, std::move(input), [exchange](base::Outcome<Op::Output> outcome) {
    if (!outcome) return exchange->reply(problem(outcome.error()));
    if (!outcome->images || outcome->images->empty()) {
      return exchange->reply(problem(404, "MANIFEST_UNKNOWN", "Requested image not found"));
    }
    const auto& image = outcome->images->front();
    net::Response response = empty(200);
    response.headers.emplace_back("Content-Type", image.image_manifest_media_type.value_or(""));
    response.headers.emplace_back("Docker-Content-Digest", image.image_id->image_digest.value_or(""));
    response.body = image.image_manifest.value_or("");
    exchange->reply(std::move(response));
  });
}

// The bytes are on disk before the row that names them.
void Registry::put_manifest(const ExchangePtr& exchange) {
  workers_.post([this, exchange] {
    const auto stored = content_.put(exchange->request.body);
    if (!stored) return exchange->reply(problem(500, "UNKNOWN", stored.error().message));
    using Op = api::ecr::PutImage;
    Op::Input input{.image_manifest = exchange->request.body, .repository_name = exchange->path.name};
    const std::string_view type = exchange->request.headers.get("content-type");
    if (!type.empty()) input.image_manifest_media_type = std::string(type);
    const auto id = identifier(exchange->path.reference);
    input.image_digest = id.image_digest;
    input.image_tag = id.image_tag;
    call<Op>(exchange, std::move(input), [exchange, digest = *stored](base::Outcome<Op::Output> outcome) {
      // Pushing what is there already is fine here.
      const bool again = !outcome && outcome.error().shape == &api::ecr::faults::ImageAlreadyExistsException;
      if (!outcome && !again) return exchange->reply(problem(outcome.error()));
      net::Response response = empty(201);
      response.headers.emplace_back("Location", exchange->base() + "/manifests/" + digest);
      response.headers.emplace_back("Docker-Content-Digest", digest);
      exchange->reply(std::move(response));
    });
  });
}

void Registry::delete_manifest(const ExchangePtr& exchange) {
  using Op = api::ecr::BatchDeleteImage;
  Op::Input input{.repository_name = exchange->path.name};
  input.image_ids.push_back(identifier(exchange->path.reference));
  call<Op>(exchange, std::move(input), [exchange](base::Outcome<Op::Output> outcome) {
    if (!outcome) return exchange->reply(problem(outcome.error()));
    if (!outcome->failures || outcome->failures->empty()) return exchange->reply(empty(202));
    const auto& failure = outcome->failures->front();
    const bool missing = failure.failure_code == "ImageNotFound";
    exchange->reply(
        problem(missing ? 404 : 400, missing ? "MANIFEST_UNKNOWN" : "DENIED", failure.failure_reason.value_or("")));
  });
}

void Registry::tags(const ExchangePtr& exchange, std::optional<std::string> token) {
  using Op = api::ecr::ListImages;
  Op::Input input{.max_results = kListPage, .next_token = std::move(token), .repository_name = exchange->path.name};
  call<Op>(exchange, std::move(input), [this, exchange](base::Outcome<Op::Output> outcome) {
    if (!outcome) return exchange->reply(problem(outcome.error()));
    std::string& names = exchange->request.body;  // collected here, one a line
    for (const auto& id : *outcome->image_ids) {
      if (id.image_tag) names += *id.image_tag + "\n";
    }
    if (outcome->next_token) return tags(exchange, outcome->next_token);
    std::set<std::string> sorted;
    for (std::size_t start = 0, end; (end = names.find('\n', start)) != std::string::npos; start = end + 1) {
      sorted.insert(names.substr(start, end - start));
    }
    const std::string last = query_field(exchange->request, "last");
    const std::string limit = query_field(exchange->request, "n");
    std::size_t most = sorted.size();
    std::from_chars(limit.data(), limit.data() + limit.size(), most);
    base::Value list{base::Value::Array{}};
    auto at = last.empty() ? sorted.begin() : sorted.upper_bound(last);
    for (; at != sorted.end() && list.as_array().size() < most; ++at) list.as_array().emplace_back(*at);
    net::Response response = empty(200);
    if (at != sorted.end() && !list.as_array().empty()) {
      response.headers.emplace_back("Link", "<" + exchange->base() + "/tags/list?n=" + limit +
                                                "&last=" + wire::percent_encode(list.as_array().back().as_string()) +
                                                ">; rel=\"next\"");
    }
    base::Value body;
    body.set("name", exchange->path.name);
    body.set("tags", std::move(list));
    response.headers.emplace_back("Content-Type", "application/json");
    response.body = wire::write_json(body);
    exchange->reply(std::move(response));
  });
}

std::shared_ptr<Registry::Upload> Registry::new_upload(const std::string& id) {
  auto upload = std::make_shared<Upload>();
  upload->id = id;
  if (!upload->file.open(options_.data + "/blobs/uploads", id)) return nullptr;
  upload->used = options_.clock->now();
  const std::lock_guard lock(mutex_);
  std::erase_if(uploads_, [&](const auto& held) { return held.second->used + kUploadLife < upload->used; });
  if (uploads_.size() >= kMostUploads) return nullptr;
  uploads_[id] = upload;
  return upload;
}

std::shared_ptr<Registry::Upload> Registry::find_upload(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return nullptr;
  found->second->used = options_.clock->now();
  return found->second;
}

void Registry::drop_upload(const std::string& id) {
  const std::lock_guard lock(mutex_);
  uploads_.erase(id);
}

}  // namespace gateway
