#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/shape.h"
#include "base/fault.h"
#include "base/random.h"
#include "base/time.h"
#include "service/answer.h"
#include "service/change.h"
#include "store/store.h"

namespace service {

// A request body that the gateway has already put on disk, durable, with what it measured on the way.
struct Upload {
  std::string blob;  // names the file; see cloud's blob port
  std::uint64_t size = 0;
  std::string md5;                               // 32 hex digits
  std::string sha256;                            // 64 hex digits, "" if not measured
  std::map<std::string, std::string> checksums;  // "crc32", "crc32c", "crc64nvme", "sha1", "sha256" -> base64
};

// Who asks, and how the request came in.
struct Call {
  std::string request_id;
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::string principal_arn;  // "" inside the cloud
  std::string access_key_id;
  std::string base_url;  // scheme://host[:port] as the client wrote it
  std::string source_address;
  std::string trace_header;  // X-Amzn-Trace-Id
  api::Protocol protocol = api::Protocol::AwsJson;
  std::optional<Upload> upload;
  std::map<std::string, std::string> headers;  // lower-case names; only what services need (S3 conditions, ranges)
};

struct Context;

// Runs an operation of any service inside the same turn. A fault undoes what the inner operation wrote, and only that.
class Invoker {
 public:
  virtual ~Invoker() = default;
  virtual base::Outcome<api::Object> invoke(const api::Operation& operation, const api::Object& input,
                                            Context& context) = 0;
};

// One turn of the cloud as a handler sees it: everything it may know and touch.
struct Context {
  const Call& call;
  base::TimePoint now;
  base::Random& random;
  Change& change;
  Invoker& invoker;
  store::Store& store;
  std::optional<Download> download{};  // set by a handler whose reply body is on disk

  // The same turn for another account or region.
  Context as(const Call& other) const { return Context{other, now, random, change, invoker, store, {}}; }
  std::string arn(std::string_view service, std::string_view resource) const;
};

// Calls another service's operation: TRY(auto queue, service::call<api::sqs::CreateQueue>(input, ctx)).
template <class Op>
base::Outcome<typename Op::Output> call(typename Op::Input input, Context& context) {
  auto answer = context.invoker.invoke(Op::operation(), api::Object::of(std::move(input)), context);
  if (!answer) return std::unexpected(std::move(answer).error());
  return std::move(answer->template as<typename Op::Output>());
}

// Key of a regional thing: "account/region/part/part". Parts must not hold '/' unless they come last.
std::string key(const Call& call, std::initializer_list<std::string_view> parts);
inline std::string key(const Context& context, std::initializer_list<std::string_view> parts) {
  return key(context.call, parts);
}
// Key prefix of everything in the caller's account and region: "account/region/".
std::string scope_prefix(const Call& call);

}  // namespace service
