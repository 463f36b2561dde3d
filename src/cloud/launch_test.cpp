// Tasks in private subnets, as the article has them: each thing that a template may forget fails the launch as it does
// on AWS, and mending it is enough.

#include <algorithm>
#include <map>
#include <vector>

#include "api/ec2/operations.h"
#include "api/ecr/operations.h"
#include "api/ecs/operations.h"
#include "api/iam/operations.h"
#include "api/logs/operations.h"
#include "cloud/adapters/network_reach.h"
#include "cloud/cloud_for_test.h"
#include "wire/digest.h"

namespace {

using std::chrono::minutes;
using std::chrono::seconds;
namespace ec2 = api::ec2;
namespace ecr = api::ecr;
namespace ecs = api::ecs;
namespace iam = api::iam;
namespace logs = api::logs;

constexpr const char* kRegion = "us-east-1";
constexpr const char* kImage = "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:latest";
constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},)"
    R"("Action":"sts:AssumeRole"}]})";
constexpr const char* kExecution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

class LaunchTest : public cloud::CloudForTest {
 public:
  void SetUp() override {
    CloudForTest::SetUp();
    make_network();
    for (const char* service : {"ecr.api", "ecr.dkr", "logs", "sqs"}) add_endpoint(service);
    add_gateway_endpoint();
    make_image();
    add_role();
    ok<logs::CreateLogGroup>({.log_group_name = "/app"});
    ok<ecs::CreateCluster>({.cluster_name = "prod"});
    ok<ecs::RegisterTaskDefinition>(definition());
    make_service();
    run(minutes(1));
  }

  void make_network();
  void add_endpoint(const std::string& service);
  void add_gateway_endpoint();
  void delete_endpoint(const std::string& service) {
    ok<ec2::DeleteVpcEndpoints>({.vpc_endpoint_ids = {endpoints.at(service)}});
    run(minutes(1));
  }
  void make_image();
  void add_role();
  void make_service();
  static ecs::RegisterTaskDefinitionRequest definition();
  static ec2::IpPermission https(const std::string& group) {
    ec2::IpPermission permission;
    permission.ip_protocol = "tcp";
    permission.from_port = 443;
    permission.to_port = 443;
    if (group.empty()) {
      permission.ip_ranges = std::vector<ec2::IpRange>{{.cidr_ip = "0.0.0.0/0"}};
    } else {
      permission.user_id_group_pairs.emplace().emplace_back().group_id = group;
    }
    return permission;
  }
  void scale(std::int64_t desired) {
    ecs::UpdateServiceRequest request;
    request.cluster = "prod";
    request.service = "worker";
    request.desired_count = desired;
    request.force_new_deployment = true;
    ok<ecs::UpdateService>(request);
  }
  ecs::Service worker() {
    ecs::DescribeServicesRequest input;
    input.cluster = "prod";
    input.services = {"worker"};
    return ok<ecs::DescribeServices>(input).services->at(0);
  }
  std::vector<ecs::Task> tasks(const char* status) {
    ecs::ListTasksRequest list;
    list.cluster = "prod";
    list.desired_status = status;
    ecs::DescribeTasksRequest request;
    request.cluster = "prod";
    request.tasks = *ok<ecs::ListTasks>(list).task_arns;
    return request.tasks.empty() ? std::vector<ecs::Task>{} : *ok<ecs::DescribeTasks>(request).tasks;
  }
  // The first line of what the service says of a failure, or the stopped task's own reason.
  std::string failure() {
    const auto stopped = tasks("STOPPED");
    if (!stopped.empty()) return stopped[0].stopped_reason.value_or("");
    return worker().events->at(0).message.value_or("");
  }
  std::string main_table() const { return table; }
  // What a task reads at "/v4/…" or sends to "/api/…"; nothing when it is refused.
  cloud::TaskReply ask(cloud::TaskRequest request) {
    cloud::TaskReply reply{0, ""};
    if (request.vpc.empty()) request.vpc = vpc;
    cloud_.answer_task(request, [&](cloud::TaskReply given) { reply = std::move(given); });
    run(seconds(0));
    return reply;
  }
  std::optional<std::string> page(const std::string& path, const std::string& sender, const std::string& from = "") {
    auto reply = ask({.method = "GET", .path = "/v4/" + path, .vpc = from, .sender = sender});
    return reply.status == 200 ? std::optional(reply.json) : std::nullopt;
  }
  void route_out(const std::string& gateway, const std::string& nat) {
    ec2::CreateRouteRequest route;
    route.route_table_id = table;
    route.destination_cidr_block = "0.0.0.0/0";
    if (!gateway.empty()) route.gateway_id = gateway;
    if (!nat.empty()) route.nat_gateway_id = nat;
    ok<ec2::CreateRoute>(route);
  }
  std::string add_internet_gateway() {
    const std::string id = *ok<ec2::CreateInternetGateway>({}).internet_gateway->internet_gateway_id;
    ok<ec2::AttachInternetGateway>({.internet_gateway_id = id, .vpc_id = vpc});
    return id;
  }

