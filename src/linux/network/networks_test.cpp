#include "linux/network/networks.h"

#include <chrono>

#include "linux/network/network_fixture.h"
#include "linux/network/rules.h"
#include "linux/network/try_networks.h"

namespace linux_runtime {
namespace {

TEST_F(NetworkTest, ATaskHasTheAddressOfItsInterface) {
  apply({example()});
  const auto made = networks->attach("eni-web", {"vpc-1", "eni-web"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->path, "/run/netns/" + space("eni-web"));
  EXPECT_EQ(made->address, "10.0.1.4");
  EXPECT_EQ(made->resolver, "10.0.0.2");
  EXPECT_EQ(made->domain, "eu-west-1.compute.internal");
  const auto shown = run({.argv = {"ip", "-n", space("eni-web"), "addr", "show", "eth0"}});
  ASSERT_TRUE(shown);
  EXPECT_NE(shown->output.find("inet 10.0.1.4/24"), std::string::npos) << shown->output;
  EXPECT_NE(shown->output.find("02:00:00:00:00:04"), std::string::npos) << shown->output;
  const auto routes = run({.argv = {"ip", "-n", space("eni-web"), "route"}});
  EXPECT_NE(routes->output.find("default via 10.0.1.1 dev eth0"), std::string::npos) << routes->output;
}

TEST_F(NetworkTest, AnUnknownInterfaceIsRefused) {
  apply({example()});
  EXPECT_FALSE(networks->attach("t", {"vpc-1", "eni-other"}));
  EXPECT_FALSE(networks->attach("t", {"vpc-2", "eni-web"}));
  EXPECT_FALSE(has_namespace(space("t")));
}

TEST_F(NetworkTest, GroupsDecideAlsoWithinASubnet) {
  apply({example()});
  for (const char* one : {"eni-web", "eni-app", "eni-near"}) attach(one);
  std::vector<Fd> programs;
  for (const char* one : {"eni-web", "eni-app", "eni-near"}) {
    programs.push_back(listen_in(one, 8080));
    programs.push_back(listen_in(one, 9090));
  }
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 8080), 0);
  EXPECT_EQ(connect_from("eni-near", "10.0.1.4", 8080), 0);          // same subnet
  EXPECT_EQ(connect_from("eni-web", "10.0.2.4", 9090), 0);           // by group
  EXPECT_EQ(connect_from("eni-web", "10.0.1.5", 9090), 0);           // by group, same subnet
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 9090), ETIMEDOUT);   // another port
  EXPECT_EQ(connect_from("eni-near", "10.0.2.4", 9090), ETIMEDOUT);  // not a member of sg-web
  EXPECT_EQ(connect_from("eni-app", "10.0.1.5", 9090), ETIMEDOUT);
}

TEST_F(NetworkTest, ChangesReachRunningTasksAndLeaveOpenConnections) {
  runtime::Network network = example();
  apply({network});
  attach("eni-web");
  attach("eni-app");
  const Fd program = listen_in("eni-web", 8080);
  Fd open;
  ASSERT_EQ(connect_from("eni-app", "10.0.1.4", 8080, &open), 0);

  network.groups["sg-web"].ingress.clear();
  apply({network});
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 8080), ETIMEDOUT);
  const Fd accepted(accept(program.get(), nullptr, nullptr));  // the connection of before is tracked and goes on
  ASSERT_EQ(write(open.get(), "x", 1), 1);
  pollfd wait{.fd = accepted.get(), .events = POLLIN};
  EXPECT_EQ(poll(&wait, 1, kPatienceMs), 1);

  network.groups["sg-web"].ingress = {{.protocol = 6, .from_port = 8000, .to_port = 8999, .peer = "10.0.2.0/24"}};
  apply({network});
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 8080), 0);

  network.groups["sg-app"].egress.clear();
  apply({network});
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 8080), ETIMEDOUT);
}

