#include "net/parser.h"

#include <gtest/gtest.h>

#include "net/gzip.h"
#include "net/url.h"

namespace {

const std::string kHead =
    "POST /queue/x%20y?Action=Send&a=b HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-Thing:  two words \r\nX-Empty:\r\n\r\n";

int refusal(const std::string& head) {
  const auto parsed = net::parse_request_head(head);
  return parsed ? 0 : parsed.error();
}

std::string read_all(const net::Framing& framing, std::string_view bytes, std::size_t step, bool& done) {
  net::BodyReader reader(framing);
  std::string body;
  std::string pending;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    pending += bytes.substr(at, step);
    const auto consumed = reader.feed(pending, [&](std::string_view piece) { body += piece; });
    if (!consumed) return "error";
    pending.erase(0, *consumed);
  }
  done = reader.done();
  return body + "|" + pending;
}

}  // namespace

TEST(Parser, ReadsARequestHead) {
  const auto request = net::parse_request_head(kHead);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->path, "/queue/x%20y");
  EXPECT_EQ(request->query, "Action=Send&a=b");
  EXPECT_EQ(request->host(), "127.0.0.1:1");
  EXPECT_EQ(request->headers.get("x-thing"), "two words");
  ASSERT_NE(request->headers.find("x-empty"), nullptr);
  EXPECT_EQ(*request->headers.find("x-empty"), "");
}

TEST(Parser, FindsTheEndWhateverTheSplit) {
  const std::string rest = "GET";
  for (std::size_t split = 0; split < kHead.size(); ++split) {
    std::size_t searched = 0;
    EXPECT_FALSE(net::find_head_end(std::string_view(kHead).substr(0, split), searched));
    EXPECT_EQ(net::find_head_end(kHead + rest, searched), kHead.size()) << split;
  }
}

TEST(Parser, AbsoluteTarget) {
  const auto request = net::parse_request_head("GET http://h:1/a?b HTTP/1.1\r\nhost: h\r\n\r\n");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->path, "/a");
  EXPECT_EQ(request->query, "b");
}

TEST(Parser, RefusesWhatIsNotHttp) {
  EXPECT_EQ(refusal("GET /\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\nhost: a\r\n\r\n"), 505);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nhost: a\r\n b\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nhost : a\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nhost: a\rb\r\n\r\n"), 400);
  EXPECT_EQ(refusal("G@T / HTTP/1.1\r\nhost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET /a b HTTP/1.1\r\nhost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(Parser, OneAnswerToHowLong) {
  EXPECT_EQ(net::framing_of(net::Headers{{"content-length", "5"}, {"content-length", "6"}}).error(), 400);
  EXPECT_EQ(net::framing_of(net::Headers{{"content-length", "5"}, {"transfer-encoding", "chunked"}}).error(), 400);
  EXPECT_EQ(net::framing_of(net::Headers{{"transfer-encoding", "gzip, chunked"}}).error(), 501);
  EXPECT_EQ(net::framing_of(net::Headers{{"content-length", "-1"}}).error(), 400);
  EXPECT_EQ(net::framing_of(net::Headers{{"content-length", "5"}, {"content-length", "5"}})->length, 5u);
  EXPECT_TRUE(net::framing_of(net::Headers{})->empty());
}

TEST(BodyReader, AnySplitGivesTheSame) {
  const std::string chunked = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: 1\r\n\r\nNEXT";
  for (std::size_t step = 1; step <= chunked.size(); ++step) {
    bool done = false;
    EXPECT_EQ(read_all({.chunked = true}, chunked, step, done), "hello world|NEXT") << step;
    EXPECT_TRUE(done);
    EXPECT_EQ(read_all({.length = 5}, "helloNEXT", step, done), "hello|NEXT");
    EXPECT_TRUE(done);
  }
}

TEST(BodyReader, RefusesBrokenChunks) {
  bool done = false;
  EXPECT_EQ(read_all({.chunked = true}, "x\r\n", 1, done), "error");
  EXPECT_EQ(read_all({.chunked = true}, "5\nhello", 1, done), "error");
  EXPECT_EQ(read_all({.chunked = true}, "5\r\nhelloX\r\n", 1, done), "error");
  EXPECT_EQ(read_all({.chunked = true}, "fffffffffffffffff\r\n", 1, done), "error");
}

TEST(Gzip, RoundTripWithABound) {
  const std::string text(100'000, 'x');
  const std::string packed = net::gzip(text);
  EXPECT_LT(packed.size(), 1000u);
  EXPECT_EQ(net::gunzip(packed, text.size()), text);
  EXPECT_EQ(net::gunzip(packed, text.size() - 1), std::nullopt);
  EXPECT_EQ(net::gunzip(packed.substr(0, packed.size() / 2), text.size()), std::nullopt);
  EXPECT_EQ(net::gunzip("not gzip", 100), std::nullopt);
}

TEST(Url, Parts) {
  const auto url = net::parse_url("https://user@host.example:8443/a/b?c=d#e");
  ASSERT_TRUE(url.has_value());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->authority(), "host.example:8443");
  EXPECT_EQ(url->target(), "/a/b?c=d");
  EXPECT_EQ(net::parse_url("http://[::1]:80")->authority(), "[::1]");
  EXPECT_EQ(net::parse_url("http://h?x")->target(), "/?x");
  EXPECT_FALSE(net::parse_url("ftp://h/").has_value());
  EXPECT_FALSE(net::parse_url("http://h:99999/").has_value());
}

TEST(Http, Date) {
  EXPECT_EQ(net::http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}
