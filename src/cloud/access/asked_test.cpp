#include "cloud/access/asked.h"

#include <gtest/gtest.h>

#include "wire/protocol.h"

namespace {

class Roles : public cloud::access::RoleNames {
 public:
  std::string arn_of(const std::string& name) const override { return "arn:aws:iam::000000000000:role/app/" + name; }
};

// Each thing that a request needs leave for, as "action resource".
std::string asked(const std::string& service, const std::string& operation, const std::string& json) {
  for (const api::Service* one : api::all_services()) {
    if (one->id != service) continue;
    const api::Operation* found = one->find_operation(operation);
    if (found == nullptr) return "no such operation";
    // JSON reads every service's inputs, whatever it speaks.
    auto input = wire::decode_request(api::Protocol::AwsJson, *found, {.method = "POST", .path = "/", .body = json});
    if (!input) return input.error().message;
    std::string text;
    for (const auto& thing : cloud::access::asked_of({*found, *input, service::Call{}, "", ""}, Roles{})) {
      text += (text.empty() ? "" : "; ") + thing.action + " " + thing.resource;
    }
    return text;
  }
  return "no such service";
}

struct Case {
  const char* service;
  const char* operation;
  const char* input;
  const char* asked;
};

const Case kCases[] = {
    {"sqs", "SendMessage", R"({"QueueUrl":"http://h/000000000000/q","MessageBody":"m"})",
     "sqs:SendMessage arn:aws:sqs:us-east-1:000000000000:q"},
    {"sqs", "DeleteMessageBatch", R"({"QueueUrl":"https://sqs.us-east-1.amazonaws.com/111111111111/q","Entries":[]})",
     "sqs:DeleteMessage arn:aws:sqs:us-east-1:111111111111:q"},
    {"sqs", "GetQueueUrl", R"({"QueueName":"q"})", "sqs:GetQueueUrl arn:aws:sqs:us-east-1:000000000000:q"},
    {"sqs", "ListQueues", "{}", "sqs:ListQueues arn:aws:sqs:us-east-1:000000000000:"},
    {"logs", "CreateLogStream", R"({"logGroupName":"/g","logStreamName":"s"})",
     "logs:CreateLogStream arn:aws:logs:us-east-1:000000000000:log-group:/g:log-stream:s"},
    {"logs", "CreateLogGroup", R"({"logGroupName":"/g"})",
     "logs:CreateLogGroup arn:aws:logs:us-east-1:000000000000:log-group:/g:log-stream:"},
    {"logs", "FilterLogEvents", R"({"logGroupIdentifier":"arn:aws:logs:us-east-1:000000000000:log-group:/g"})",
     "logs:FilterLogEvents arn:aws:logs:us-east-1:000000000000:log-group:/g:log-stream:"},
    {"ecr", "GetAuthorizationToken", "{}", "ecr:GetAuthorizationToken *"},
    {"ecr", "BatchGetImage", R"({"repositoryName":"team/app","imageIds":[]})",
     "ecr:BatchGetImage arn:aws:ecr:us-east-1:000000000000:repository/team/app"},
    {"ecs", "UpdateService", R"({"cluster":"prod","service":"web"})",
     "ecs:UpdateService arn:aws:ecs:us-east-1:000000000000:service/prod/web"},
    {"ecs", "DescribeClusters", "{}", "ecs:DescribeClusters arn:aws:ecs:us-east-1:000000000000:cluster/default"},
    {"ecs", "RegisterTaskDefinition", R"({"family":"f","containerDefinitions":[],"taskRoleArn":"t"})",
     "ecs:RegisterTaskDefinition *; iam:PassRole arn:aws:iam::000000000000:role/app/t"},
    {"ecs", "RunTask", R"({"taskDefinition":"f:1","overrides":{"taskRoleArn":"arn:aws:iam::000000000000:role/x"}})",
     "ecs:RunTask arn:aws:ecs:us-east-1:000000000000:task-definition/f:1; iam:PassRole "
     "arn:aws:iam::000000000000:role/x"},
    {"iam", "GetRole", R"({"RoleName":"r"})", "iam:GetRole arn:aws:iam::000000000000:role/app/r"},
    {"iam", "CreateRole", R"({"RoleName":"r","Path":"/p/","AssumeRolePolicyDocument":"{}"})",
     "iam:CreateRole arn:aws:iam::000000000000:role/p/r"},
    {"sts", "GetCallerIdentity", "{}", ""},
    {"sts", "AssumeRole", R"({"RoleArn":"arn:aws:iam::000000000000:role/r","RoleSessionName":"me"})",
     "sts:AssumeRole arn:aws:iam::000000000000:role/r"},
    {"s3", "ListObjectsV2", R"({"Bucket":"b"})", "s3:ListBucket arn:aws:s3:::b"},
    {"s3", "HeadObject", R"({"Bucket":"b","Key":"a/k"})", "s3:GetObject arn:aws:s3:::b/a/k"},
    {"s3", "CopyObject", R"({"Bucket":"b","Key":"k","CopySource":"/c/x%20y"})",
     "s3:PutObject arn:aws:s3:::b/k; s3:GetObject arn:aws:s3:::c/x y"},
    {"s3", "DeleteObjects", R"({"Bucket":"b","Delete":{"Objects":[{"Key":"x"},{"Key":"y"}]}})",
     "s3:DeleteObject arn:aws:s3:::b/x; s3:DeleteObject arn:aws:s3:::b/y"},
    {"ssm", "GetParameter", R"({"Name":"/a/b:3"})",
     "ssm:GetParameter arn:aws:ssm:us-east-1:000000000000:parameter/a/b"},
    {"ssm", "GetParameters", R"({"Names":["p","arn:aws:ssm:us-east-1:000000000000:parameter/q:label"]})",
     "ssm:GetParameters arn:aws:ssm:us-east-1:000000000000:parameter/p; ssm:GetParameters "
     "arn:aws:ssm:us-east-1:000000000000:parameter/q"},
    {"ssm", "DescribeParameters", "{}", "ssm:DescribeParameters arn:aws:ssm:us-east-1:000000000000:*"},
    {"secretsmanager", "CreateSecret", R"({"Name":"s"})",
     "secretsmanager:CreateSecret arn:aws:secretsmanager:us-east-1:000000000000:secret:s"},
    {"secretsmanager", "GetSecretValue",
     R"({"SecretId":"arn:aws:secretsmanager:us-east-1:000000000000:secret:s-abcdef"})",
     "secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:000000000000:secret:s-abcdef"},
    {"secretsmanager", "GetRandomPassword", "{}", "secretsmanager:GetRandomPassword *"},
    {"ec2", "DescribeVpcs", "{}", "ec2:DescribeVpcs *"},
    {"cloudformation", "CreateStack", R"({"StackName":"s","RoleARN":"arn:aws:iam::000000000000:role/cf"})",
     "cloudformation:CreateStack arn:aws:cloudformation:us-east-1:000000000000:stack/s/*; iam:PassRole "
     "arn:aws:iam::000000000000:role/cf"},
    {"cloudwatch", "DeleteAlarms", R"({"AlarmNames":["a","b"]})",
     "cloudwatch:DeleteAlarms arn:aws:cloudwatch:us-east-1:000000000000:alarm:a; cloudwatch:DeleteAlarms "
     "arn:aws:cloudwatch:us-east-1:000000000000:alarm:b"},
    {"cloudwatch", "PutMetricData", R"({"Namespace":"n"})", "cloudwatch:PutMetricData *"},
    {"autoscaling", "RegisterScalableTarget",
     R"({"ServiceNamespace":"ecs","ResourceId":"service/c/s","ScalableDimension":"ecs:service:DesiredCount"})",
     "application-autoscaling:RegisterScalableTarget "
     "arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/*"},
};

TEST(AccessAsked, EachOperationByItsActionAndResource) {
  for (const Case& one : kCases) {
    EXPECT_EQ(asked(one.service, one.operation, one.input), one.asked) << one.service << "." << one.operation;
  }
}

// Nothing that is served gets past the policies for want of a table.
TEST(AccessAsked, EveryOperationAsksForSomething) {
  for (const api::Service* service : api::all_services()) {
    for (const api::Operation* operation : service->operations) {
      if (operation->name == "GetCallerIdentity" || operation->name == "DeleteObjects") continue;
      // Lists of things may be empty: then nothing is asked for, and the handler has nothing to show.
      if (service->id == "ecs" && (operation->name == "DescribeServices" || operation->name == "DescribeTasks"))
        continue;
      if (service->id == "cloudwatch" && operation->name.ends_with("Alarms") && operation->name != "DescribeAlarms")
        continue;
      if (service->id == "cloudwatch" && operation->name.ends_with("AlarmActions")) continue;
      if (service->id == "ssm" && operation->name == "DeleteParameters") continue;
      if (service->id == "ssm" && operation->name == "GetParameters") continue;
      const api::Object input(*operation->input);
      const auto things = cloud::access::asked_of({*operation, input, service::Call{}, "", ""}, Roles{});
      ASSERT_FALSE(things.empty()) << service->id << "." << operation->name;
      for (const auto& thing : things) EXPECT_NE(thing.action.find(':'), std::string::npos) << operation->name;
    }
  }
}

}  // namespace