TEST_F(NetworkTest, TwoNetworksMayHaveTheSameAddresses) {
  apply({example("vpc-1"), example("vpc-2")});
  attach("eni-web", "vpc-1");
  attach("eni-app", "vpc-1");
  attach("eni-web", "vpc-2", "2");
  attach("eni-app", "vpc-2", "2");
  const Fd program = listen_in("eni-web2", 8080);
  EXPECT_EQ(connect_from("eni-app2", "10.0.1.4", 8080), 0);
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 8080), ECONNREFUSED);  // its own neighbour, who does not listen
}

TEST_F(NetworkTest, NobodyElseIsReached) {
  apply({example()});
  attach("eni-web");
  const Fd outside(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own = name_of("0.0.0.0", 0);
  socklen_t size = sizeof own;
  ASSERT_EQ(bind(outside.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  ASSERT_EQ(listen(outside.get(), 1), 0);
  ASSERT_EQ(getsockname(outside.get(), reinterpret_cast<sockaddr*>(&own), &size), 0);
  const int port = ntohs(own.sin_port);
  EXPECT_EQ(connect_from("eni-web", "127.0.0.1", port), ECONNREFUSED);  // the task's own
  EXPECT_EQ(connect_from("eni-web", "10.0.1.1", port), ETIMEDOUT);
  const auto shown = run({.argv = {"hostname", "-I"}});
  if (shown && shown->output.find('.') != std::string::npos) {
    const std::string address = shown->output.substr(0, shown->output.find(' '));
    EXPECT_EQ(connect_from("eni-web", address, port), ETIMEDOUT) << address;
  }
}

// Addresses of the gateway: an endpoint's are guarded by its groups, the public ones by the routes.
TEST_F(NetworkTest, TheGatewayIsReachedWhereTheTemplateGaveAWay) {
  runtime::Network network = example();
  network.groups["sg-endpoint"] = {.ingress = {{.protocol = 6, .from_port = 443, .to_port = 443, .peer = "sg-app"}}};
  network.interfaces["eni-endpoint"] = {.kind = runtime::NetworkInterface::Kind::Endpoint,
                                        .subnet = "subnet-a",
                                        .address = "10.0.1.9",
                                        .groups = {"sg-endpoint"}};
  apply({network});
  for (const char* one : {"eni-web", "eni-app"}) attach(one);
  ASSERT_EQ(sockets.size(), 1u);
  EXPECT_EQ(connect_from("eni-app", "10.0.1.9", 443), 0);
  EXPECT_EQ(connect_from("eni-app", "10.0.1.9", 80), ETIMEDOUT);
  EXPECT_EQ(connect_from("eni-web", "10.0.1.9", 443), ETIMEDOUT);
  EXPECT_EQ(connect_from("eni-web", runtime::kTaskServiceAddress, 80), 0);
  EXPECT_EQ(connect_from("eni-web", runtime::kServicesAddress, 443), ETIMEDOUT);
  EXPECT_EQ(connect_from("eni-web", runtime::kS3Address, 443), ETIMEDOUT);

  using Way = runtime::NetworkRoute::Way;
  network.prefix_lists["pl-s3"] = {runtime::kS3Range};
  network.subnets["subnet-a"].routes = {{"pl-s3", Way::Services}};
  network.subnets["subnet-b"].routes = {{"0.0.0.0/0", Way::Nat}};
  apply({network});
  EXPECT_EQ(connect_from("eni-web", runtime::kServicesAddress, 443), ETIMEDOUT);
  EXPECT_EQ(connect_from("eni-web", runtime::kS3Address, 443), 0);
  EXPECT_EQ(connect_from("eni-app", runtime::kServicesAddress, 443), 0);
  EXPECT_EQ(connect_from("eni-app", runtime::kS3Address, 443), 0);

  network.groups["sg-web"].egress = {{.protocol = 6, .from_port = 443, .to_port = 443, .peer = "pl-s3"}};
  network.subnets["subnet-a"].routes = {{"0.0.0.0/0", Way::Internet}};
  apply({network});
  EXPECT_EQ(connect_from("eni-web", runtime::kS3Address, 443), ETIMEDOUT);  // without a public address
  network.interfaces["eni-web"].public_address = "203.0.113.7";
  apply({network});
  EXPECT_EQ(connect_from("eni-web", runtime::kS3Address, 443), 0);
  EXPECT_EQ(connect_from("eni-web", runtime::kServicesAddress, 443), ETIMEDOUT);  // its group lets S3 alone out
}

TEST_F(NetworkTest, AnotherProcessFindsItAll) {
  apply({example()});
  attach("eni-web");
  attach("eni-app");
  const Fd program = listen_in("eni-web", 8080);
  sockets.clear();
  networks = std::make_unique<Networks>(options);
  networks->keep_tasks({"eni-web", "eni-app"});
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 8080), 0);  // also while no server runs
  apply({example()});
  attach("eni-web");
  EXPECT_EQ(connect_from("eni-app", "10.0.1.4", 8080), 0);
  EXPECT_EQ(connect_from("eni-app", runtime::kTaskServiceAddress, 80), 0);

  sockets.clear();
  networks = std::make_unique<Networks>(options);
  networks->keep_tasks({});
  apply({});
  EXPECT_TRUE(namespaces(options.prefix).empty());
}

TEST_F(NetworkTest, NothingIsLeft) {
  apply({example("vpc-1"), example("vpc-2")});
  attach("eni-web", "vpc-1");
  networks->detach("eni-web");
  EXPECT_FALSE(has_namespace(space("eni-web")));
  std::string links = "@if";
  for (int i = 0; i < 100 && links.find("@if") != std::string::npos; ++i) {
    usleep(20'000);
    links = run({.argv = {"ip", "-n", space("vpc-1"), "-o", "link"}})->output;
  }
  EXPECT_EQ(links.find("@if"), std::string::npos) << links;  // a pair's end
  attach("eni-web", "vpc-1");                                // once more
  networks->detach("eni-web");
  apply({example("vpc-2")});
  EXPECT_EQ(namespaces(options.prefix), std::vector{space("vpc-2")});
}

TEST_F(NetworkTest, ANetworkWithoutTasksIsNotMade) {
  runtime::Network network = example();
  for (auto& [id, interface] : network.interfaces) interface.kind = runtime::NetworkInterface::Kind::Nat;
  apply({network});
  EXPECT_TRUE(namespaces(options.prefix).empty());
  apply({example()});
  EXPECT_EQ(namespaces(options.prefix), std::vector{space("vpc-1")});
  apply({network});
  EXPECT_TRUE(namespaces(options.prefix).empty());
}

TEST_F(NetworkTest, TryingLeavesNothing) {
  const auto tried = try_networks();
  EXPECT_TRUE(tried) << tried.error().message;
  EXPECT_TRUE(namespaces("renkei-try" + std::to_string(getpid())).empty());
}

TEST_F(NetworkTest, ManyTasksAreAttachedQuickly) {
  runtime::Network network = example();
  for (int i = 0; i < 100; ++i) {
    network.interfaces["eni-" + std::to_string(i)] = {.subnet = "subnet-a",
                                                      .address = "10.0.1." + std::to_string(10 + i),
                                                      .mac = "02:00:00:00:01:" + std::to_string(100 + i).substr(1),
                                                      .groups = {"sg-app"}};
  }
  const auto before = std::chrono::steady_clock::now();
  apply({network});
  const auto applied = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) attach("eni-" + std::to_string(i));
  const auto attached = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    const std::string id = "eni-" + std::to_string(i);
    networks->detach(id);
  }
  const auto detached = std::chrono::steady_clock::now();
  const auto millis = [](auto span) { return std::chrono::duration_cast<std::chrono::milliseconds>(span).count(); };
  std::fprintf(stderr, "100 interfaces: plan %ld ms, attach %ld ms, detach %ld ms\n", long{millis(applied - before)},
               long{millis(attached - applied)}, long{millis(detached - attached)});
  EXPECT_LT(millis(attached - applied), 5'000);  // 50 ms each
}

}  // namespace
}  // namespace linux_runtime
