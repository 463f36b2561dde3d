#include "gateway/route.h"

#include <gtest/gtest.h>

#include "gateway/auth.h"

namespace {

struct Asked {
  std::string method = "POST";
  std::string path = "/";
  std::string query;
  net::Headers headers;
  std::string body;
};

gateway::Route route(Asked asked) {
  net::Request request;
  request.method = asked.method;
  request.path = asked.path;
  request.query = asked.query;
  request.headers.assign(asked.headers.begin(), asked.headers.end());
  if (request.headers.find("host") == nullptr) request.headers.emplace_back("host", "127.0.0.1:4566");
  request.body = asked.body;
  const auto claim = gateway::read_claim(request).value_or(std::nullopt);
  return gateway::find_route(request, claim ? &*claim : nullptr);
}

net::Header authorization(const std::string& service) {
  return {"authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/" + service +
                               "/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"};
}
const net::Header kDate{"x-amz-date", "20260101T000000Z"};
const net::Header kForm{"content-type", "application/x-www-form-urlencoded; charset=utf-8"};

std::string id(const gateway::Route& route) {
  return route.service == nullptr ? "" : std::string(route.service->id);
}

}  // namespace

TEST(Route, BySignatureFirst) {
  const auto json = route({.headers = {authorization("sqs"), kDate, {"x-amz-target", "AmazonSQS.SendMessage"}}});
  EXPECT_EQ(id(json), "sqs");
  EXPECT_EQ(json.protocol, api::Protocol::AwsJson);
  EXPECT_EQ(json.region, "eu-west-1");
  const auto query = route({.headers = {authorization("sqs"), kDate, kForm}, .body = "Action=ListQueues"});
  EXPECT_EQ(query.protocol, api::Protocol::AwsQuery);
  EXPECT_EQ(route({.headers = {authorization("ec2"), kDate, kForm}}).protocol, api::Protocol::Ec2Query);
  EXPECT_EQ(id(route({.headers = {authorization("monitoring"), kDate, kForm}})), "cloudwatch");
  const auto unknown = route({.headers = {authorization("dynamodb"), kDate, {"x-amz-target", "DynamoDB_20120810.X"}}});
  EXPECT_EQ(id(unknown), "");
  EXPECT_EQ(unknown.asked_for, "dynamodb");
}

TEST(Route, RefusalsOfServicesThatAreNotHereAreInTheirProtocol) {
  const auto rest =
      route({.method = "GET", .path = "/2015-03-31/functions/", .headers = {authorization("lambda"), kDate}});
  EXPECT_EQ(id(rest), "");
  EXPECT_EQ(rest.protocol, api::Protocol::RestJson);
  const auto query = route({.headers = {authorization("sns"), kDate, kForm}, .body = "Action=ListTopics"});
  EXPECT_EQ(query.protocol, api::Protocol::AwsQuery);
}

TEST(Route, UnsignedRequests) {
  EXPECT_EQ(id(route({.headers = {{"x-amz-target", "Logs_20140328.PutLogEvents"}}})), "logs");
  const auto cbor = route({.path = "/service/GraniteServiceVersion20100801/operation/PutMetricData",
                           .headers = {{"smithy-protocol", "rpc-v2-cbor"}}});
  EXPECT_EQ(id(cbor), "cloudwatch");
  EXPECT_EQ(cbor.protocol, api::Protocol::RpcV2Cbor);
  EXPECT_EQ(id(route({.headers = {kForm}, .body = "Action=GetCallerIdentity&Version=2011-06-15"})), "sts");
  EXPECT_EQ(id(route({.method = "GET", .query = "Action=ListQueues&Version=2012-11-05"})), "sqs");
  EXPECT_EQ(id(route({.path = "/000000000000/q", .headers = {kForm}, .body = "Action=ReceiveMessage"})), "sqs");
  EXPECT_EQ(id(route({.method = "GET", .path = "/bucket/key"})), "s3");
  EXPECT_EQ(id(route({.method = "GET", .path = "/000000000000/q"})), "sqs");
  EXPECT_EQ(id(route({.method = "GET", .path = "/000000000000/picture.png"})), "s3");
  EXPECT_EQ(id(route({.method = "PUT", .path = "/000000000000/q"})), "s3");
  EXPECT_TRUE(route({.headers = {{"smithy-protocol", "rpc-v2-cbor"}, {"x-amz-target", "A.B"}}}).contradictory);
}

TEST(Route, Hosts) {
  const auto by_host = [](const std::string& host) {
    return route({.method = "GET", .query = "Action=X", .headers = {{"host", host}, kForm}});
  };
  EXPECT_EQ(id(by_host("sqs.ap-northeast-1.amazonaws.com")), "sqs");
  EXPECT_EQ(by_host("sqs.ap-northeast-1.amazonaws.com").region, "ap-northeast-1");
  EXPECT_EQ(id(by_host("eu-west-2.queue.amazonaws.com")), "sqs");
  EXPECT_EQ(id(by_host("queue.amazonaws.com:443")), "sqs");
  EXPECT_EQ(id(by_host("stream-logs.us-east-1.amazonaws.com")), "logs");
  EXPECT_EQ(id(by_host("api.ecr.us-east-1.amazonaws.com")), "ecr");
  const auto s3 = [](const std::string& host) { return route({.method = "GET", .headers = {{"host", host}}}).bucket; };
  EXPECT_EQ(s3("my.bucket.s3.us-west-2.amazonaws.com"), "my.bucket");
  EXPECT_EQ(s3("b.s3-eu-west-1.amazonaws.com"), "b");
  EXPECT_EQ(s3("bucket.localhost:4566"), "bucket");
  EXPECT_EQ(s3("s3.us-west-2.amazonaws.com"), "");
  EXPECT_EQ(s3("localhost:4566"), "");
}
