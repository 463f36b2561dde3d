#include "wire/rest.h"

#include <algorithm>

#include "base/ensure.h"
#include "wire/faults.h"
#include "wire/json.h"
#include "wire/json_codec.h"
#include "wire/percent.h"
#include "wire/rest_value.h"
#include "wire/text.h"
#include "wire/uri_template.h"
#include "wire/xml.h"

namespace wire::rest {
namespace {

using api::Kind;
using api::Location;
using api::Member;
using api::Operation;
using api::Protocol;

using QueryFields = std::vector<std::pair<std::string, std::string>>;

const std::string* field(const QueryFields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &QueryFields::value_type::first);
  return found == fields.end() ? nullptr : &found->second;
}

// How many things the operation asks for beyond method and path; -1 if the request lacks one of them.
int fitness(const Operation& operation, const UriTemplate& uri, const HttpParts& request, const QueryFields& fields) {
  int asked = 0;
  for (const auto& [name, value] : uri.literals) {
    const std::string* sent = field(fields, name);
    if (sent == nullptr || (!value.empty() && *sent != value)) return -1;
    ++asked;
  }
  for (const Member& member : operation.input->members) {
    if (!member.required) continue;
    if (member.location == Location::QueryString) {
      if (field(fields, member.location_name) == nullptr) return -1;
      ++asked;
    } else if (member.location == Location::Header) {
      if (find_header(request.headers, member.location_name) == nullptr) return -1;
      ++asked;
    }
  }
  return asked;
}

bool knows_field(const Operation& operation, const UriTemplate& uri, std::string_view name) {
  const auto is_it = [&](const Member& member) {
    return member.location == Location::QueryString && member.location_name == name;
  };
  return std::ranges::any_of(uri.literals, [&](const auto& literal) { return literal.first == name; }) ||
         std::ranges::any_of(operation.input->members, is_it);
}

std::string error_code(const base::FaultShape& shape) {
  return std::string(shape.query_code.empty() ? shape.name : shape.query_code);
}

}  // namespace

base::Outcome<const Operation*> find_operation(const api::Service& service, const HttpParts& request) {
  const QueryFields fields = parse_query(request.query);
  const Operation* best = nullptr;
  UriTemplate best_uri;
  int best_fitness = -1;
  bool path_known = false;
  for (const Operation* operation : service.operations) {
    UriTemplate uri = parse_uri_template(operation->http_uri);
    if (!match_path(uri, request.path)) continue;
    path_known = true;
    if (operation->http_method != request.method) continue;
    const int fits = fitness(*operation, uri, request, fields);
    if (fits <= best_fitness) continue;
    best = operation;
    best_fitness = fits;
    best_uri = std::move(uri);
  }
  for (const auto& [name, value] : fields) {
    const bool unknown = value.empty() && (best == nullptr || !knows_field(*best, best_uri, name));
    if (unknown) {
      return base::fault(faults::NotImplemented,
                         "The sub-resource '" + name + "' is not supported for " + std::string(request.method) + '.');
    }
  }
  if (best != nullptr) return best;
  if (path_known) {
    return base::fault(faults::MethodNotAllowed, "The specified method is not allowed against this resource.");
  }
  return base::fault(faults::NotImplemented, "No operation of " + std::string(service.id) + " answers " +
                                                 std::string(request.method) + ' ' + std::string(request.path));
}

namespace {

// Fills the members that one request carries outside its body.
class RequestReader {
 public:
  RequestReader(const Operation& operation, const HttpParts& request)
      : request_(request),
        fields_(parse_query(request.query)),
        labels_(match_path(parse_uri_template(operation.http_uri), request.path).value_or(Labels{})) {}

  // False when the member is not there.
  base::Outcome<bool> read(const Member& member, void* out) const {
    switch (member.location) {
      case Location::Uri:
        return label(member, out);
      case Location::QueryString:
        return query(member, out);
      case Location::Header:
        return read_header(member, request_.headers, out);
      case Location::HeaderPrefix:
        return read_header_prefix(member, request_.headers, out);
      default:
        return false;
    }
  }

 private:
  base::Outcome<bool> label(const Member& member, void* out) const {
    const auto found = std::ranges::find(labels_, member.location_name, &Labels::value_type::first);
    if (found == labels_.end()) return false;
    return read_text(member, *member.type(), found->second, member.emplace(out));
  }

  base::Outcome<bool> query(const Member& member, void* out) const {
    const api::Type& type = *member.type();
    if (type.kind != Kind::List) {
      const std::string* sent = field(fields_, member.location_name);
      if (sent == nullptr) return false;
      return read_text(member, type, *sent, member.emplace(out));
    }
    void* list = nullptr;
    for (const auto& [name, value] : fields_) {
      if (name != member.location_name) continue;
      if (list == nullptr) list = member.emplace(out);
      CHECK(read_text(member, *type.element(), value, type.append(list)));
    }
    return list != nullptr;
  }

