#pragma once

// One door to all protocols: requests to typed inputs, typed outputs and faults to replies, and the same the other way
// round for clients.

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/shape.h"
#include "base/fault.h"

namespace wire {

// Names in lower case.
using HeaderMap = std::multimap<std::string, std::string, std::less<>>;
using HeaderView = std::pair<std::string_view, std::string_view>;
using HeaderViews = std::span<const HeaderView>;
std::vector<HeaderView> views_of(const HeaderMap& headers);

// A request as it came, borrowed: what it points to must outlive the decoding. Path and query are as on the wire,
// percent-encoded and without '?'. Streamed bodies (S3 objects) stay out of it.
struct HttpParts {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  HeaderViews headers;  // names in lower case
  std::string_view body;
};

struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // empty where the operation streams its body
};

// The operation of `service` that a request names. Faults: unknown ("UnknownOperationException", "InvalidAction", …),
// or one that AWS has and this build does not ("UnsupportedOperation", naming it).
base::Outcome<const api::Operation*> find_operation(api::Protocol protocol, const api::Service& service,
                                                    const HttpParts& request);

// Decodes and, where the service says so, validates. Streaming members stay empty.
base::Outcome<api::Object> decode_request(api::Protocol protocol, const api::Operation& operation,
                                          const HttpParts& request);

HttpReply encode_response(api::Protocol protocol, const api::Operation& operation, const api::Object& output,
                          std::string_view request_id);

// A success of awsJson as the lines of its headers ("Name: value\r\n") and its body: what queues answer most.
struct JsonReply {
  std::string lines;
  std::string body;
};
JsonReply encode_json_response(const api::Operation& operation, const api::Object& output, std::string_view request_id);

struct FaultContext {
  std::string request_id;
  bool query_mode = false;  // the request had "x-amzn-query-mode: true"
  std::string resource;     // S3: the path that was asked for
};
HttpReply encode_fault(api::Protocol protocol, const api::Service& service, const base::Fault& fault,
                       const FaultContext& context);

// The first header by that (lower-case) name, or "".
std::string_view header(HeaderViews headers, std::string_view name);

// The client's side.

struct HttpCall {
  std::string method;
  std::string path;                                          // percent-encoded
  std::string query;                                         // percent-encoded, without '?'
  std::vector<std::pair<std::string, std::string>> headers;  // no Host, no signature, no Content-Length
  std::string body;
};
HttpCall encode_request(api::Protocol protocol, const api::Operation& operation, const api::Object& input);

// A fault as a client sees it, or what came instead of a reply (then `code` is "" and `message` says so).
struct RemoteFault {
  std::string code;  // short, as the protocol carries it: "QueueDoesNotExist", or the query code
  std::string message;
  int status = 0;
};
std::expected<api::Object, RemoteFault> decode_response(api::Protocol protocol, const api::Operation& operation,
                                                        int status, const HeaderMap& headers, std::string_view body);

}  // namespace wire