  std::string vpc, table, task_group, endpoint_group;
  std::vector<std::string> subnets;
  std::map<std::string, std::string> endpoints;  // by service
  std::string manifest;
};

void LaunchTest::make_network() {
  ec2::CreateVpcRequest wanted;
  wanted.cidr_block = "10.0.0.0/16";
  vpc = *ok<ec2::CreateVpc>(wanted).vpc->vpc_id;
  ec2::ModifyVpcAttributeRequest attribute;
  attribute.enable_dns_hostnames = ec2::AttributeBooleanValue{true};
  attribute.vpc_id = vpc;
  ok<ec2::ModifyVpcAttribute>(attribute);
  for (const char* zone : {"a", "b"}) {
    ec2::CreateSubnetRequest subnet;
    subnet.availability_zone = std::string(kRegion) + zone;
    subnet.vpc_id = vpc;
    subnet.cidr_block = zone[0] == 'a' ? "10.0.1.0/24" : "10.0.2.0/24";
    subnets.push_back(*ok<ec2::CreateSubnet>(subnet).subnet->subnet_id);
  }
  table = *ok<ec2::DescribeRouteTables>({}).route_tables->at(0).route_table_id;
  for (std::string* group : {&task_group, &endpoint_group}) {
    ec2::CreateSecurityGroupRequest made;
    made.description = "for tests";
    made.group_name = group == &task_group ? "tasks" : "endpoints";
    made.vpc_id = vpc;
    *group = *ok<ec2::CreateSecurityGroup>(made).group_id;
  }
  ec2::AuthorizeSecurityGroupIngressRequest rule;
  rule.group_id = endpoint_group;
  rule.ip_permissions = std::vector{https(task_group)};
  ok<ec2::AuthorizeSecurityGroupIngress>(rule);
}

void LaunchTest::add_endpoint(const std::string& service) {
  ec2::CreateVpcEndpointRequest input;
  input.vpc_endpoint_type = "Interface";
  input.vpc_id = vpc;
  input.service_name = std::string("com.amazonaws.") + kRegion + "." + service;
  input.subnet_ids = subnets;
  input.security_group_ids = std::vector{endpoint_group};
  input.private_dns_enabled = true;
  endpoints[service] = *ok<ec2::CreateVpcEndpoint>(input).vpc_endpoint->vpc_endpoint_id;
}

void LaunchTest::add_gateway_endpoint() {
  ec2::CreateVpcEndpointRequest input;
  input.vpc_id = vpc;
  input.service_name = std::string("com.amazonaws.") + kRegion + ".s3";
  input.route_table_ids = std::vector{table};
  endpoints["s3"] = *ok<ec2::CreateVpcEndpoint>(input).vpc_endpoint->vpc_endpoint_id;
}

void LaunchTest::make_image() {
  ok<ecr::CreateRepository>({.repository_name = "app"});
  const std::string layer = "sha256:" + wire::sha256_hex("layer");
  call_.upload = service::Upload{.blob = "layer", .size = 5, .sha256 = layer.substr(7)};
  ok<ecr::CompleteLayerUpload>({.layer_digests = {layer}, .repository_name = "app", .upload_id = "u"});
  call_.upload.reset();
  manifest = R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
             layer + R"(","size":5},"layers":[{"digest":")" + layer + R"(","size":5}]})";
  ok<ecr::PutImage>({.image_manifest = manifest, .image_tag = "latest", .repository_name = "app"});
}

void LaunchTest::add_role() {
  iam::CreateRoleRequest role;
  role.role_name = "exec";
  role.assume_role_policy_document = kTrust;
  ok<iam::CreateRole>(role);
  ok<iam::AttachRolePolicy>({.policy_arn = kExecution, .role_name = "exec"});
}

