// AWS's managed policies that queue-driven Fargate systems name, with the statements of their current versions (facts,
// cfn_platform.md E7). A policy that is not here does not exist for renkei, and attaching it says so.

#include <algorithm>

#include "iam/state.h"

namespace iam {
namespace {

struct Known {
  const char* path;
  const char* name;
  int version;
  const char* statements;
};

constexpr const char* kPull =
    R"("ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage")";

std::vector<Known> known() {
  return {
      {"/aws-service-role/", "AWSApplicationAutoscalingECSServicePolicy", 2,
       R"([{"Effect":"Allow","Action":["ecs:DescribeServices","ecs:UpdateService","cloudwatch:PutMetricAlarm","cloudwatch:DescribeAlarms","cloudwatch:GetMetricData","cloudwatch:DeleteAlarms"],"Resource":["*"]}])"},
      {"/service-role/", "AWSLambdaBasicExecutionRole", 1,
       R"([{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}])"},
      {"/service-role/", "AWSLambdaSQSQueueExecutionRole", 1,
       R"([{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes","logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}])"},
      {"/", "AmazonEC2ContainerRegistryPullOnly", 1,
       R"([{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchGetImage","ecr:GetDownloadUrlForLayer","ecr:BatchImportUpstreamImage"],"Resource":"*"}])"},
      {"/", "AmazonEC2ContainerRegistryReadOnly", 3,
       R"([{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings"],"Resource":"*"}])"},
      {"/", "AmazonEC2ContainerRegistryPowerUser", 3,
       R"([{"Effect":"Allow","Action":["ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:GetRepositoryPolicy","ecr:DescribeRepositories","ecr:ListImages","ecr:DescribeImages","ecr:BatchGetImage","ecr:GetLifecyclePolicy","ecr:GetLifecyclePolicyPreview","ecr:ListTagsForResource","ecr:DescribeImageScanFindings","ecr:InitiateLayerUpload","ecr:UploadLayerPart","ecr:CompleteLayerUpload","ecr:PutImage"],"Resource":"*"}])"},
      {"/service-role/", "AmazonEC2ContainerServiceAutoscaleRole", 2,
       R"([{"Effect":"Allow","Action":["ecs:DescribeServices","ecs:UpdateService"],"Resource":["*"]},{"Effect":"Allow","Action":["cloudwatch:DescribeAlarms","cloudwatch:PutMetricAlarm"],"Resource":["*"]}])"},
      {"/", "AmazonS3ReadOnlyAccess", 3,
       R"([{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}])"},
      {"/", "AmazonSQSFullAccess", 1, R"([{"Action":["sqs:*"],"Effect":"Allow","Resource":"*"}])"},
      {"/", "AmazonSQSReadOnlyAccess", 4,
       R"([{"Effect":"Allow","Action":["sqs:GetQueueAttributes","sqs:GetQueueUrl","sqs:ListDeadLetterSourceQueues","sqs:ListQueues","sqs:ListMessageMoveTasks","sqs:ListQueueTags"],"Resource":"*"}])"},
      {"/", "AmazonSSMReadOnlyAccess", 1,
       R"([{"Effect":"Allow","Action":["ssm:Describe*","ssm:Get*","ssm:List*"],"Resource":"*"}])"},
      {"/", "CloudWatchLogsFullAccess", 8,
       R"([{"Sid":"CloudWatchLogsFullAccess","Effect":"Allow","Action":["logs:*","cloudwatch:GenerateQuery","cloudwatch:GenerateQueryResultsSummary","observabilityadmin:ListTelemetryRules","observabilityadmin:GetTelemetryRule","observabilityadmin:GetTelemetryEvaluationStatus"],"Resource":"*"}])"},
  };
}

// Stable ids without a random source: AWS's are fixed too.
std::string fixed_id(const std::string& arn) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::uint64_t hash = 1469598103934665603u;  // FNV-1a
  std::string id = "ANPA";
  for (int round = 0; round < 17; ++round) {
    for (const char c : arn) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    id += kAlphabet[(hash >> 40) % kAlphabet.size()];
  }
  return id;
}

PolicyRow make(const Known& one) {
  PolicyRow row;
  row.name = one.name;
  row.path = one.path;
  row.arn = "arn:aws:iam::aws:policy" + row.path + row.name;
  row.id = fixed_id(row.arn);
  row.created_at = base::from_unix_seconds(1'422'748'800);  // 2015-02-01, when managed policies came
  row.updated_at = row.created_at;
  row.default_version = row.last_version = one.version;
  row.versions.push_back(
      {one.version, R"({"Version":"2012-10-17","Statement":)" + std::string(one.statements) + "}", row.created_at});
  return row;
}

}  // namespace

std::span<const PolicyRow> aws_policies() {
  static const std::vector<PolicyRow> rows = [] {
    std::vector<PolicyRow> made;
    for (const Known& one : known()) made.push_back(make(one));
    const std::string pull = R"([{"Effect":"Allow","Action":[)" + std::string(kPull) +
                             R"(,"logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}])";
    made.push_back(make({"/service-role/", "AmazonECSTaskExecutionRolePolicy", 1, pull.c_str()}));
    std::ranges::sort(made, {}, &PolicyRow::arn);
    return made;
  }();
  return rows;
}

}  // namespace iam
