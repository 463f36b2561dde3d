#pragma once

// The REST bindings of restXml and restJson1: method, URI template, query, headers and body. protocol.h is the door.

#include "wire/protocol.h"

namespace wire::rest {

// By method, path, the template's query literals, and the required members in query and headers: of all that fit, the
// operation that asks for most. A query name without value that the operation does not know is taken for a sub-resource
// that we do not have and refused: `GET /bucket?acl` must not list the bucket.
base::Outcome<const api::Operation*> find_operation(const api::Service& service, const HttpParts& request);

base::Outcome<void> decode_request(api::Protocol protocol, const api::Operation& operation, const HttpParts& request,
                                   void* out, std::vector<std::string>* missing);
HttpReply encode_response(api::Protocol protocol, const api::Operation& operation, const api::Object& output,
                          std::string_view request_id);
HttpReply encode_fault(api::Protocol protocol, const api::Service& service, const base::Fault& fault,
                       const FaultContext& context);

HttpCall encode_request(api::Protocol protocol, const api::Operation& operation, const api::Object& input);
base::Outcome<void> decode_response(api::Protocol protocol, const api::Operation& operation, int status,
                                    const HeaderMap& headers, std::string_view body, void* out);

}  // namespace wire::rest
