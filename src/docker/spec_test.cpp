#include "docker/spec.h"

#include <gtest/gtest.h>

#include "docker/engine.h"
#include "wire/json.h"

namespace docker {
namespace {

const Names kNames{"renkei-1a2b3c4d-"};
const runtime::TaskId kTask = "0123456789abcdef0123456789abcdef";

TEST(SpecTest, TheSandboxHoldsTheNetwork) {
  const base::Value body = sandbox_body(kNames, kTask, {.hostname = "ip-10-0-1-5"},
                                        {.network = "renkei-1a2b3c4d-vpc-1",
                                         .address = "10.0.1.5",
                                         .mac = "02:00:00:00:00:01",
                                         .resolver = "10.0.0.2",
                                         .domain = "eu-west-1.compute.internal"},
                                        "sha256:1", false);
  EXPECT_EQ(text_at(body, {"HostConfig", "NetworkMode"}), "renkei-1a2b3c4d-vpc-1");
  EXPECT_EQ(
      text_at(body, {"NetworkingConfig", "EndpointsConfig", "renkei-1a2b3c4d-vpc-1", "IPAMConfig", "IPv4Address"}),
      "10.0.1.5");
  EXPECT_EQ(text_at(body, {"MacAddress"}), "02:00:00:00:00:01");
  EXPECT_EQ(text_at(body, {"Labels", kTaskLabel}), kTask);
  EXPECT_EQ(wire::write_json(*find(body, {"HostConfig", "Dns"})), R"(["10.0.0.2"])");
}

TEST(SpecTest, ContainersShareIt) {
  runtime::SandboxSpec sandbox{.cpu_units = 256, .memory_bytes = 512 << 20};
  runtime::ContainerSpec spec{.name = "app"};
  spec.environment = {{"A", "1"}, {"B", "2"}};
  spec.memory_bytes = 128 << 20;
  spec.mounts = {{"data", "/data", true}};
  const ContainerPlan plan{.names = kNames,
                           .task = kTask,
                           .sandbox = sandbox,
                           .spec = spec,
                           .image = "sha256:2",
                           .stop_signal = "SIGQUIT",
                           .environment = {{"A", "weaker"}, {"C", "3"}}};
  base::Value body = container_body(plan);
  EXPECT_EQ(text_at(body, {"HostConfig", "NetworkMode"}), "container:renkei-1a2b3c4d-" + kTask);
  EXPECT_EQ(number_at(body, {"HostConfig", "Memory"}), 128 << 20);
  EXPECT_EQ(number_at(body, {"HostConfig", "NanoCpus"}), 249'999'872);
  EXPECT_EQ(wire::write_json(*find(body, {"Env"})), R"(["A=1","B=2","C=3"])");
  EXPECT_EQ(text_at(body, {"Labels", kStopSignalLabel}), "SIGQUIT");
  EXPECT_EQ(find(body, {"Entrypoint"}), nullptr);  // the image's
  const base::Value& mount = find(body, {"HostConfig", "Mounts"})->as_array().at(0);
  EXPECT_EQ(text_at(mount, {"Source"}), "renkei-1a2b3c4d-" + kTask + "-volume-data");
  EXPECT_TRUE(mount.find("ReadOnly")->as_bool());

  spec.memory_bytes = 0;
  body = container_body(plan);
  EXPECT_EQ(number_at(body, {"HostConfig", "Memory"}), 512 << 20);  // the task's
}

TEST(SpecTest, FailuresAreFargates) {
  EXPECT_EQ(
      start_failure("failed to create shim task: OCI runtime create failed: runc create failed: unable to start "
                    "container process: exec: \"no\": executable file not found in $PATH: unknown"),
      "CannotStartContainerError: failed to create new container runtime task: failed to create shim task: OCI "
      "runtime create failed: runc create failed: unable to start container process: exec: \"no\": executable file "
      "not found in $PATH: unknown");
}

}  // namespace
}  // namespace docker
