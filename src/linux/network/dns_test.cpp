#include "linux/network/dns.h"

#include <gtest/gtest.h>

namespace linux_runtime::dns {
namespace {

std::string query(const std::string& name, std::uint16_t type = kTypeA) {
  std::string out("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    out += static_cast<char>(end - at);
    out += name.substr(at, end - at);
    at = end + 1;
  }
  out += '\0';
  out += {static_cast<char>(type >> 8), static_cast<char>(type), 0, 1};
  return out;
}

runtime::Network network() {
  runtime::Network out{.id = "vpc-1", .cidr = "10.0.0.0/16", .domain = "eu-west-1.compute.internal"};
  out.names["sqs.eu-west-1.amazonaws.com"] = {"10.0.1.9", "10.0.2.9"};
  out.names["*.dkr.ecr.eu-west-1.amazonaws.com"] = {"10.0.1.10"};
  out.names["*.amazonaws.com"] = {"198.18.0.1"};
  return out;
}

std::optional<Found> find(const std::string& name, std::uint16_t type = kTypeA) {
  return look_up(network(), {.name = name, .type = type});
}

TEST(Dns, ReadsAQuestion) {
  const std::string bytes = query("SQS.eu-West-1.amazonaws.com");
  const auto question = read_query(bytes);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->name, "sqs.eu-west-1.amazonaws.com");
  EXPECT_EQ(question->type, kTypeA);
  EXPECT_EQ(question->end, bytes.size());
  EXPECT_EQ(id_of(bytes), 0x1234);
}

TEST(Dns, RefusesWhatIsNoQuestion) {
  const std::string good = query("example.com");
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(read_query(good.substr(0, size))) << size;
  std::string bad = good;
  bad[2] = static_cast<char>(0x81);  // a response
  EXPECT_FALSE(read_query(bad));
  EXPECT_FALSE(is_query(bad));
  bad = good;
  bad[5] = 2;  // two questions
  EXPECT_FALSE(read_query(bad));
  bad = good;
  bad[12] = static_cast<char>(0xC0);  // a pointer
  EXPECT_FALSE(read_query(bad));
  EXPECT_FALSE(read_query(query(std::string(300, 'a'))));
}

TEST(Dns, TheLongestNameWins) {
  EXPECT_EQ(find("sqs.eu-west-1.amazonaws.com")->values, (std::vector<std::string>{"10.0.1.9", "10.0.2.9"}));
  EXPECT_EQ(find("000000000000.dkr.ecr.eu-west-1.amazonaws.com")->values, std::vector<std::string>{"10.0.1.10"});
  EXPECT_EQ(find("sts.amazonaws.com")->values, std::vector<std::string>{"198.18.0.1"});
  EXPECT_FALSE(find("amazonaws.com"));
  EXPECT_FALSE(find("example.org"));
}

TEST(Dns, OtherTypesOfAKnownNameAreEmpty) {
  const auto found = find("sqs.eu-west-1.amazonaws.com", 28);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->code, Code::None);
  EXPECT_TRUE(found->values.empty());
}

TEST(Dns, InternalNamesFollowFromAddresses) {
  EXPECT_EQ(find("ip-10-0-1-5.eu-west-1.compute.internal")->values, std::vector<std::string>{"10.0.1.5"});
  EXPECT_EQ(find("ip-10-1-1-5.eu-west-1.compute.internal")->code, Code::NoName);  // of another network
  EXPECT_EQ(find("ip-10-0-1.eu-west-1.compute.internal")->code, Code::NoName);
  EXPECT_EQ(find("5.1.0.10.in-addr.arpa", kTypePtr)->values,
            std::vector<std::string>{"ip-10-0-1-5.eu-west-1.compute.internal"});
  EXPECT_FALSE(find("5.1.1.10.in-addr.arpa", kTypePtr));
}

TEST(Dns, WritesAnAnswer) {
  const std::string bytes = query("sqs.eu-west-1.amazonaws.com");
  const auto question = read_query(bytes);
  const std::string out = answer(bytes, *question, {.values = {"10.0.1.9", "10.0.2.9"}}, 1);
  EXPECT_EQ(out.substr(0, 2), bytes.substr(0, 2));
  EXPECT_EQ(out.substr(2, 10), std::string("\x85\x80\x00\x01\x00\x02\x00\x00\x00\x00", 10));
  EXPECT_EQ(out.substr(12, bytes.size() - 12), bytes.substr(12));
  EXPECT_EQ(out.substr(bytes.size(), 16),
            std::string("\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x3C\x00\x04\x0A\x00\x02\x09", 16));
  EXPECT_EQ(out.size(), bytes.size() + 32);
}

TEST(Dns, WritesARefusal) {
  const std::string bytes = query("example.org");
  const std::string out = refuse(bytes, read_query(bytes), Code::ServerFailure);
  EXPECT_EQ(out.substr(2, 10), std::string("\x81\x82\x00\x01\x00\x00\x00\x00\x00\x00", 10));
  const std::string nothing = refuse(bytes, std::nullopt, Code::FormatError);
  EXPECT_EQ(nothing.size(), 12u);
}

}  // namespace
}  // namespace linux_runtime::dns
