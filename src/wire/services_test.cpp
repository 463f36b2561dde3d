// Every operation of every service, in every protocol that it speaks: what one side writes, the other reads.

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "wire/cbor.h"
#include "wire/protocol.h"
#include "wire/shape_for_test.h"
#include "wire/validate.h"

namespace wire {
namespace {

using api::Protocol;

HeaderMap lower_case(const std::vector<std::pair<std::string, std::string>>& headers) {
  HeaderMap map;
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    map.emplace(lower, value);
  }
  return map;
}

// The same operation of a service that validates nothing: random values break constraints.
struct Unchecked {
  explicit Unchecked(const api::Operation& of) : service(*of.service), operation(of) {
    service.validation = api::Validation::None;
    operation.service = &service;
  }
  api::Service service;
  api::Operation operation;
};

bool is_rest(Protocol protocol) {
  return protocol == Protocol::RestXml || protocol == Protocol::RestJson;
}

// Objects of any type are equal when their CBOR is.
std::string bytes(const api::Object& object) {
  return cbor::encode(object.type(), object.data());
}

TEST(EveryOperation, RequestsComeBack) {
  base::SeededRandom random(7);
  for (const api::Service* service : api::all_services()) {
    for (const Protocol protocol : service->protocols) {
      if (is_rest(protocol)) continue;  // labels and headers do not hold any text
      for (const api::Operation* operation : service->operations) {
        SCOPED_TRACE(std::string(service->id) + ' ' + std::string(operation->name) + ' ' +
                     std::to_string(static_cast<int>(protocol)));
        // Its two kinds of attribute names share one query key.
        if (protocol == Protocol::AwsQuery && operation->name == "ReceiveMessage") continue;
        const Unchecked unchecked(*operation);
        api::Object input(*operation->input);
        testing::fill(*operation->input, input.data(), random, 2);
        const HttpCall call = encode_request(protocol, unchecked.operation, input);
        const HeaderMap headers = lower_case(call.headers);
        const auto views = views_of(headers);
        const HttpParts request{call.method, call.path, call.query, views, call.body};
        const auto found = find_operation(protocol, *service, request);
        ASSERT_TRUE(found.has_value()) << found.error().message;
        EXPECT_EQ(*found, operation);
        const auto decoded = decode_request(protocol, unchecked.operation, request);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().message << '\n' << call.body;
        EXPECT_EQ(bytes(*decoded), bytes(input)) << call.body;
      }
    }
  }
}

TEST(EveryOperation, RepliesComeBack) {
  base::SeededRandom random(8);
  for (const api::Service* service : api::all_services()) {
    for (const Protocol protocol : service->protocols) {
      if (is_rest(protocol)) continue;
      for (const api::Operation* operation : service->operations) {
        SCOPED_TRACE(std::string(service->id) + ' ' + std::string(operation->name) + ' ' +
                     std::to_string(static_cast<int>(protocol)));
        api::Object output(*operation->output);
        testing::fill(*operation->output, output.data(), random, 2);
        const HttpReply reply = encode_response(protocol, *operation, output, "id-1");
        const auto decoded = decode_response(protocol, *operation, reply.status, lower_case(reply.headers), reply.body);
        ASSERT_TRUE(decoded.has_value()) << decoded.error().message << '\n' << reply.body;
        EXPECT_EQ(bytes(*decoded), bytes(output)) << reply.body;
      }
    }
  }
}

// Only these patterns of the models are beyond the engine; what they should refuse is accepted, but for the first, of
// scheduled actions' names, which their service checks.
TEST(EveryOperation, HasPatternsThatCompile) {
  std::set<std::string> unknown;
  std::set<const api::Type*> seen;
  const std::function<void(const api::Type&)> walk = [&](const api::Type& type) {
    if (!seen.insert(&type).second) return;
    if (!type.pattern.empty() && !is_pattern_known(type.pattern)) unknown.insert(std::string(type.pattern));
    for (const auto& member : type.members) walk(*member.type());
    if (type.element != nullptr) walk(*type.element());
  };
  for (const api::Service* service : api::all_services()) {
    for (const api::Operation* operation : service->operations) walk(*operation->input);
  }
  EXPECT_EQ(unknown, (std::set<std::string>{
                         R"((?!((^[ ]+.*)|(.*([\u0000-\u001f]|[\u007f-\u009f]|[:/|])+.*)|(.*[ ]+$))).+)",
                         R"([\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+)",
                         R"([\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*)",
                         R"([\u0009\u000A\u000D\u0020-\u00FF]+)",
                         R"([\u0020-\u00FF]+)",
                         R"([\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*)",
                     }));
}

}  // namespace
}  // namespace wire