  const HttpParts& request_;
  QueryFields fields_;
  Labels labels_;
};

const Member* payload_of(const api::Type& type) {
  const auto found = std::ranges::find(type.members, Location::Payload, &Member::location);
  return found == type.members.end() ? nullptr : &*found;
}

base::Outcome<void> decode_body(Protocol protocol, const api::Type& type, std::string_view body, void* out,
                                Missing* missing, bool body_only) {
  if (protocol == Protocol::RestJson) return decode_json(type, body, out, missing, JsonNames::Body);
  return decode_xml(type, body, "", out, missing, {.body_only = body_only});
}

base::Outcome<bool> decode_payload(Protocol protocol, const Member& member, std::string_view body, void* out) {
  if (member.streaming || body.empty()) return false;
  const api::Type& type = *member.type();
  void* value = member.emplace(out);
  if (type.kind == Kind::Structure) {
    CHECK(decode_body(protocol, type, body, value, nullptr, false));
  } else {
    *static_cast<std::string*>(value) = body;
  }
  return true;
}

// The members of the body that lies around everything else.
bool has_body_members(const api::Type& type) {
  return std::ranges::any_of(type.members, [](const Member& member) { return member.location == Location::Body; });
}

// S3 writes GetBucketLocation's only member as the root itself; the model marks that by giving the output the
// member's name.
const Member* unwrapped_member(const api::Type& type) {
  const bool alone = type.members.size() == 1 && type.members[0].location == Location::Body;
  return alone && !type.xml_name.empty() && type.xml_name == type.members[0].location_name ? &type.members[0] : nullptr;
}

std::string xml_document(std::string_view root, std::string_view xmlns, const api::Type& type, const void* value,
                         bool body_only) {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  append_xml_element(body, root, xmlns, type, value, {.millis = Millis::Always, .body_only = body_only});
  return body;
}

std::string unwrapped_document(const Member& member, std::string_view xmlns, const void* value) {
  std::string body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<";
  body.append(member.location_name).append(" xmlns=\"").append(xmlns).append("\">");
  if (member.present(value)) append_xml_text(body, scalar_to_text(*member.type(), {}, member.get(value)));
  return body.append("</").append(member.location_name).append(">");
}

std::string encode_payload(Protocol protocol, const api::Service& service, const Member& member, const void* value) {
  const api::Type& type = *member.type();
  if (type.kind != Kind::Structure) return *static_cast<const std::string*>(value);
  if (protocol == Protocol::RestJson) return encode_json(type, value, JsonNames::Body);
  return xml_document(member.location_name, service.xml_namespace, type, value, false);
}

std::string encode_body(Protocol protocol, const api::Service& service, const api::Type& type, const void* value) {
  if (const Member* payload = payload_of(type)) {
    const bool has_bytes = !payload->streaming && payload->present(value);
    return has_bytes ? encode_payload(protocol, service, *payload, payload->get(value)) : std::string();
  }
  if (!has_body_members(type)) return {};
  if (protocol == Protocol::RestJson) return encode_json(type, value, JsonNames::Body);
  if (const Member* alone = unwrapped_member(type)) return unwrapped_document(*alone, service.xml_namespace, value);
  return xml_document(type.xml_name.empty() ? type.name : type.xml_name, service.xml_namespace, type, value, true);
}

// The type of a body made by encode_body.
std::string_view content_type(Protocol protocol, const api::Type& type) {
  const Member* payload = payload_of(type);
  if (payload != nullptr && payload->type()->kind != Kind::Structure) return "application/octet-stream";
  return protocol == Protocol::RestJson ? "application/json" : "application/xml";
}

void add_request_ids(HttpReply& reply, Protocol protocol, std::string_view request_id) {
  if (protocol == Protocol::RestXml) {
    reply.headers.emplace_back("x-amz-request-id", request_id);
    reply.headers.emplace_back("x-amz-id-2", to_base64(request_id));
  } else {
    reply.headers.emplace_back("x-amzn-RequestId", request_id);
  }
}

}  // namespace

base::Outcome<void> decode_request(Protocol protocol, const Operation& operation, const HttpParts& request, void* out,
                                   std::vector<std::string>* missing) {
  const api::Type& type = *operation.input;
  const RequestReader reader(operation, request);
  for (const Member& member : type.members) {
    if (member.location == Location::Body) continue;
    TRY(const bool is_there, member.location == Location::Payload ? decode_payload(protocol, member, request.body, out)
                                                                  : reader.read(member, out));
    if (!is_there && member.required && member.location == Location::Payload && protocol == Protocol::RestXml) {
      return base::fault(faults::MissingRequestBody, "Request Body is empty");
    }
    if (!is_there && member.required && !member.streaming) {
      missing->push_back(Path{}.member(member.name).to_text());
    }
  }
  if (!has_body_members(type)) return {};
  const bool empty = request.body.empty() && protocol == Protocol::RestXml;
  Missing in_body;  // holds the members outside the body too
  if (!empty) CHECK(decode_body(protocol, type, request.body, out, &in_body, true));
  for (const Member& member : type.members) {
    const std::string path = Path{}.member(member.name).to_text();
    if (member.location == Location::Body && (empty ? member.required : std::ranges::count(in_body, path) > 0)) {
      missing->push_back(path);
    }
  }
  return {};
}

