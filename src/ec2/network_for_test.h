#pragma once

// A VPC to test on. For *_test.cpp files.

#include "api/ec2/operations.h"
#include "ec2/service.h"
#include "service/bench_for_test.h"

namespace ec2 {

namespace aws = api::ec2;

struct NetworkForTest {
  service::BenchForTest bench;

  explicit NetworkForTest(NetworkObserver* observer = nullptr) : bench([observer] { return make_service(observer); }) {
    bench.call.region = "ap-northeast-1";
  }

  std::string vpc(std::string cidr = "10.0.0.0/16") {
    return *bench.ok<aws::CreateVpc>({.cidr_block = std::move(cidr)}).vpc->vpc_id;
  }
  std::string subnet(const std::string& vpc_id, std::string cidr, std::string zone = "ap-northeast-1a") {
    aws::CreateSubnetRequest input;
    input.availability_zone = std::move(zone);
    input.cidr_block = std::move(cidr);
    input.vpc_id = vpc_id;
    return *bench.ok<aws::CreateSubnet>(std::move(input)).subnet->subnet_id;
  }
  std::string internet_gateway(const std::string& vpc_id) {
    const std::string id = *bench.ok<aws::CreateInternetGateway>({}).internet_gateway->internet_gateway_id;
    bench.ok<aws::AttachInternetGateway>({.internet_gateway_id = id, .vpc_id = vpc_id});
    return id;
  }
  std::string group(const std::string& vpc_id, std::string name = "web") {
    aws::CreateSecurityGroupRequest input;
    input.description = "for tests";
    input.group_name = std::move(name);
    input.vpc_id = vpc_id;
    return *bench.ok<aws::CreateSecurityGroup>(std::move(input)).group_id;
  }
  std::string main_route_table(const std::string& vpc_id) {
    aws::DescribeRouteTablesRequest input;
    input.filters = filters({{"vpc-id", vpc_id}, {"association.main", "true"}});
    return *bench.ok<aws::DescribeRouteTables>(std::move(input)).route_tables->at(0).route_table_id;
  }
  void attribute(const std::string& vpc_id, bool hostnames) {
    aws::ModifyVpcAttributeRequest input;
    input.enable_dns_hostnames = aws::AttributeBooleanValue{hostnames};
    input.vpc_id = vpc_id;
    bench.ok<aws::ModifyVpcAttribute>(std::move(input));
  }
  static std::vector<aws::Filter> filters(std::vector<std::pair<std::string, std::string>> wanted) {
    std::vector<aws::Filter> made;
    for (auto& [name, value] : wanted) made.push_back({name, std::vector{value}});
    return made;
  }
};

}  // namespace ec2
