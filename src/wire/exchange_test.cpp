// Requests and replies byte for byte as AWS and its clients write them.

#include <gtest/gtest.h>

#include <cmath>

#include "wire/protocol.h"
#include "wire/shape_for_test.h"

namespace wire {
namespace {

using api::Protocol;
using testing::Everything;
using testing::Leaf;

Everything decoded(Protocol protocol, HttpParts request) {
  const auto input = decode_request(protocol, testing::operation("DoEverything"), request);
  EXPECT_TRUE(input.has_value()) << (input ? "" : input.error().message);
  return input ? input->as<Everything>() : Everything();
}

// A literal with zeros in it.
template <std::size_t N>
std::string bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

std::string refusal(Protocol protocol, std::string_view body) {
  const auto input = decode_request(protocol, testing::operation("DoEverything"),
                                    HttpParts{.method = "POST", .path = "/", .body = body});
  return input ? "accepted" : std::string(input.error().shape->name) + ": " + input.error().message;
}

TEST(AwsJson, ReadsWhatClientsSend) {
  const auto value = decoded(Protocol::AwsJson, {.body = R"({"Text":"abc","Labels":["\u00e9","b"],"Unknown":{"x":[1]},
      "Flag":null,"Number":3,"Real":"NaN","At":1700000000.25,"Bytes":"aGk=",
      "Leaf":{"Name":"n","Leaves":[{"Name":"m"}]}})"});
  EXPECT_EQ(value.labels, (std::vector<std::string>{"é", "b"}));
  EXPECT_FALSE(value.flag.has_value());
  EXPECT_EQ(value.number, 3);
  EXPECT_TRUE(std::isnan(*value.real));
  EXPECT_EQ(value.at, base::from_unix_millis(1'700'000'000'250));
  EXPECT_EQ(value.bytes, "hi");
  EXPECT_EQ(value.leaf->leaves->at(0).name, "m");
}

TEST(AwsJson, WritesWhatAwsWrites) {
  const Everything value{.text = "a\"\n",
                         .labels = {},
                         .number = 5,
                         .real = 2,
                         .at = base::from_unix_millis(1'700'000'000'250),
                         .tags = std::map<std::string, std::string>{{"k", "v"}}};
  const auto reply =
      encode_response(Protocol::AwsJson, testing::operation("DoEverything"), api::Object::of(value), "id-1");
  EXPECT_EQ(reply.body, R"({"Text":"a\"\n","Labels":[],"Number":5,"Real":2.0,"At":1700000000.25,"Tags":{"k":"v"}})");
  EXPECT_EQ(reply.headers, (std::vector<std::pair<std::string, std::string>>{
                               {"x-amzn-RequestId", "id-1"}, {"Content-Type", "application/x-amz-json-1.0"}}));
}

TEST(AwsJson, NamesTypeErrorsAsAwsDoes) {
  const std::string head = "SerializationException: ";
  EXPECT_EQ(refusal(Protocol::AwsJson, R"({"Text":{}})"), head + "Start of structure or map found where not expected.");
  EXPECT_EQ(refusal(Protocol::AwsJson, R"({"Text":[]})"), head + "Start of list found where not expected");
  EXPECT_EQ(refusal(Protocol::AwsJson, R"({"Number":"1"})"), head + "STRING_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal(Protocol::AwsJson, R"({"Number":true})"), head + "TRUE_VALUE can not be converted to an Integer");
  EXPECT_EQ(refusal(Protocol::AwsJson, R"({"Text":1})"), head + "NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(refusal(Protocol::AwsJson, R"({"Labels":"x"})"),
            head + "Unrecognized collection type class java.lang.String");
  EXPECT_EQ(refusal(Protocol::AwsJson, "{\"Text\":\n x}"),
            head + "The request body is not valid JSON: expected a value (line 2, column 2)");
}

TEST(AwsJson, WritesFaultsWithTheirQueryCode) {
  static constexpr base::FaultShape kShape{"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400, true,
                                           "com.amazonaws.sqs"};
  const auto reply = encode_fault(Protocol::AwsJson, testing::service(),
                                  {&kShape, "The specified queue does not exist."}, {.request_id = "id-1"});
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body,
            R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."})");
  EXPECT_EQ(reply.headers.back().first, "x-amzn-query-error");
  EXPECT_EQ(reply.headers.back().second, "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

TEST(AwsJson, TellsOfARefusalByPolicyWithACapital) {
  static constexpr base::FaultShape kShape{"AccessDeniedException", "AccessDenied", 403, true,
                                           "com.amazon.coral.service"};
  const auto reply = encode_fault(Protocol::AwsJson, testing::service(), {&kShape, "User: x"}, {.query_mode = true});
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.body, R"({"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: x"})");
  EXPECT_EQ(reply.headers.back().second, "AccessDenied;Sender");
}

// CloudWatch's rule: the statuses of the query days only for those who ask.
TEST(AwsJson, GivesLegacyStatusesOnlyInQueryMode) {
  static constexpr base::FaultShape kShape{"ResourceNotFound", "ResourceNotFound", 404, true};
  EXPECT_EQ(encode_fault(Protocol::AwsJson, testing::service(), {&kShape, ""}, {}).status, 400);
  EXPECT_EQ(encode_fault(Protocol::AwsJson, testing::service(), {&kShape, ""}, {.query_mode = true}).status, 404);
  EXPECT_EQ(encode_fault(Protocol::AwsQuery, testing::service(), {&kShape, ""}, {}).status, 404);
}

TEST(AwsQuery, ReadsWhatClientsSend) {
  const auto value = decoded(
      Protocol::AwsQuery,
      {.body = "Action=DoEverything&Version=2012-11-05&Text=ab&Labels.member.10=c&Labels.member.2=b&Number=4&Flag=true"
               "&At=2024-01-02T03%3A04%3A05.678000Z&Bytes=aGk%3D&FlatLabel.3=z&FlatLabel.1=y&Tags.entry.1.key=k"
               "&Tags.entry.1.value=a+b%2B&FlatLeaf.1.Name=first&FlatLeaf.1.Value.Name=n&Leaves.item.1.Name=l&Leaf."
               "Name=q"});
  EXPECT_EQ(value.text, "ab");
  EXPECT_EQ(value.labels, (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(value.flat_labels, (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(value.at, base::from_unix_millis(1'704'164'645'678));
  EXPECT_EQ(value.tags->at("k"), "a b+");
  EXPECT_EQ(value.flat_leaves->at("first").name, "n");
  EXPECT_EQ(value.leaves->at(0).name, "l");
  EXPECT_EQ(value.leaf->name, "q");
}

TEST(AwsQuery, ReadsEmptyListsAndLoneElements) {
  const auto value =
      decoded(Protocol::AwsQuery, {.query = "Text=a&Labels=&FlatLabel=x&FlatLeaf.Name=k&FlatLeaf.Value.Name=v"});
  EXPECT_TRUE(value.labels.empty());
  EXPECT_EQ(value.flat_labels, (std::vector<std::string>{"x"}));
  EXPECT_EQ(value.flat_leaves->at("k").name, "v");
}

TEST(AwsQuery, WritesWhatAwsWrites) {
  const Everything value{.text = "a&b",
                         .labels = {"x", "y"},
                         .flag = true,
                         .at = base::from_unix_seconds(1'704'164'645),
                         .flat_labels = std::vector<std::string>{"p", "q"},
                         .tags = std::map<std::string, std::string>{{"k", "v"}},
                         .flat_leaves = std::map<std::string, Leaf>{{"k", {.name = "n"}}}};
  const auto reply =
      encode_response(Protocol::AwsQuery, testing::operation("DoEverything"), api::Object::of(value), "id-1");
  EXPECT_EQ(
      reply.body,
      "<DoEverythingResponse "
      "xmlns=\"http://test/doc/\"><DoEverythingResult><Text>a&amp;b</Text><Labels><member>x</member>"
      "<member>y</member></Labels><Flag>true</Flag><At>2024-01-02T03:04:05Z</At><FlatLabel>p</FlatLabel><FlatLabel>q</"
      "FlatLabel>"
      "<Tags><entry><key>k</key><value>v</value></entry></Tags><FlatLeaf><Name>k</Name><Value><Name>n</Name></Value></"
      "FlatLeaf>"
      "</DoEverythingResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DoEverythingResponse>");
}

TEST(AwsQuery, LeavesTheResultOutWhereThereIsNone) {
  const auto& operation = testing::operation("DoNothing");
  const auto reply = encode_response(Protocol::AwsQuery, operation, api::Object(*operation.output), "id-1");
  EXPECT_EQ(
      reply.body,
      "<DoNothingResponse xmlns=\"http://test/doc/\"><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>"
      "</DoNothingResponse>");
}

TEST(AwsQuery, WritesSqsFaultsWithDetail) {
  static constexpr base::FaultShape kShape{"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400, true,
                                           ""};
  api::Service sqs = testing::service();
  sqs.id = "sqs";
  sqs.xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";
  const auto reply = encode_fault(Protocol::AwsQuery, sqs, {&kShape, "a \"b\"\r"}, {.request_id = "id-1"});
  EXPECT_EQ(
      reply.body,
      "<?xml version=\"1.0\"?><ErrorResponse "
      "xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>Sender</Type>"
      "<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>a &quot;b&quot;&#xD;</Message><Detail/></Error>"
      "<RequestId>id-1</RequestId></ErrorResponse>");
}

TEST(Ec2Query, ReadsListsWithoutMember) {
  const auto value =
      decoded(Protocol::Ec2Query, {.body = "Text=a&Labels.1=x&Labels.2=y&Leaves.1.Name=n&Leaves.1.Leaves.1.Name=m"});
  EXPECT_EQ(value.labels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(value.leaves->at(0).leaves->at(0).name, "m");
}

TEST(Ec2Query, WritesRepliesAndFaults) {
  const Everything value{
      .text = "a", .at = base::from_unix_seconds(1'704'164'645), .leaves = std::vector<Leaf>{{.name = "n"}}};
  EXPECT_EQ(
      encode_response(Protocol::Ec2Query, testing::operation("DoEverything"), api::Object::of(value), "id-1").body,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DoEverythingResponse "
      "xmlns=\"http://test/doc/\"><requestId>id-1</requestId>"
      "<Text>a</Text><Labels></Labels><At>2024-01-02T03:04:05.000Z</At><Leaves><item><Name>n</Name></item></Leaves>"
      "</DoEverythingResponse>");
  const auto& nothing = testing::operation("DoNothing");
  EXPECT_EQ(encode_response(Protocol::Ec2Query, nothing, api::Object(*nothing.output), "id-1").body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DoNothingResponse "
            "xmlns=\"http://test/doc/\"><requestId>id-1</requestId>"
            "<return>true</return></DoNothingResponse>");
  static constexpr base::FaultShape kShape{"X", "InvalidVpcID.NotFound", 400, true, ""};
  EXPECT_EQ(encode_fault(Protocol::Ec2Query, testing::service(), {&kShape, "gone"}, {.request_id = "id-1"}).body,
            "<?xml version=\"1.0\" "
            "encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code><Message>gone"
            "</Message></Error></Errors><RequestID>id-1</RequestID></Response>");
}

// {"Text":"ab","Labels":["x"],"Number":half 3.0,"Real":half 1.5,"At":tag 1 int,"Flag":null}, indefinite throughout.
TEST(RpcV2Cbor, ReadsIndefiniteHalfAndTagged) {
  const std::string body = bytes(
      "\xbf\x64Text\x7f\x61"
      "a\x61"
      "b\xff\x66Labels\x9f\x61x\xff\x66Number\xf9\x42\x00\x64Real\xf9\x3e\x00\x62"
      "At\xc1\x1a\x65\x53\xf1\x00\x64"
      "Flag\xf6\x67Unknown\xbf\x61"
      "a\x81\x01\xff\xff");
  const auto value = decoded(Protocol::RpcV2Cbor, {.body = body});
  EXPECT_EQ(value.text, "ab");
  EXPECT_EQ(value.labels, (std::vector<std::string>{"x"}));
  EXPECT_EQ(value.number, 3);
  EXPECT_EQ(value.real, 1.5);
  EXPECT_EQ(value.at, base::from_unix_seconds(1'700'000'000));
  EXPECT_FALSE(value.flag.has_value());
}

TEST(RpcV2Cbor, WritesTagOneOverADouble) {
  const Leaf leaf{.name = "n", .count = -2, .at = base::from_unix_seconds(1'700'000'000)};
  const Everything value{.text = "t", .leaf = leaf};
  const auto reply =
      encode_response(Protocol::RpcV2Cbor, testing::operation("DoEverything"), api::Object::of(value), "id-1");
  EXPECT_EQ(reply.body, bytes("\xa3\x64Text\x61t\x66Labels\x80\x64Leaf\xa3\x64Name\x61n\x65"
                              "Count\x21\x62"
                              "At\xc1\xfb\x41\xd9\x54\xfc\x40\x00\x00\x00"));
  EXPECT_EQ(reply.headers[1], (std::pair<std::string, std::string>{"smithy-protocol", "rpc-v2-cbor"}));
}

TEST(RestXml, ChoosesTheOperationThatAsksForMost) {
  const auto name = [](std::string method, std::string path, std::string query) {
    const auto found =
        find_operation(Protocol::RestXml, testing::service(), {.method = method, .path = path, .query = query});
    return found ? std::string((*found)->name) : std::string(found.error().shape->name);
  };
  EXPECT_EQ(name("GET", "/b/k/l", ""), "GetRestful");
  EXPECT_EQ(name("GET", "/b/k", "x-id=GetRestful"), "GetRestful");
  EXPECT_EQ(name("GET", "/b/k/l", "list"), "ListRestful");
  EXPECT_EQ(name("GET", "/b/k/l", "list=&marker="), "ListRestful");
  EXPECT_EQ(name("GET", "/b/k/l", "acl"), "NotImplemented");
  EXPECT_EQ(name("PUT", "/b/k", ""), "PutRestful");
  EXPECT_EQ(name("DELETE", "/b/k", ""), "MethodNotAllowed");
  EXPECT_EQ(name("GET", "/b", ""), "NotImplemented");
}

TEST(RestXml, LeavesErrorsUnwrapped) {
  static constexpr base::FaultShape kShape{"NoSuchKey", "NoSuchKey", 404, true, ""};
  const auto reply = encode_fault(Protocol::RestXml, testing::service(), {&kShape, "The specified key does not exist."},
                                  {.request_id = "id", .resource = "/b/k"});
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does "
            "not exist."
            "</Message><Resource>/b/k</Resource><RequestId>id</RequestId><HostId>aWQ=</HostId></Error>");
}

TEST(FindOperation, TellsUnknownFromUnsupported) {
  HttpParts request{.method = "POST", .path = "/"};
  const HeaderView headers[] = {{"x-amz-target", "TestService.DoSomethingElse"}};
  request.headers = headers;
  EXPECT_EQ(find_operation(Protocol::AwsJson, testing::service(), request).error().shape->name, "UnsupportedOperation");
  request.body = "Action=Nope";
  EXPECT_EQ(find_operation(Protocol::AwsQuery, testing::service(), request).error().shape->query_code, "InvalidAction");
}

}  // namespace
}  // namespace wire
