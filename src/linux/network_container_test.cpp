#include <fstream>

#include "linux/container_fixture.h"
#include "linux/network/namespaces.h"

namespace linux_runtime {
namespace {

class AttachedTask : public ContainerTest {
 protected:
  void SetUp() override {
    if (access("/usr/sbin/nft", X_OK) != 0) GTEST_SKIP() << "needs nft (package nftables)";
    ContainerTest::SetUp();
  }
  void TearDown() override {
    if (runtime) runtime->apply_networks({});
    ContainerTest::TearDown();
    const bool started = scratch.has_value();
    EXPECT_TRUE(!started || namespaces(network_prefix(options.data_directory)).empty());
  }

  static runtime::NetworkPlan plan() {
    runtime::Network network{.id = "vpc-1", .cidr = "10.0.0.0/16", .domain = "eu-west-1.compute.internal"};
    network.subnets["subnet-a"] = {.cidr = "10.0.1.0/24"};
    network.groups["sg-1"] = {.egress = {{.peer = "0.0.0.0/0"}}};
    network.interfaces["eni-1"] = {
        .subnet = "subnet-a", .address = "10.0.1.4", .mac = "02:00:00:00:00:01", .groups = {"sg-1"}};
    network.names["sqs.eu-west-1.amazonaws.com"] = {"10.0.1.9"};
    return {std::make_shared<const runtime::Network>(network)};
  }
  const runtime::SandboxSpec box{.network = runtime::NetworkAttachment{"vpc-1", "eni-1"}};
};

TEST_F(AttachedTask, ItsContainersShareItsNetwork) {
  runtime->apply_networks(plan());
  auto spec = shell("ip -4 -o addr show eth0; cat /etc/resolv.conf; tail -n 1 /etc/hosts");
  EXPECT_EQ(run(task(1), spec, box).exit_code, 0);
  ASSERT_EQ(lines(task(1)).size(), 4u);
  EXPECT_NE(lines(task(1))[0].find("inet 10.0.1.4/24"), std::string::npos) << lines(task(1))[0];
  EXPECT_EQ(lines(task(1))[1], "search eu-west-1.compute.internal");
  EXPECT_EQ(lines(task(1))[2], "nameserver 10.0.0.2");
  EXPECT_EQ(lines(task(1))[3], "10.0.1.4\tip-10-0-0-1");
}

TEST_F(AttachedTask, TheResolverKnowsTheNetworksNames) {
  runtime->apply_networks(plan());
  const std::string names =
      "nslookup sqs.eu-west-1.amazonaws.com 10.0.0.2 && "
      "nslookup ip-10-0-1-4.eu-west-1.compute.internal 169.254.169.253";
  EXPECT_EQ(run(task(1), shell(names), box).exit_code, 0);
  std::string out;
  for (const std::string& line : lines(task(1))) out += line + "\n";
  EXPECT_NE(out.find("10.0.1.9"), std::string::npos) << out;
  EXPECT_NE(out.find("10.0.1.4"), std::string::npos) << out;
}

TEST_F(AttachedTask, ItOutlivesTheRuntime) {
  runtime->apply_networks(plan());
  launch(task(1), shell("sleep 60"), box);
  ASSERT_TRUE(wait_for_task<runtime::event::ContainerStarted>(task(1)));
  const std::string name = network_prefix(options.data_directory) + task(1);
  stop_runtime();
  EXPECT_TRUE(has_namespace(name));
  start_runtime();
  runtime->adopt({{.task = task(1), .containers = {{.name = "app"}}}});
  runtime->apply_networks(plan());
  runtime->start_container(task(1), [&] {
    auto beside = shell("ip -4 -o addr show eth0");
    beside.name = "beside";
    return beside;
  }());
  ASSERT_TRUE(wait_for<runtime::event::ContainerExited>([](const auto& exit) { return exit.container == "beside"; }));
  ASSERT_EQ(lines(task(1), "beside").size(), 1u);
  EXPECT_NE(lines(task(1), "beside")[0].find("10.0.1.4"), std::string::npos);
  runtime->remove_sandbox(task(1));
  ASSERT_TRUE(wait_for_task<runtime::event::SandboxRemoved>(task(1)));
  EXPECT_FALSE(has_namespace(name));
}

TEST_F(AttachedTask, TheImagesAuthoritiesAndOursAreTrusted) {
  stop_runtime();
  options.authority = scratch->path() + "/ca.pem";
  std::ofstream(options.authority) << "ours\n";
  start_runtime();
  image::BuildSpec spec;
  spec.files = {{.target = "/bin/sh", .source = "/bin/busybox", .mode = 0755},
                {.target = "/bin/cat", .source = "/bin/busybox", .mode = 0755},
                {.target = "/etc/ssl/certs/ca-certificates.crt", .content = "theirs"}};
  digest = *image::build_image(spec, options.data_directory);
  runtime->apply_networks(plan());
  auto container = shell(
      "cat /etc/ssl/certs/ca-certificates.crt $AWS_CA_BUNDLE $NODE_EXTRA_CA_CERTS; echo $SSL_CERT_FILE "
      "$REQUESTS_CA_BUNDLE");
  container.environment["REQUESTS_CA_BUNDLE"] = "/own";
  EXPECT_EQ(run(task(1), container, box).exit_code, 0);
  const std::vector<std::string> expected{"theirs", "ours", "theirs", "ours", "ours", "/etc/renkei/ca-bundle.pem /own"};
  EXPECT_EQ(lines(task(1)), expected);
}

TEST_F(AttachedTask, AnUnknownInterfaceFailsTheTask) {
  runtime->create_sandbox(task(1), box);
  const auto failed = wait_for_task<runtime::event::SandboxFailed>(task(1));
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->reason, "ResourceInitializationError: there is no network vpc-1");
}

}  // namespace
}  // namespace linux_runtime