HttpReply encode_response(Protocol protocol, const Operation& operation, const api::Object& output,
                          std::string_view request_id) {
  HttpReply reply;
  reply.status = operation.http_status == 0 ? 200 : operation.http_status;
  add_request_ids(reply, protocol, request_id);
  const api::Type& type = output.type();
  for (const Member& member : type.members) {
    if (!member.present(output.data())) continue;
    const void* value = member.get(output.data());
    if (member.location == Location::StatusCode)
      reply.status = static_cast<int>(*static_cast<const std::int64_t*>(value));
    append_headers(reply.headers, member, value);
    // A part of a body; the model has no status member for it.
    if (member.location == Location::Header && member.location_name == "Content-Range") reply.status = 206;
  }
  reply.body = encode_body(protocol, *operation.service, type, output.data());
  if (reply.body.empty() && protocol == Protocol::RestJson && operation.has_output) reply.body = "{}";
  if (!reply.body.empty()) reply.headers.emplace_back("Content-Type", content_type(protocol, type));
  return reply;
}

HttpReply encode_fault(Protocol protocol, const api::Service&, const base::Fault& fault, const FaultContext& context) {
  HttpReply reply;
  reply.status = fault.shape->http_status;
  add_request_ids(reply, protocol, context.request_id);
  if (reply.status == 304) return reply;  // has no body by HTTP's rule
  if (protocol == Protocol::RestJson) {
    reply.headers.emplace_back("X-Amzn-Errortype", fault.shape->name);
    reply.headers.emplace_back("Content-Type", "application/json");
    reply.body = "{\"message\":";
    append_json_string(reply.body, fault.message);
    reply.body += '}';
    return reply;
  }
  reply.headers.emplace_back("Content-Type", "application/xml");
  reply.body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
  append_xml_text_element(reply.body, "Code", error_code(*fault.shape));
  append_xml_text_element(reply.body, "Message", fault.message);
  if (!context.resource.empty()) append_xml_text_element(reply.body, "Resource", context.resource);
  append_xml_text_element(reply.body, "RequestId", context.request_id);
  append_xml_text_element(reply.body, "HostId", to_base64(context.request_id));
  reply.body += "</Error>";
  return reply;
}

HttpCall encode_request(Protocol protocol, const Operation& operation, const api::Object& input) {
  HttpCall call{std::string(operation.http_method), "", "", {}, ""};
  const api::Type& type = input.type();
  const UriTemplate uri = parse_uri_template(operation.http_uri);
  const auto add_query = [&](std::string_view name, std::string_view value) {
    if (!call.query.empty()) call.query += '&';
    call.query += percent_encode(name);
    if (!value.empty()) call.query += '=' + percent_encode(value);
  };
  for (const auto& segment : uri.segments) {
    call.path += '/';
    const auto found = std::ranges::find(type.members, segment.text, &Member::location_name);
    if (!segment.label || found == type.members.end()) {
      call.path += segment.text;
    } else {
      call.path +=
          percent_encode(member_text(*found, found->get(input.data())), segment.greedy ? Slash::Keep : Slash::Encode);
    }
  }
  if (call.path.empty()) call.path = "/";
  for (const auto& [name, value] : uri.literals) add_query(name, value);
  for (const Member& member : type.members) {
    if (!member.present(input.data())) continue;
    const void* value = member.get(input.data());
    append_headers(call.headers, member, value);
    if (member.location != Location::QueryString) continue;
    if (member.type()->kind != Kind::List) {
      add_query(member.location_name, member_text(member, value));
      continue;
    }
    const api::Type& list = *member.type();
    for (std::size_t i = 0; i < list.size(value); ++i) {
      add_query(member.location_name,
                scalar_to_text(*list.element(), api::TimestampFormat::DateTime, list.at(value, i)));
    }
  }
  call.body = encode_body(protocol, *operation.service, type, input.data());
  if (!call.body.empty()) call.headers.emplace_back("Content-Type", content_type(protocol, type));
  return call;
}

base::Outcome<void> decode_response(Protocol protocol, const Operation& operation, int status, const HeaderMap& headers,
                                    std::string_view body, void* out) {
  const api::Type& type = *operation.output;
  const std::vector<HeaderView> views = views_of(headers);
  for (const Member& member : type.members) {
    switch (member.location) {
      case Location::Header:
        CHECK(read_header(member, views, out));
        break;
      case Location::HeaderPrefix:
        CHECK(read_header_prefix(member, views, out));
        break;
      case Location::StatusCode:
        *static_cast<std::int64_t*>(member.emplace(out)) = status;
        break;
      case Location::Payload:
        CHECK(decode_payload(protocol, member, body, out));
        break;
      default:
        break;
    }
  }
  if (body.empty() || !has_body_members(type)) return {};
  if (const Member* alone = protocol == Protocol::RestXml ? unwrapped_member(type) : nullptr) {
    CHECK(read_text(*alone, *alone->type(), xml_root_text(body), alone->emplace(out)));
    return {};
  }
  return decode_body(protocol, type, body, out, nullptr, true);
}

}  // namespace wire::rest
