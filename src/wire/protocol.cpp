#include "wire/protocol.h"

#include "base/ensure.h"
#include "wire/cbor.h"
#include "wire/faults.h"
#include "wire/json.h"
#include "wire/json_codec.h"
#include "wire/json_plain.h"
#include "wire/query.h"
#include "wire/rest.h"
#include "wire/validate.h"
#include "wire/xml.h"

namespace wire {
namespace {

using api::Operation;
using api::Protocol;
using api::Service;

constexpr std::string_view kXmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

// The form of a query request: the body of a POST, else the query string.
std::string_view form_of(const HttpParts& request) {
  return request.body.empty() ? request.query : request.body;
}

std::string_view after(std::string_view text, char separator) {
  const std::size_t at = text.rfind(separator);
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

bool is_query(Protocol protocol) {
  return protocol == Protocol::AwsQuery || protocol == Protocol::Ec2Query;
}

base::Outcome<const Operation*> by_name(Protocol protocol, const Service& service, std::string_view asked) {
  if (const Operation* found = service.find_operation(asked)) return found;
  const std::string name(asked);
  if (service.is_other_operation(name)) {
    return base::fault(faults::UnsupportedOperation,
                       "The operation " + name + " of " + std::string(service.id) + " is not supported.");
  }
  if (!is_query(protocol)) {
    return base::fault(service.id == "sqs" ? faults::UnknownOperationOfQueue : faults::UnknownOperationException,
                       "The operation " + name + " is not valid.");
  }
  if (service.id == "sqs") {
    return base::fault(faults::UnknownOperationException, "The action " + name + " is not valid for this endpoint.");
  }
  if (service.id == "iam" || service.id == "sts") {
    return base::fault(faults::UnknownOperationException,
                       "Could not find operation " + name + " for version " + std::string(service.api_version));
  }
  return base::fault(faults::UnknownOperationException, "The action " + name + " is not valid for this web service.");
}

base::Outcome<void> decode_body(Protocol protocol, const Operation& operation, const HttpParts& request, void* out,
                                Missing* missing) {
  const api::Type& type = *operation.input;
  switch (protocol) {
    case Protocol::AwsJson:
      return decode_json(type, request.body, out, missing);
    case Protocol::RpcV2Cbor:
      // An operation without input may come without a body: an empty map then.
      return cbor::decode(type, request.body.empty() ? std::string_view("\xa0") : request.body, out, missing);
    case Protocol::AwsQuery:
      return decode_query(type, form_of(request), QueryDialect::Aws, out, missing);
    case Protocol::Ec2Query:
      return decode_query(type, form_of(request), QueryDialect::Ec2, out, missing);
    case Protocol::RestXml:
    case Protocol::RestJson:
      return rest::decode_request(protocol, operation, request, out, missing);
  }
  return {};
}

std::string query_reply(const Operation& operation, const api::Object& output, std::string_view request_id) {
  const std::string root = std::string(operation.name) + "Response";
  std::string body = "<" + root + " xmlns=\"" + std::string(operation.service->xml_namespace) + "\">";
  if (operation.has_output) {
    const std::string wrapper = operation.result_wrapper.empty() ? std::string(operation.name) + "Result"
                                                                 : std::string(operation.result_wrapper);
    body += "<" + wrapper + ">";
    append_xml_members(body, output.type(), output.data());
    body += "</" + wrapper + ">";
  }
  body += "<ResponseMetadata>";
  append_xml_text_element(body, "RequestId", request_id);
  return body + "</ResponseMetadata></" + root + ">";
}

std::string ec2_reply(const Operation& operation, const api::Object& output, std::string_view request_id) {
  const std::string root = std::string(operation.name) + "Response";
  std::string body(kXmlHead);
  body += "<" + root + " xmlns=\"" + std::string(operation.service->xml_namespace) + "\">";
  append_xml_text_element(body, "requestId", request_id);
  if (operation.has_output) {
    append_xml_members(body, output.type(), output.data(), {.millis = Millis::Always});
  } else {
    append_xml_text_element(body, "return", "true");
  }
  return body + "</" + root + ">";
}

std::string json_content_type(const Service& service) {
  return "application/x-amz-json-" + std::string(service.json_version.empty() ? "1.0" : service.json_version);
}

std::string full_type(const Service& service, const base::FaultShape& shape) {
  const std::string_view space = shape.type_prefix.empty() ? service.shape_namespace : shape.type_prefix;
  return space.empty() ? std::string(shape.name) : std::string(space) + '#' + std::string(shape.name);
}

// CloudWatch answers the statuses of its query days only to those who ask for them; SQS gave its JSON errors the same
// statuses for good.
int fault_status(Protocol protocol, const Service& service, const base::FaultShape& shape, bool query_mode) {
  const bool legacy = service.query_compatible && !query_mode && service.id != "sqs" && !is_query(protocol);
  if (legacy) return shape.sender ? 400 : 500;
  return shape.http_status;
}

// Who is refused by policies hears so from the framework, not from the service: with a capital.
std::string_view message_member(const base::FaultShape& shape) {
  return shape.name == "AccessDeniedException" ? ",\"Message\":" : ",\"message\":";
}

std::string json_fault(const Service& service, const base::Fault& fault) {
  std::string body = "{\"__type\":";
  append_json_string(body, full_type(service, *fault.shape));
  body += message_member(*fault.shape);
  append_json_string(body, fault.message);
  return body + '}';
}

std::string cbor_fault(const Service& service, const base::Fault& fault) {
  std::string body;
  cbor::append_map_head(body, 2);
  cbor::append_text(body, "__type");
  cbor::append_text(body, full_type(service, *fault.shape));
  cbor::append_text(body, "message");
  cbor::append_text(body, fault.message);
  return body;
}

std::string query_fault(const Service& service, const base::Fault& fault, const std::string& request_id) {
  if (fault.shape == &faults::NoOperation) return "<UnknownOperationException/>";
  // SQS alone has the XML declaration and <Detail/>.
  const bool sqs = service.id == "sqs";
  std::string body = sqs ? "<?xml version=\"1.0\"?>" : "";
  body += "<ErrorResponse xmlns=\"" + std::string(service.xml_namespace) + "\"><Error>";
  append_xml_text_element(body, "Type", fault.shape->sender ? "Sender" : "Receiver");
  append_xml_text_element(body, "Code", fault.shape->query_code);
  append_xml_text_element(body, "Message", fault.message);
  if (sqs) body += "<Detail/>";
  body += "</Error>";
  append_xml_text_element(body, "RequestId", request_id);
  return body + "</ErrorResponse>";
}

std::string ec2_fault(const base::Fault& fault, const std::string& request_id) {
  std::string body(kXmlHead);
  body += "<Response><Errors><Error>";
  append_xml_text_element(body, "Code", fault.shape->query_code);
  append_xml_text_element(body, "Message", fault.message);
  body += "</Error></Errors>";
  append_xml_text_element(body, "RequestID", request_id);
  return body + "</Response>";
}

}  // namespace

std::vector<HeaderView> views_of(const HeaderMap& headers) {
  return {headers.begin(), headers.end()};
}

std::string_view header(HeaderViews headers, std::string_view name) {
  for (const HeaderView& header : headers) {
    if (header.first == name) return header.second;
  }
  return {};
}

base::Outcome<const Operation*> find_operation(Protocol protocol, const Service& service, const HttpParts& request) {
  switch (protocol) {
    case Protocol::AwsJson:
      return by_name(protocol, service, after(header(request.headers, "x-amz-target"), '.'));
    case Protocol::RpcV2Cbor:
      return by_name(protocol, service, after(request.path, '/'));
    case Protocol::AwsQuery:
    case Protocol::Ec2Query: {
      const auto action = form_field(form_of(request), "Action");
      if (!action) return base::fault(faults::MissingAction, "The request must contain the parameter Action.");
      return by_name(protocol, service, *action);
    }
    case Protocol::RestXml:
    case Protocol::RestJson:
      break;
  }
  return rest::find_operation(service, request);
}

namespace {

base::Outcome<api::Object> decode_input(Protocol protocol, const Operation& operation, const HttpParts& request,
                                        Missing& missing) {
  if (protocol == Protocol::AwsJson) {
    api::Object plain(*operation.input);
    if (decode_plain_json(*operation.input, request.body, plain.data(), missing)) return plain;
    missing.clear();
  }
  api::Object input(*operation.input);
  CHECK(decode_body(protocol, operation, request, input.data(), &missing));
  return input;
}

}  // namespace

base::Outcome<api::Object> decode_request(Protocol protocol, const Operation& operation, const HttpParts& request) {
  Missing missing;
  TRY(api::Object input, decode_input(protocol, operation, request, missing));
  if (operation.service->validation != api::Validation::Coral) return input;
  if (auto message = validation_message(*operation.input, input.data(), missing)) {
    const base::FaultShape* shape = operation.service->validation_fault;
    return base::fault(shape != nullptr ? *shape : faults::ValidationException, *std::move(message));
  }
  return input;
}

HttpReply encode_response(Protocol protocol, const Operation& operation, const api::Object& output,
                          std::string_view request_id) {
  HttpReply reply;
  reply.headers.emplace_back("x-amzn-RequestId", request_id);
  switch (protocol) {
    case Protocol::AwsJson:
      reply.headers.emplace_back("Content-Type", json_content_type(*operation.service));
      reply.body = operation.has_output ? encode_json(output.type(), output.data()) : "{}";
      break;
    case Protocol::RpcV2Cbor:
      reply.headers.emplace_back("smithy-protocol", "rpc-v2-cbor");
      if (operation.has_output) {
        reply.headers.emplace_back("Content-Type", "application/cbor");
        reply.body = cbor::encode(output.type(), output.data());
      }
      break;
    case Protocol::AwsQuery:
      reply.headers.emplace_back("Content-Type", "text/xml");
      reply.body = query_reply(operation, output, request_id);
      break;
    case Protocol::Ec2Query:
      reply.headers.emplace_back("Content-Type", "text/xml;charset=UTF-8");
      reply.body = ec2_reply(operation, output, request_id);
      break;
    case Protocol::RestXml:
    case Protocol::RestJson:
      return rest::encode_response(protocol, operation, output, request_id);
  }
  return reply;
}

JsonReply encode_json_response(const Operation& operation, const api::Object& output, std::string_view request_id) {
  const std::string_view version = operation.service->json_version;
  JsonReply reply;
  reply.lines.reserve(128);
  reply.lines.append("x-amzn-RequestId: ").append(request_id);
  reply.lines.append("\r\nContent-Type: application/x-amz-json-").append(version.empty() ? "1.0" : version);
  reply.lines += "\r\n";
  reply.body = operation.has_output ? encode_json(output.type(), output.data()) : "{}";
  return reply;
}

HttpReply encode_fault(Protocol protocol, const Service& service, const base::Fault& fault,
                       const FaultContext& context) {
  if (protocol == Protocol::RestXml || protocol == Protocol::RestJson) {
    return rest::encode_fault(protocol, service, fault, context);
  }
  HttpReply reply;
  reply.status = fault_status(protocol, service, *fault.shape, context.query_mode);
  reply.headers.emplace_back("x-amzn-RequestId", context.request_id);
  switch (protocol) {
    case Protocol::RpcV2Cbor:
      reply.headers.emplace_back("smithy-protocol", "rpc-v2-cbor");
      reply.headers.emplace_back("Content-Type", "application/cbor");
      reply.body = cbor_fault(service, fault);
      break;
    case Protocol::AwsQuery:
      reply.headers.emplace_back("Content-Type", "text/xml");
      reply.body = query_fault(service, fault, context.request_id);
      break;
    case Protocol::Ec2Query:
      reply.headers.emplace_back("Content-Type", "text/xml;charset=UTF-8");
      reply.body = ec2_fault(fault, context.request_id);
      break;
    default:
      reply.headers.emplace_back("Content-Type", json_content_type(service));
      reply.body = json_fault(service, fault);
      break;
  }
  if (service.query_compatible && !is_query(protocol)) {
    reply.headers.emplace_back("x-amzn-query-error",
                               std::string(fault.shape->query_code) + (fault.shape->sender ? ";Sender" : ";Receiver"));
  }
  return reply;
}

}  // namespace wire
