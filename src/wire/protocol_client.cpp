#include "base/ensure.h"
#include "wire/cbor.h"
#include "wire/json.h"
#include "wire/json_codec.h"
#include "wire/protocol.h"
#include "wire/query.h"
#include "wire/rest.h"
#include "wire/xml.h"

namespace wire {
namespace {

using api::Operation;
using api::Protocol;

constexpr int kFirstErrorStatus = 300;

// "com.amazonaws.sqs#QueueDoesNotExist:http://…" -> "QueueDoesNotExist"
std::string short_code(std::string_view type) {
  type = type.substr(0, type.find(':'));
  const std::size_t hash = type.rfind('#');
  return std::string(hash == std::string_view::npos ? type : type.substr(hash + 1));
}

RemoteFault json_fault(std::string_view body, const HeaderMap& headers) {
  RemoteFault fault;
  fault.code = short_code(header(views_of(headers), "x-amzn-errortype"));
  const auto parsed = parse_json(body);
  if (!parsed) return fault;
  for (const auto name : {"__type", "code"}) {
    if (const auto* type = parsed->find(name); type != nullptr && type->is_string())
      fault.code = short_code(type->as_string());
  }
  for (const auto name : {"message", "Message", "errorMessage"}) {
    if (const auto* text = parsed->find(name); text != nullptr && text->is_string()) fault.message = text->as_string();
  }
  return fault;
}

RemoteFault cbor_fault(std::string_view body) {
  RemoteFault fault;
  for (auto& [name, text] : cbor::text_members(body)) {
    if (name == "__type") fault.code = short_code(text);
    if (name == "message" || name == "Message") fault.message = text;
  }
  return fault;
}

RemoteFault xml_fault(Protocol protocol, std::string_view body) {
  if (protocol == Protocol::Ec2Query) {
    return {xml_text_at(body, {"Errors", "Error", "Code"}), xml_text_at(body, {"Errors", "Error", "Message"})};
  }
  if (protocol == Protocol::RestXml && xml_root_name(body) == "Error") {
    return {xml_text_at(body, {"Code"}), xml_text_at(body, {"Message"})};
  }
  return {xml_text_at(body, {"Error", "Code"}), xml_text_at(body, {"Error", "Message"})};
}

RemoteFault fault_of(Protocol protocol, int status, const HeaderMap& headers, std::string_view body) {
  RemoteFault fault;
  switch (protocol) {
    case Protocol::AwsJson:
    case Protocol::RestJson:
      fault = json_fault(body, headers);
      break;
    case Protocol::RpcV2Cbor:
      fault = cbor_fault(body);
      break;
    default:
      fault = xml_fault(protocol, body);
      break;
  }
  fault.status = status;
  if (fault.code.empty() && fault.message.empty()) {
    fault.message = "the server answered with status " + std::to_string(status);
  }
  return fault;
}

base::Outcome<void> decode_output(Protocol protocol, const Operation& operation, const HeaderMap& headers, int status,
                                  std::string_view body, void* out) {
  const api::Type& type = *operation.output;
  switch (protocol) {
    case Protocol::AwsJson:
      return decode_json(type, body, out);
    case Protocol::RpcV2Cbor:
      return cbor::decode(type, body.empty() ? std::string_view("\xa0") : body, out);
    case Protocol::AwsQuery: {
      if (!operation.has_output) return {};
      const std::string wrapper = operation.result_wrapper.empty() ? std::string(operation.name) + "Result"
                                                                   : std::string(operation.result_wrapper);
      return decode_xml(type, body, wrapper, out);
    }
    case Protocol::Ec2Query:
      return decode_xml(type, body, "", out);
    case Protocol::RestXml:
    case Protocol::RestJson:
      return rest::decode_response(protocol, operation, status, headers, body, out);
  }
  return {};
}

}  // namespace

HttpCall encode_request(Protocol protocol, const Operation& operation, const api::Object& input) {
  const api::Service& service = *operation.service;
  HttpCall call{"POST", "/", "", {}, ""};
  switch (protocol) {
    case Protocol::AwsJson:
      call.headers.emplace_back("Content-Type", "application/x-amz-json-" + std::string(service.json_version));
      call.headers.emplace_back("X-Amz-Target", std::string(service.target_prefix) + '.' + std::string(operation.name));
      call.body = encode_json(input.type(), input.data());
      break;
    case Protocol::RpcV2Cbor:
      call.path = "/service/" + std::string(service.target_prefix) + "/operation/" + std::string(operation.name);
      call.headers = {
          {"smithy-protocol", "rpc-v2-cbor"}, {"Content-Type", "application/cbor"}, {"Accept", "application/cbor"}};
      call.body = cbor::encode(input.type(), input.data());
      break;
    case Protocol::AwsQuery:
    case Protocol::Ec2Query: {
      const auto dialect = protocol == Protocol::AwsQuery ? QueryDialect::Aws : QueryDialect::Ec2;
      call.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
      call.body = encode_query(operation, input.data(), dialect);
      break;
    }
    case Protocol::RestXml:
    case Protocol::RestJson:
      return rest::encode_request(protocol, operation, input);
  }
  if (service.query_compatible && (protocol == Protocol::AwsJson || protocol == Protocol::RpcV2Cbor)) {
    call.headers.emplace_back("x-amzn-query-mode", "true");
  }
  return call;
}

std::expected<api::Object, RemoteFault> decode_response(Protocol protocol, const Operation& operation, int status,
                                                        const HeaderMap& headers, std::string_view body) {
  if (status >= kFirstErrorStatus) return std::unexpected(fault_of(protocol, status, headers, body));
  api::Object output(*operation.output);
  const auto decoded = decode_output(protocol, operation, headers, status, body, output.data());
  if (!decoded) return std::unexpected(RemoteFault{"", "the reply cannot be read: " + decoded.error().message, status});
  return output;
}

}  // namespace wire
