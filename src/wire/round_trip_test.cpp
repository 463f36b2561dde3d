// What one side encodes, the other decodes to the same value, for every protocol; and no bytes make a decoder crash.

#include <gtest/gtest.h>

#include "wire/cbor.h"
#include "wire/protocol.h"
#include "wire/shape_for_test.h"

namespace wire {
namespace {

using api::Protocol;
using testing::Everything;
using testing::Listing;
using testing::Restful;

constexpr int kRuns = 200;

HeaderMap header_map(const std::vector<std::pair<std::string, std::string>>& headers) {
  HeaderMap map;
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    map.emplace(lower, value);
  }
  return map;
}

// Keeps what the parts point to.
struct Parts {
  explicit Parts(const HttpCall& call)
      : map(header_map(call.headers)),
        views(views_of(map)),
        parts{call.method, call.path, call.query, views, call.body} {}
  operator const HttpParts&() const { return parts; }

  HeaderMap map;
  std::vector<HeaderView> views;
  HttpParts parts;
};

Parts parts(const HttpCall& call) {
  return Parts(call);
}

// Everything's members are out of their bounds here, so the operation that validates nothing is used.
const api::Operation& unchecked(std::string_view name) {
  static const api::Service service = [] {
    api::Service made = testing::service();
    made.validation = api::Validation::None;
    return made;
  }();
  static std::map<std::string_view, api::Operation> made;
  api::Operation operation = testing::operation(name);
  operation.service = &service;
  return made.try_emplace(name, operation).first->second;
}

class EveryProtocol : public ::testing::TestWithParam<Protocol> {};

TEST_P(EveryProtocol, RequestsComeBack) {
  const auto& operation = unchecked("DoEverything");
  for (int seed = 0; seed < kRuns; ++seed) {
    base::SeededRandom random(static_cast<std::uint64_t>(seed));
    Everything value;
    fill(Everything::type(), &value, random);
    const HttpCall call = encode_request(GetParam(), operation, api::Object::of(value));
    const auto found = find_operation(GetParam(), testing::service(), parts(call));
    ASSERT_TRUE(found.has_value()) << found.error().message;
    EXPECT_EQ((*found)->name, "DoEverything");
    const auto decoded = decode_request(GetParam(), operation, parts(call));
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message << "\n" << call.body;
    ASSERT_EQ(decoded->as<Everything>(), value) << "seed " << seed << "\n" << call.body;
  }
}

TEST_P(EveryProtocol, ResponsesComeBack) {
  const auto& operation = unchecked("DoEverything");
  for (int seed = 0; seed < kRuns; ++seed) {
    base::SeededRandom random(static_cast<std::uint64_t>(seed));
    Everything value;
    fill(Everything::type(), &value, random);
    const HttpReply reply = encode_response(GetParam(), operation, api::Object::of(value), "id-1");
    const auto decoded = decode_response(GetParam(), operation, reply.status, header_map(reply.headers), reply.body);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message << "\n" << reply.body;
    ASSERT_EQ(decoded->as<Everything>(), value) << "seed " << seed << "\n" << reply.body;
  }
}

TEST_P(EveryProtocol, FaultsComeBack) {
  const base::FaultShape shape{"NotThere", "Test.NotThere", 404, true, "com.amazonaws.test"};
  const base::Fault fault{&shape, "no \"such\" <thing>"};
  const HttpReply reply =
      encode_fault(GetParam(), testing::service(), fault, {.request_id = "id-1", .query_mode = true});
  const auto seen = decode_response(GetParam(), testing::operation("DoEverything"), reply.status,
                                    header_map(reply.headers), reply.body);
  ASSERT_FALSE(seen.has_value());
  EXPECT_EQ(seen.error().status, 404);
  EXPECT_EQ(seen.error().message, fault.message);
  const bool by_name =
      GetParam() == Protocol::AwsJson || GetParam() == Protocol::RpcV2Cbor || GetParam() == Protocol::RestJson;
  EXPECT_EQ(seen.error().code, by_name ? "NotThere" : "Test.NotThere");
}

TEST_P(EveryProtocol, BrokenBytesAreRefusedOrReadButNeverCrash) {
  const auto& operation = unchecked("DoEverything");
  for (int seed = 0; seed < kRuns; ++seed) {
    base::SeededRandom random(static_cast<std::uint64_t>(seed));
    Everything value;
    fill(Everything::type(), &value, random);
    HttpCall call = encode_request(GetParam(), operation, api::Object::of(value));
    const HttpReply reply = encode_response(GetParam(), operation, api::Object::of(value), "id-1");
    for (std::string bytes : {call.body, reply.body}) {
      if (bytes.empty()) continue;
      switch (base::below(random, 3)) {
        case 0:
          bytes.resize(base::below(random, bytes.size()));
          break;
        case 1:
          bytes[base::below(random, bytes.size())] = static_cast<char>(random.next());
          break;
        default:
          bytes.insert(base::below(random, bytes.size()), base::draw(random, "{[<&=.\x9f\xff", 3));
          break;
      }
      call.body = bytes;
      static_cast<void>(decode_request(GetParam(), operation, parts(call)));
      static_cast<void>(decode_response(GetParam(), operation, 200, {}, bytes));
      static_cast<void>(decode_response(GetParam(), operation, 400, {}, bytes));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Wire, EveryProtocol,
                         ::testing::Values(Protocol::AwsJson, Protocol::AwsQuery, Protocol::Ec2Query, Protocol::RestXml,
                                           Protocol::RestJson, Protocol::RpcV2Cbor));

TEST(RestRoundTrip, EveryPlaceOfARequest) {
  const auto& operation = unchecked("PutRestful");
  const Restful value{.bucket = "b",
                      .key = "a b/ü?&=+.txt",
                      .part = 7,
                      .marker = "x&y",
                      .since = base::from_unix_seconds(1'700'000'000),
                      .metadata = std::map<std::string, std::string>{{"one", "1"}, {"two", "2"}},
                      .payload = testing::Leaf{.name = "n", .count = 3}};
  const HttpCall call = encode_request(Protocol::RestXml, operation, api::Object::of(value));
  EXPECT_EQ(call.method, "PUT");
  EXPECT_EQ(call.path, "/b/a%20b/%C3%BC%3F%26%3D%2B.txt");
  const auto decoded = decode_request(Protocol::RestXml, operation, parts(call));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->as<Restful>(), value);
}

TEST(RestRoundTrip, EveryPlaceOfAReply) {
  const auto& operation = unchecked("ListRestful");
  const Listing value{.region = "r", .status = 206, .leaves = std::vector<testing::Leaf>{{.name = "x"}, {.name = "y"}}};
  const HttpReply reply = encode_response(Protocol::RestXml, operation, api::Object::of(value), "id");
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListResult "
            "xmlns=\"http://test/doc/\"><Leaves><Name>x</Name></Leaves>"
            "<Leaves><Name>y</Name></Leaves></ListResult>");
  const auto decoded =
      decode_response(Protocol::RestXml, operation, reply.status, header_map(reply.headers), reply.body);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(decoded->as<Listing>(), value);
}

TEST(CborRows, HoldWhatTheWireCannot) {
  testing::WithDocument document{
      .document = base::Value(base::Value::Object{{"a", base::Value::Array{1, 2.5, "x", nullptr, true}}, {"b", -5}})};
  testing::WithDocument read;
  const auto bytes = cbor::encode(testing::WithDocument::type(), &document);
  ASSERT_TRUE(cbor::decode(testing::WithDocument::type(), bytes, &read).has_value());
  EXPECT_EQ(read, document);

  for (const auto at : {base::kNever, base::TimePoint::min(), base::TimePoint(base::Duration(1'700'000'000'123'457)),
                        base::TimePoint(base::Duration(-1))}) {
    const testing::Leaf leaf{
        .name = std::string("\0\xff", 2), .count = std::numeric_limits<std::int64_t>::min(), .at = at};
    testing::Leaf back;
    ASSERT_TRUE(cbor::decode(testing::Leaf::type(), cbor::encode(testing::Leaf::type(), &leaf), &back).has_value());
    EXPECT_EQ(back, leaf);
  }
  const Everything empty{.leaves = std::vector<testing::Leaf>{}, .tags = std::map<std::string, std::string>{}};
  Everything back;
  ASSERT_TRUE(cbor::decode(Everything::type(), cbor::encode(Everything::type(), &empty), &back).has_value());
  EXPECT_EQ(back, empty);
}

}  // namespace
}  // namespace wire
