#include "linux/network/uplink.h"

#include "base/fault.h"
#include "linux/network/forwarding.h"
#include "linux/network/network_fixture.h"

namespace linux_runtime {
namespace {

using Way = runtime::NetworkRoute::Way;

// The internet is a namespace with one address, next to this machine.
class UplinkTest : public NetworkTest {
 protected:
  static constexpr const char* kFar = "203.0.113.1";
  static constexpr const char* kNear = "203.0.113.254";  // this machine's
  static constexpr int kPort = 8443;

  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped()) return;
    Result<Netlink> here = Netlink::open();
    ASSERT_TRUE(here);
    const auto made = make_namespace(space("internet"), [&]() -> Result<void> {
      TRY(Netlink there, Netlink::open());
      const Fd own(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
      TRY(const int near, here->add_veth({link, "eth0", "", own.get()}));
      TRY(const int far, there.index_of("eth0"));
      CHECK(here->add_address(near, kNear, 24));
      CHECK(there.add_address(far, kFar, 24));
      CHECK(there.set_up(far));
      return here->wait_until_ready(near);
    });
    ASSERT_TRUE(made) << made.error().message;
    server = listen_in("internet", kPort);
  }

  void TearDown() override {
    if (networks) apply({});
    if (Result<Netlink> here = Netlink::open()) (void)here->remove_link(link);
    NetworkTest::TearDown();
  }

  static runtime::Network with_route(runtime::Network network, Way way) {
    network.subnets["subnet-a"].routes = {{"0.0.0.0/0", way}};
    return network;
  }

  const std::string link = "far" + std::to_string(getpid() % 100'000);
  Fd server;
};

TEST_F(UplinkTest, RoutesLeadOutside) {
  apply({example()});
  attach("eni-web");
  attach("eni-app");
  EXPECT_EQ(connect_from("eni-web", kFar, kPort), ETIMEDOUT);

  apply({with_route(example(), Way::Nat)});
  Fd connection;
  EXPECT_EQ(connect_from("eni-web", kFar, kPort, &connection), 0);
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const Fd accepted(accept(server.get(), reinterpret_cast<sockaddr*>(&from), &size));
  EXPECT_EQ(from.sin_addr.s_addr, name_of(kNear, 0).sin_addr.s_addr);  // as this machine
  EXPECT_EQ(connect_from("eni-app", kFar, kPort), ETIMEDOUT);          // its subnet has no route

  // A route that is taken away ends what went over it.
  apply({example()});
  EXPECT_EQ(write(connection.get(), "x", 1), 1);
  pollfd wait{.fd = accepted.get(), .events = POLLIN};
  EXPECT_EQ(poll(&wait, 1, kPatienceMs), 0);
  EXPECT_EQ(connect_from("eni-web", kFar, kPort), ETIMEDOUT);
}

TEST_F(UplinkTest, ANetworkThatComesBackHasItsWayAgain) {
  for (int i = 0; i < 3; ++i) {
    apply({with_route(example(), Way::Nat)});
    attach("eni-web");
    EXPECT_EQ(connect_from("eni-web", kFar, kPort), 0) << i;
    networks->detach("eni-web");
    apply({});
  }
}

TEST_F(UplinkTest, TheMachineRoutesOnlyMeanwhile) {
  const auto links = Netlink::open()->links();
  for (const auto& one : *links) {
    if (one.name.starts_with(kUplinkPrefix)) GTEST_SKIP() << "another server needs forwarding: " << one.name;
  }
  apply({with_route(example(), Way::Nat)});
  attach("eni-web");
  EXPECT_EQ(connect_from("eni-web", kFar, kPort), 0);
  networks->detach("eni-web");
  apply({});
  int now = -1;
  std::ifstream(kForwarding) >> now;
  EXPECT_EQ(now, forwarded);
}

TEST_F(UplinkTest, AnInternetGatewayWantsAPublicAddress) {
  runtime::Network network = with_route(example(), Way::Internet);
  apply({network});
  attach("eni-web");
  EXPECT_EQ(connect_from("eni-web", kFar, kPort), ETIMEDOUT);
  network.interfaces["eni-web"].public_address = "203.0.113.77";
  apply({network});
  EXPECT_EQ(connect_from("eni-web", kFar, kPort), 0);
}

TEST_F(UplinkTest, ItLeadsNeitherToThisMachineNorToAnotherNetwork) {
  const Fd own(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in name = name_of("0.0.0.0", 0);
  socklen_t size = sizeof name;
  ASSERT_EQ(bind(own.get(), reinterpret_cast<const sockaddr*>(&name), size), 0);
  ASSERT_EQ(listen(own.get(), 4), 0);
  ASSERT_EQ(getsockname(own.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
  apply({with_route(example("vpc-1"), Way::Nat), with_route(example("vpc-2"), Way::Nat)});
  attach("eni-web", "vpc-1");
  attach("eni-web", "vpc-2", "2");
  EXPECT_EQ(connect_from("eni-web", kFar, kPort), 0);
  EXPECT_EQ(connect_from("eni-web2", kFar, kPort), 0);
  EXPECT_EQ(connect_from("eni-web", kNear, ntohs(name.sin_port)), ETIMEDOUT);
  const auto addresses = Netlink::open()->addresses();
  for (const auto& one : *addresses) {
    if (one.address.starts_with("127.")) continue;
    EXPECT_EQ(connect_from("eni-web", one.address, ntohs(name.sin_port)), ETIMEDOUT) << one.address;
  }
}

TEST_F(UplinkTest, ItOutlivesTheProcess) {
  apply({with_route(example(), Way::Nat)});
  attach("eni-web");
  Fd connection;
  ASSERT_EQ(connect_from("eni-web", kFar, kPort, &connection), 0);
  sockets.clear();
  networks = std::make_unique<Networks>(options);
  networks->keep_tasks({"eni-web"});
  apply({with_route(example(), Way::Nat)});
  const Fd accepted(accept(server.get(), nullptr, nullptr));
  EXPECT_EQ(write(connection.get(), "x", 1), 1);
  pollfd wait{.fd = accepted.get(), .events = POLLIN};
  EXPECT_EQ(poll(&wait, 1, kPatienceMs), 1);
  EXPECT_EQ(connect_from("eni-web", kFar, kPort), 0);
  const auto tables = run({.argv = {"nft", "list", "tables"}});
  EXPECT_NE(tables->output.find("renkei_test"), std::string::npos) << tables->output;
  sockets.clear();
  networks = std::make_unique<Networks>(options);
  networks->keep_tasks({});
  apply({});
  const auto after = run({.argv = {"nft", "list", "tables"}});
  EXPECT_EQ(after->output.find("renkei_test"), std::string::npos) << after->output;
}

}  // namespace
}  // namespace linux_runtime