ecs::RegisterTaskDefinitionRequest LaunchTest::definition() {
  ecs::RegisterTaskDefinitionRequest request;
  request.family = "worker";
  request.cpu = "256";
  request.memory = "512";
  request.network_mode = "awsvpc";
  request.requires_compatibilities = std::vector<std::string>{"FARGATE"};
  request.execution_role_arn = "arn:aws:iam::000000000000:role/exec";
  auto& container = request.container_definitions.emplace_back();
  container.name = "app";
  container.image = kImage;
  container.log_configuration.emplace();
  container.log_configuration->log_driver = "awslogs";
  container.log_configuration->options = std::map<std::string, std::string>{
      {"awslogs-group", "/app"}, {"awslogs-region", kRegion}, {"awslogs-stream-prefix", "p"}};
  return request;
}

void LaunchTest::make_service() {
  ecs::CreateServiceRequest service;
  service.cluster = "prod";
  service.service_name = "worker";
  service.task_definition = "worker";
  service.desired_count = 0;
  service.launch_type = "FARGATE";
  auto& network = service.network_configuration.emplace().awsvpc_configuration.emplace();
  network.subnets = subnets;
  network.security_groups = std::vector{task_group};
  ok<ecs::CreateService>(service);
}

const std::string kNoAuthorization = "ResourceInitializationError: unable to pull secrets or registry auth: ";
const std::string kNoManifest = "CannotPullContainerError: pull image manifest has been retried ";
const std::string kNoLayers = "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: ";
const std::string kNoLogger = "ResourceInitializationError: failed to validate logger args: ";

struct Variant {
  const char* name;
  void (*breaks)(LaunchTest&);
  void (*mends)(LaunchTest&);
  std::string begins;  // the failure
  std::string ends;
};

void set_private_dns(LaunchTest& test, bool on) {
  ec2::ModifyVpcEndpointRequest modify;
  modify.private_dns_enabled = on;
  modify.vpc_endpoint_id = test.endpoints.at("ecr.api");
  test.ok<ec2::ModifyVpcEndpoint>(modify);
}

void set_dns_support(LaunchTest& test, bool on) {
  ec2::ModifyVpcAttributeRequest attribute;
  attribute.enable_dns_support = ec2::AttributeBooleanValue{on};
  attribute.vpc_id = test.vpc;
  test.ok<ec2::ModifyVpcAttribute>(attribute);
}

void set_dns_hostnames(LaunchTest& test, bool on) {
  ec2::ModifyVpcAttributeRequest attribute;
  attribute.enable_dns_hostnames = ec2::AttributeBooleanValue{on};
  attribute.vpc_id = test.vpc;
  test.ok<ec2::ModifyVpcAttribute>(attribute);
}

void set_endpoint_group(LaunchTest& test, bool lets_in) {
  if (lets_in) {
    ec2::AuthorizeSecurityGroupIngressRequest rule;
    rule.group_id = test.endpoint_group;
    rule.ip_permissions = std::vector{LaunchTest::https(test.task_group)};
    test.ok<ec2::AuthorizeSecurityGroupIngress>(rule);
  } else {
    ec2::RevokeSecurityGroupIngressRequest rule;
    rule.group_id = test.endpoint_group;
    rule.ip_permissions = std::vector{LaunchTest::https(test.task_group)};
    test.ok<ec2::RevokeSecurityGroupIngress>(rule);
  }
}

ec2::IpPermission everything() {
  ec2::IpPermission permission;
  permission.ip_protocol = "-1";
  permission.ip_ranges = std::vector<ec2::IpRange>{{.cidr_ip = "0.0.0.0/0"}};
  return permission;
}

void close_egress(LaunchTest& test) {
  ec2::RevokeSecurityGroupEgressRequest rule;
  rule.group_id = test.task_group;
  rule.ip_permissions = std::vector{everything()};
  test.ok<ec2::RevokeSecurityGroupEgress>(rule);
}

// What Fargate needs, and no more: the endpoints' group, and S3 by its prefix list.
void open_egress(LaunchTest& test) {
  ec2::AuthorizeSecurityGroupEgressRequest rule;
  rule.group_id = test.task_group;
  ec2::IpPermission s3 = LaunchTest::https("");
  s3.ip_ranges.reset();
  const auto tables = test.ok<ec2::DescribeRouteTables>({});
  for (const auto& route : *tables.route_tables->at(0).routes) {
    if (route.destination_prefix_list_id) {
      s3.prefix_list_ids.emplace().emplace_back().prefix_list_id = route.destination_prefix_list_id;
    }
  }
  rule.ip_permissions = std::vector{LaunchTest::https(test.endpoint_group), s3};
  test.ok<ec2::AuthorizeSecurityGroupEgress>(rule);
}

