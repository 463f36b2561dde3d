#include "gateway/auth.h"

#include <gtest/gtest.h>

#include "api/ec2/operations.h"
#include "api/ecs/operations.h"
#include "api/s3/operations.h"
#include "api/sts/operations.h"
#include "wire/digest.h"

namespace {

constexpr std::int64_t kNow = 1'700'000'000;
const std::string kTask = "ASIAEXAMPLETASK00000";

class AuthTest : public testing::Test {
 protected:
  AuthTest() { keys.open({kTask, "secret", "token", "arn:aws:sts::1:assumed-role/r/s", at(kNow + 900)}); }

  static base::TimePoint at(std::int64_t seconds) { return base::from_unix_seconds(seconds); }

  // "Code status: message" of the refusal of a request that is signed with these at that second, or "".
  std::string answer(const wire::sigv4::Credentials& credentials, const api::Service& service, api::Protocol protocol,
                     std::int64_t seconds = kNow) {
    net::Request request;
    request.method = "POST";
    request.path = request.target = "/";
    std::vector<net::Header> headers{{"host", "localhost"}};
    wire::sigv4::sign(credentials,
                      {wire::sigv4::format_time(seconds).substr(0, 8), "us-east-1", std::string(service.id)}, seconds,
                      request.method, request.path, request.query, headers, wire::sha256_hex(""));
    request.headers.assign(headers.begin(), headers.end());
    gateway::Route route;
    route.service = &service;
    route.protocol = protocol;
    const auto checked = authenticator.check(request, route, gateway::read_claim(request), at(seconds),
                                             gateway::Authenticator::Body::Here);
    if (checked) return "";
    const base::FaultShape& shape = *checked.error().shape;
    const bool json = protocol == api::Protocol::AwsJson;
    return std::string(json ? shape.name : shape.query_code) + " " + std::to_string(shape.http_status) + ": " +
           checked.error().message;
  }
  std::string json(const wire::sigv4::Credentials& credentials, std::int64_t seconds = kNow) {
    return answer(credentials, api::ecs::service(), api::Protocol::AwsJson, seconds);
  }

  gateway::SessionKeys keys;
  gateway::Authenticator authenticator{{{"AKIALASTING", "lasting"}}, keys};
};

constexpr const char* kInvalid =
    "UnrecognizedClientException 400: The security token included in the request is invalid.";

TEST_F(AuthTest, ASessionNeedsKeySecretAndToken) {
  EXPECT_EQ(json({kTask, "secret", "token"}), "");
  EXPECT_EQ(json({"AKIALASTING", "lasting", ""}), "");
  EXPECT_EQ(json({kTask, "secret", ""}), kInvalid);
  EXPECT_EQ(json({kTask, "secret", "other"}), kInvalid);
  EXPECT_TRUE(json({kTask, "wrong", "token"}).starts_with("InvalidSignatureException 400"));
}

TEST_F(AuthTest, AClosedSessionIsUnknown) {
  keys.close(kTask);
  EXPECT_EQ(json({kTask, "secret", "token"}), kInvalid);
}

TEST_F(AuthTest, AnExpiredSessionHearsItInTheWordsOfTheService) {
  const wire::sigv4::Credentials task{kTask, "secret", "token"};
  EXPECT_EQ(json(task, kNow + 899), "");
  EXPECT_EQ(json(task, kNow + 900), "ExpiredTokenException 400: The security token included in the request is expired");
  EXPECT_EQ(answer(task, api::sts::service(), api::Protocol::AwsQuery, kNow + 900),
            "ExpiredToken 403: The security token included in the request is expired");
  EXPECT_EQ(answer(task, api::ec2::service(), api::Protocol::Ec2Query, kNow + 900),
            "RequestExpired 400: Request has expired.");
  EXPECT_EQ(answer(task, api::s3::service(), api::Protocol::RestXml, kNow + 900),
            "ExpiredToken 400: The provided token has expired.");
}

}  // namespace
