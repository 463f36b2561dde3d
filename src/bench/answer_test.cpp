#include "bench/answer.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

std::string with_length(const std::string& body, const std::string& status = "200 OK") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Answer, IsWholeOnlyWithItsLastByte) {
  const std::string bytes = with_length("{\"MessageId\":\"a\"}");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto answer = read_answer(std::string_view(bytes).substr(0, size));
    ASSERT_TRUE(answer);
    EXPECT_FALSE(*answer) << size;
  }
  const auto answer = read_answer(bytes + "HTTP/1.1 200");
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->length, bytes.size());
  EXPECT_EQ((*answer)->status, 200);
}

TEST(Answer, ReadsChunks) {
  const auto answer =
      read_answer("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->storage, "abcde");
}

TEST(Answer, RefusesWhatIsNoHttp) {
  EXPECT_FALSE(read_answer("SSH-2.0-OpenSSH\r\n\r\n"));
}

TEST(Answer, NamesErrors) {
  auto answer = read_answer(with_length(R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist"})", "400 Bad"));
  EXPECT_EQ(error_code(**answer), "QueueDoesNotExist");
  answer = read_answer("HTTP/1.1 400 Bad\r\nx-amzn-query-error: AWS.SimpleQueueService.X;Sender\r\n\r\n");
  EXPECT_EQ(error_code(**answer), "AWS.SimpleQueueService.X");
  answer = read_answer(with_length("", "503 Busy"));
  EXPECT_EQ(error_code(**answer), "HTTP 503");
}

TEST(Answer, CountsFailedEntries) {
  EXPECT_EQ(failures(R"({"Successful":[{"Id":"0"}]})").count, 0U);
  const auto found = failures(R"({"Failed":[{"Id":"1","Code":"A"},{"Id":"2","Code":"B"}]})");
  EXPECT_EQ(found.count, 2U);
  EXPECT_EQ(found.code, "A");
}

TEST(Answer, FindsReceiptsAndStamps) {
  const std::string body = R"({"Messages":[{"ReceiptHandle":"r\/1","Body":")" + stamp(17) +
                           R"(x \" y"},{"Body":"other","ReceiptHandle":"r2"}]})";
  const Received found = received(body);
  ASSERT_EQ(found.receipts.size(), 2U);
  EXPECT_EQ(found.receipts[0], "r\\/1");
  EXPECT_EQ(found.sent_at, (std::vector<std::uint64_t>{17, 0}));
}

}  // namespace
}  // namespace bench