void set_route_table(LaunchTest& test, bool associated) {
  ec2::ModifyVpcEndpointRequest modify;
  modify.vpc_endpoint_id = test.endpoints.at("s3");
  (associated ? modify.add_route_table_ids : modify.remove_route_table_ids) = std::vector{test.table};
  test.ok<ec2::ModifyVpcEndpoint>(modify);
}

template <const char* kService>
void without(LaunchTest& test) {
  test.delete_endpoint(kService);
}
template <const char* kService>
void with(LaunchTest& test) {
  test.add_endpoint(kService);
}
constexpr char kApi[] = "ecr.api", kDkr[] = "ecr.dkr", kS3[] = "s3", kLogs[] = "logs";

// Private subnets that only have a route to an internet gateway: tasks need a public address, too.
void go_by_internet_gateway(LaunchTest& test) {
  for (const char* service : {kApi, kDkr, kS3, kLogs}) test.delete_endpoint(service);
  test.route_out(test.add_internet_gateway(), "");
}

void give_public_addresses(LaunchTest& test) {
  ecs::UpdateServiceRequest request;
  request.cluster = "prod";
  request.service = "worker";
  auto& network = request.network_configuration.emplace().awsvpc_configuration.emplace();
  network.subnets = test.subnets;
  network.security_groups = std::vector{test.task_group};
  network.assign_public_ip = "ENABLED";
  test.ok<ecs::UpdateService>(request);
}

void set_execution_policy(LaunchTest& test, bool attached) {
  if (attached) {
    test.ok<iam::AttachRolePolicy>({.policy_arn = kExecution, .role_name = "exec"});
  } else {
    test.ok<iam::DetachRolePolicy>({.policy_arn = kExecution, .role_name = "exec"});
  }
}

