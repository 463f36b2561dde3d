#include "linux/network/forwarding.h"

#include "base/fault.h"
#include "image/layout.h"
#include "linux/network/network_fixture.h"

namespace linux_runtime {
namespace {

// The option belongs to a network namespace: each test has one of its own.
class ForwardingTest : public NetworkTest {
 protected:
  void SetUp() override {
    NetworkTest::SetUp();
    if (IsSkipped()) return;
    scratch.emplace(*image::ScratchDirectory::create());
    note = scratch->path() + "/run/forwarding";
    ASSERT_TRUE(make_namespace(space("routes"), [] { return Result<void>{}; }));
    set("ipv4/ip_forward", "0");
    set("ipv4/conf/all/accept_redirects", "1");
  }

  void set(const std::string& option, const std::string& value) {
    ASSERT_TRUE(inside("routes", [&] { return set_network_option(option, value); }));
  }
  std::string get(const std::string& option) {
    std::string out;
    EXPECT_TRUE(inside("routes", [&]() -> Result<void> {
      std::ifstream("/proc/sys/net/" + option) >> out;
      return {};
    }));
    return out;
  }
  bool turn_on(const std::vector<std::string>& links) {
    bool on = false;
    EXPECT_TRUE(inside("routes", [&]() -> Result<void> {
      TRY(Forwarding one, Forwarding::open(note));
      TRY(on, one.turn_on(links));
      return {};
    }));
    return on;
  }
  std::string put_back(const std::vector<std::string>& links) {
    std::string said;
    EXPECT_TRUE(inside("routes", [&]() -> Result<void> {
      TRY(Forwarding one, Forwarding::open(note));
      TRY(said, one.put_back(links));
      return {};
    }));
    return said;
  }

  std::optional<image::ScratchDirectory> scratch;
  std::string note;
};

TEST_F(ForwardingTest, IsAsBefore) {
  EXPECT_FALSE(Forwarding::is_noted(note));
  EXPECT_TRUE(turn_on({"lo", "eth0"}));
  EXPECT_TRUE(Forwarding::is_noted(note));
  EXPECT_EQ(get("ipv4/ip_forward"), "1");
  EXPECT_FALSE(turn_on({"lo", "eth0", "rk1"}));
  EXPECT_EQ(put_back({"lo", "eth0", "rk1"}), "");  // a server's link, this one's or another's
  EXPECT_EQ(get("ipv4/ip_forward"), "1");
  EXPECT_EQ(put_back({"lo", "eth0"}), "");
  EXPECT_EQ(get("ipv4/ip_forward"), "0");
  EXPECT_EQ(get("ipv4/conf/all/accept_redirects"), "1");
  EXPECT_FALSE(Forwarding::is_noted(note));
}

TEST_F(ForwardingTest, KeepsItsHandsOffWhatWasOn) {
  set("ipv4/ip_forward", "1");
  EXPECT_FALSE(turn_on({"lo"}));
  EXPECT_EQ(put_back({"lo"}), "");
  EXPECT_EQ(get("ipv4/ip_forward"), "1");
}

TEST_F(ForwardingTest, AnotherMayHaveComeToNeedIt) {
  EXPECT_TRUE(turn_on({"lo"}));
  EXPECT_EQ(put_back({"lo", "docker0"}),
            "left IPv4 forwarding on: the link docker0 came after it was turned on, and may need it");
  EXPECT_EQ(put_back({"lo"}), "");  // it is that one's now
  EXPECT_EQ(get("ipv4/ip_forward"), "1");
}

}  // namespace
}  // namespace linux_runtime