// Pulling is allowed, logging is not.
void allow_pulls_alone(LaunchTest& test) {
  set_execution_policy(test, false);
  test.ok<iam::AttachRolePolicy>(
      {.policy_arn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly", .role_name = "exec"});
}

// "" resets it.
void set_endpoint_policy(LaunchTest& test, const char* service, const std::string& statement) {
  ec2::ModifyVpcEndpointRequest modify;
  modify.vpc_endpoint_id = test.endpoints.at(service);
  if (statement.empty()) {
    modify.reset_policy = true;
  } else {
    modify.policy_document = R"({"Version":"2012-10-17","Statement":)" + statement + "}";
  }
  test.ok<ec2::ModifyVpcEndpoint>(modify);
}

// A NAT gateway in a subnet that does not lead out itself; then it does.
void go_by_closed_nat(LaunchTest& test) {
  for (const char* service : {kApi, kDkr, kS3, kLogs}) test.delete_endpoint(service);
  test.add_internet_gateway();
  ec2::CreateSubnetRequest subnet;
  subnet.vpc_id = test.vpc;
  subnet.cidr_block = "10.0.9.0/24";
  const std::string outer = *test.ok<ec2::CreateSubnet>(subnet).subnet->subnet_id;
  ec2::CreateRouteTableRequest table;
  table.vpc_id = test.vpc;
  const std::string own = *test.ok<ec2::CreateRouteTable>(table).route_table->route_table_id;
  test.ok<ec2::AssociateRouteTable>({.route_table_id = own, .subnet_id = outer});
  ec2::CreateNatGatewayRequest nat;
  nat.subnet_id = outer;
  nat.allocation_id = test.ok<ec2::AllocateAddress>({}).allocation_id;
  test.route_out("", *test.ok<ec2::CreateNatGateway>(nat).nat_gateway->nat_gateway_id);
  test.run(minutes(3));
}

void open_nat(LaunchTest& test) {
  const auto gateways = test.ok<ec2::DescribeInternetGateways>({});
  const auto tables = test.ok<ec2::DescribeRouteTables>({});
  ec2::CreateRouteRequest route;
  for (const auto& table : *tables.route_tables) {
    if (*table.route_table_id != test.table) route.route_table_id = *table.route_table_id;
  }
  route.destination_cidr_block = "0.0.0.0/0";
  route.gateway_id = *gateways.internet_gateways->at(0).internet_gateway_id;
  test.ok<ec2::CreateRoute>(route);
}

const std::vector<Variant> kVariants = {
    {"NoEcrApiEndpoint", without<kApi>, with<kApi>, kNoAuthorization + "The task cannot pull registry auth",
     "Post \"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp 198.18.0.1:443: i/o timeout"},
    {"NoEcrDkrEndpoint", without<kDkr>, with<kDkr>, kNoManifest + "5 time(s): failed to resolve ref " + kImage,
     "/v2/app/manifests/latest\": dial tcp 198.18.0.1:443: i/o timeout"},
    {"NoS3GatewayEndpoint", without<kS3>, [](LaunchTest& test) { test.add_gateway_endpoint(); }, kNoLayers,
     "dial tcp 198.18.1.1:443: i/o timeout"},
    {"S3EndpointInNoRouteTable", [](LaunchTest& test) { set_route_table(test, false); },
     [](LaunchTest& test) { set_route_table(test, true); }, kNoLayers, "dial tcp 198.18.1.1:443: i/o timeout"},
    {"NoLogsEndpoint", without<kLogs>, with<kLogs>, kNoLogger + "The task cannot find the Amazon CloudWatch log group",
     "Check your network configuration. : signal: killed"},
    {"EndpointGroupWithoutIngress", [](LaunchTest& test) { set_endpoint_group(test, false); },
     [](LaunchTest& test) { set_endpoint_group(test, true); }, kNoAuthorization, ":443: i/o timeout"},
    {"TaskGroupWithoutEgress", close_egress, open_egress, kNoAuthorization, ":443: i/o timeout"},
    {"PrivateDnsOff", [](LaunchTest& test) { set_private_dns(test, false); },
     [](LaunchTest& test) { set_private_dns(test, true); }, kNoAuthorization, "dial tcp 198.18.0.1:443: i/o timeout"},
    {"DnsHostnamesOff", [](LaunchTest& test) { set_dns_hostnames(test, false); },
     [](LaunchTest& test) { set_dns_hostnames(test, true); }, kNoAuthorization, "dial tcp 198.18.0.1:443: i/o timeout"},
    {"NoResolver", [](LaunchTest& test) { set_dns_support(test, false); },
     [](LaunchTest& test) { set_dns_support(test, true); }, kNoAuthorization,
     "dial tcp: lookup api.ecr.us-east-1.amazonaws.com: i/o timeout"},
    {"InternetGatewayWithoutPublicAddress", go_by_internet_gateway, give_public_addresses, kNoAuthorization,
     "dial tcp 198.18.0.1:443: i/o timeout"},
    {"NatGatewayInAClosedSubnet", go_by_closed_nat, open_nat, kNoAuthorization, "dial tcp 198.18.0.1:443: i/o timeout"},
    {"ImageTagMissing",
     [](LaunchTest& test) {
       test.ok<ecr::BatchDeleteImage>({.image_ids = {{.image_tag = "latest"}}, .repository_name = "app"});
     },
     [](LaunchTest& test) {
       test.ok<ecr::PutImage>({.image_manifest = test.manifest, .image_tag = "latest", .repository_name = "app"});
     },
     kNoManifest + "1 time(s): failed to resolve ref " + kImage, ": not found"},
    {"LogGroupMissing", [](LaunchTest& test) { test.ok<logs::DeleteLogGroup>({.log_group_name = "/app"}); },
     [](LaunchTest& test) { test.ok<logs::CreateLogGroup>({.log_group_name = "/app"}); },
     kNoLogger + "create stream has been retried 1 times: failed to create Cloudwatch log stream: "
                 "ResourceNotFoundException: ",
     "The specified log group does not exist. : exit status 1"},
    {"ExecutionRoleMissing",
     [](LaunchTest& test) {
       test.ok<iam::DetachRolePolicy>({.policy_arn = kExecution, .role_name = "exec"});
       test.ok<iam::DeleteRole>({.role_name = "exec"});
     },
     [](LaunchTest& test) { test.add_role(); },
     "(service worker) failed to launch a task with (error ECS was unable to assume the role "
     "'arn:aws:iam::000000000000:role/exec' that was provided for this task.",
     "that your IAM user has permissions to pass this role.)."},
    {"ExecutionRoleWithoutRights", [](LaunchTest& test) { set_execution_policy(test, false); },
     [](LaunchTest& test) { set_execution_policy(test, true); },
     kNoAuthorization + "execution resource retrieval failed: unable to retrieve ecr registry auth: ",
     " is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows "
     "the ecr:GetAuthorizationToken action"},
    {"ExecutionRoleWithoutLogs", allow_pulls_alone, [](LaunchTest& test) { set_execution_policy(test, true); },
     kNoLogger + "create stream has been retried 1 times: failed to create Cloudwatch log stream: "
                 "AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/exec/",
     " because no identity-based policy allows the logs:CreateLogStream action : exit status 1"},
    {"EndpointPolicyOfEcrDenies",
     [](LaunchTest& test) {
       set_endpoint_policy(test, kApi,
                           R"([{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},)"
                           R"({"Effect":"Deny","Principal":"*","Action":"ecr:Get*","Resource":"*"}])");
     },
     [](LaunchTest& test) { set_endpoint_policy(test, kApi, ""); }, kNoAuthorization,
     " is not authorized to perform: ecr:GetAuthorizationToken on resource: * with an explicit deny in a VPC endpoint "
     "policy"},
    {"EndpointPolicyOfS3WithoutTheLayers",
     [](LaunchTest& test) {
       set_endpoint_policy(
           test, kS3, R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::mine/*"})");
     },
     [](LaunchTest& test) { set_endpoint_policy(test, kS3, ""); }, kNoLayers, ": 403 Forbidden"},
};

class Broken : public LaunchTest, public ::testing::WithParamInterface<Variant> {};

TEST_P(Broken, FailsAsOnAwsUntilItIsMended) {
  const Variant& variant = GetParam();
  variant.breaks(*this);
  scale(1);
  run(seconds(15));
  EXPECT_EQ(worker().running_count, 0);
  const std::string seen = failure();
  EXPECT_TRUE(seen.starts_with(variant.begins)) << seen;
  EXPECT_TRUE(seen.ends_with(variant.ends)) << seen;
  for (const auto& task : tasks("STOPPED")) EXPECT_EQ(task.stop_code, "TaskFailedToStart");
  const auto events = *worker().events;
  EXPECT_TRUE(std::ranges::any_of(events, [&](const auto& event) {
    return event.message == "(service worker) was unable to place a task. Reason: " + seen + "." ||
           event.message == seen;
  })) << events.at(0).message.value_or("");

  variant.mends(*this);
  run(minutes(2));
  EXPECT_EQ(worker().running_count, 1);
}

INSTANTIATE_TEST_SUITE_P(Variants, Broken, ::testing::ValuesIn(kVariants),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(LaunchTest, TheWholeSystemRuns) {
  scale(2);
  run(minutes(1));
  const auto running = tasks("RUNNING");
  ASSERT_EQ(running.size(), 2U);
  EXPECT_NE(running[0].availability_zone, running[1].availability_zone);
  ASSERT_EQ(runtime_.networks().size(), 1U);
  const runtime::Network& network = *runtime_.networks()[0];
  for (const auto& task : running) {
    const std::string id = task.task_arn->substr(task.task_arn->rfind('/') + 1);
    const auto* attached = runtime_.find_attachment(id);
    ASSERT_NE(attached, nullptr);
    EXPECT_EQ(attached->network, vpc);
    const auto& interface = network.interfaces.at(attached->interface);
    EXPECT_EQ(interface.address, task.containers->at(0).network_interfaces->at(0).private_ipv4_address);
    EXPECT_TRUE(cloud::reach(network, attached->interface, "sqs.us-east-1.amazonaws.com", 443).arrives());
    const auto* spec = runtime_.find_spec(id, "app");
    ASSERT_NE(spec, nullptr);
    EXPECT_FALSE(spec->environment.contains("AWS_ENDPOINT_URL"));
    EXPECT_TRUE(spec->hostname.starts_with("ip-10-0-")) << spec->hostname;
  }
  EXPECT_EQ(ok<ec2::DescribeNetworkInterfaces>({}).network_interfaces->size(), 8U + 2U);

  scale(0);
  run(minutes(2));
  EXPECT_EQ(ok<ec2::DescribeNetworkInterfaces>({}).network_interfaces->size(), 8U);
  EXPECT_EQ(runtime_.networks()[0]->interfaces.size(), 8U);
}

// The task runs all the same: it is the program that can't get through.
TEST_F(LaunchTest, WithoutAnEndpointTheQueueIsOutOfReach) {
  delete_endpoint("sqs");
  scale(1);
  run(minutes(1));
  ASSERT_EQ(worker().running_count, 1);
  const std::string arn = *tasks("RUNNING").at(0).task_arn;
  const auto* attached = runtime_.find_attachment(arn.substr(arn.rfind('/') + 1));
  ASSERT_NE(attached, nullptr);
  const auto way = [&] {
    return cloud::reach(*runtime_.networks()[0], attached->interface, "sqs.us-east-1.amazonaws.com", 443);
  };
  EXPECT_FALSE(way().arrives());
  EXPECT_EQ(way().address, runtime::kServicesAddress);
  add_endpoint("sqs");
  run(minutes(1));
  EXPECT_TRUE(way().arrives());
}

TEST_F(LaunchTest, AWrongSizeIsRefusedAtOnce) {
  auto wrong = definition();
  wrong.memory = "4096";
  EXPECT_EQ(
      fault<ecs::RegisterTaskDefinition>(wrong),
      "ClientException: No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon ECS "
      "documentation for the valid values.");
}

TEST_F(LaunchTest, AVpcThatIsDeletedLeavesThePlan) {
  ec2::CreateVpcRequest second;
  second.cidr_block = "10.0.0.0/16";
  const std::string id = *ok<ec2::CreateVpc>(second).vpc->vpc_id;
  run(seconds(1));
  EXPECT_EQ(runtime_.networks().size(), 2U);
  ok<ec2::DeleteVpc>({.vpc_id = id});
  run(seconds(1));
  EXPECT_EQ(runtime_.networks().size(), 1U);
}

TEST_F(LaunchTest, ATaskIsToldOfItselfAndNobodyElse) {
  scale(1);
  run(minutes(1));
  const ecs::Task task = tasks("RUNNING").at(0);
  const std::string id = task.task_arn->substr(task.task_arn->rfind('/') + 1);
  const std::string url = runtime_.find_spec(id, "app")->environment.at("ECS_CONTAINER_METADATA_URI_V4");
  const std::string begin = "http://169.254.170.2/v4/";
  ASSERT_TRUE(url.starts_with(begin + id + "-")) << url;
  const std::string path = url.substr(begin.size());
  const auto& network = *runtime_.networks()[0];
  const std::string address = network.interfaces.at(runtime_.find_attachment(id)->interface).address;

  const auto container = page(path, address);
  ASSERT_TRUE(container);
  for (const std::string& part :
       {std::string(R"("Name":"app")"), R"("IPv4Addresses":[")" + address + R"("])",
        std::string(R"("KnownStatus":"RUNNING")"), R"("com.amazonaws.ecs.task-arn":")" + *task.task_arn + "\"",
        std::string(R"("LogDriver":"awslogs")")}) {
    EXPECT_NE(container->find(part), std::string::npos) << part << " in " << *container;
  }
  const auto whole = page(path + "/task", address);
  ASSERT_TRUE(whole);
  for (const char* part : {R"("Family":"worker")", R"("Revision":"1")", R"("Limits":{"CPU":0.25,"Memory":512})",
                           R"("ServiceName":"worker")", R"("LaunchType":"FARGATE")"}) {
    EXPECT_NE(whole->find(part), std::string::npos) << part << " in " << *whole;
  }
  EXPECT_FALSE(page(path, "10.0.1.200"));
  EXPECT_FALSE(page(path, address, "vpc-other"));
  EXPECT_FALSE(page(path + "/nothing", address));
  EXPECT_FALSE(page("nonsense", address));
  scale(0);
  run(minutes(2));
  EXPECT_FALSE(page(path, address));
}

TEST_F(LaunchTest, ATaskMeasuresItself) {
  model_.memory_bytes = 12 << 20;
  scale(1);
  run(minutes(1));
  const ecs::Task task = tasks("RUNNING").at(0);
  const std::string id = task.task_arn->substr(task.task_arn->rfind('/') + 1);
  const std::string url = runtime_.find_spec(id, "app")->environment.at("ECS_CONTAINER_METADATA_URI_V4");
  const std::string path = url.substr(std::string("http://169.254.170.2/v4/").size());
  const std::string address = task.containers->at(0).network_interfaces->at(0).private_ipv4_address.value();
  cloud::TaskReply own, all;
  cloud_.answer_task({.method = "GET", .path = "/v4/" + path + "/stats", .vpc = vpc, .sender = address},
                     [&](cloud::TaskReply reply) { own = reply; });
  cloud_.answer_task({.method = "GET", .path = "/v4/" + path + "/task/stats", .vpc = vpc, .sender = address},
                     [&](cloud::TaskReply reply) { all = reply; });
  run(seconds(1));
  EXPECT_NE(own.json.find(R"("preread":"0001-01-01T00:00:00Z")"), std::string::npos) << own.json;
  EXPECT_NE(own.json.find(R"("memory_stats":{"usage":12582912,)"), std::string::npos) << own.json;
  EXPECT_NE(own.json.find(R"("name":"app","id":")" + path + "\""), std::string::npos) << own.json;
  EXPECT_TRUE(all.json.starts_with("{\"" + path + R"(":{"read":")")) << all.json;
  EXPECT_EQ(page(path + "/stats", "10.0.1.200"), std::nullopt);
}

TEST_F(LaunchTest, ATaskProtectsItselfWithItsRolesPermission) {
  iam::CreateRoleRequest role;
  role.role_name = "task";
  role.assume_role_policy_document = kTrust;
  ok<iam::CreateRole>(role);
  auto with_role = definition();
  with_role.task_role_arn = "arn:aws:iam::000000000000:role/task";
  ok<ecs::RegisterTaskDefinition>(with_role);
  ecs::UpdateServiceRequest update;
  update.cluster = "prod";
  update.service = "worker";
  update.task_definition = "worker";
  update.desired_count = 1;
  ok<ecs::UpdateService>(update);
  run(minutes(2));
  const ecs::Task task = tasks("RUNNING").at(0);
  const std::string arn = *task.task_arn;
  const std::string id = arn.substr(arn.rfind('/') + 1);
  const std::string url = runtime_.find_spec(id, "app")->environment.at("ECS_AGENT_URI");
  ASSERT_TRUE(url.starts_with("http://169.254.170.2/api/" + id + "-")) << url;
  cloud::TaskRequest request;
  request.method = "PUT";
  request.path = url.substr(std::string("http://169.254.170.2").size()) + "/task-protection/v1/state";
  request.body = R"({"ProtectionEnabled":true,"ExpiresInMinutes":60})";
  request.sender = task.containers->at(0).network_interfaces->at(0).private_ipv4_address.value();
  request.request_id = "r";
  const cloud::TaskReply denied = ask(request);
  EXPECT_EQ(denied.status, 400);
  EXPECT_EQ(denied.json, R"({"requestID":"r","error":{"Arn":")" + arn +
                             R"(","Code":"AccessDeniedException","Message":"User: arn:aws:sts::000000000000:)" +
                             "assumed-role/task/" + id +
                             " is not authorized to perform: ecs:UpdateTaskProtection on resource: " + arn +
                             R"( because no identity-based policy allows the ecs:UpdateTaskProtection action"}})");
  iam::PutRolePolicyRequest may;
  may.role_name = "task";
  may.policy_name = "p";
  may.policy_document = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*","Action":)"
                        R"(["ecs:UpdateTaskProtection","ecs:GetTaskProtection"]}})";
  ok<iam::PutRolePolicy>(may);
  const cloud::TaskReply set = ask(request);
  EXPECT_EQ(set.status, 200);
  EXPECT_TRUE(set.json.starts_with(R"({"protection":{"ExpirationDate":"20)")) << set.json;
  EXPECT_TRUE(set.json.ends_with(R"(Z","ProtectionEnabled":true,"TaskArn":")" + arn + "\"}}")) << set.json;
  request.method = "GET";
  EXPECT_EQ(ask(request).json, set.json);
  request.method = "PUT";
  request.body = R"({"ProtectionEnabled":false})";
  EXPECT_EQ(ask(request).json,
            R"({"protection":{"ExpirationDate":null,"ProtectionEnabled":false,"TaskArn":")" + arn + "\"}}");

  request.body = R"({"ExpiresInMinutes":5})";
  EXPECT_EQ(ask(request).json, R"({"error":{"Arn":")" + arn + R"(","Code":"InvalidParameterException","Message":)" +
                                   R"("Invalid request: does not contain 'ProtectionEnabled' field"}})");
  request.body = R"({"Protect":true})";
  EXPECT_EQ(ask(request).json, R"({"error":{"Arn":"","Code":"InvalidParameterException","Message":)"
                               R"("UpdateTaskProtection: failed to decode request"}})");
  request.sender = "10.0.1.200";
  EXPECT_EQ(ask(request).json, R"({"error":{"Arn":"","Code":"ResourceNotFoundException","Message":)"
                               R"("Invalid request: no task was found"}})");
}

}  // namespace
