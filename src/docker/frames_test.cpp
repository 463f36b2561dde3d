#include "docker/frames.h"

#include <gtest/gtest.h>

#include "docker/engine.h"

namespace docker {
namespace {

std::string frame(char stream, const std::string& text) {
  std::string out{stream, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(text.size() >> shift & 255);
  return out + text;
}

constexpr const char* kFirst = "2026-01-02T03:04:05.000000001Z ";
constexpr const char* kSecond = "2026-01-02T03:04:06.5Z ";

std::vector<std::string> texts_of(const std::vector<runtime::LogLine>& lines) {
  std::vector<std::string> out;
  for (const auto& line : lines) out.push_back(line.text);
  return out;
}

TEST(FramesTest, Stamps) {
  EXPECT_EQ(parse_stamp("1970-01-01T00:00:01Z"), 1'000'000'000);
  EXPECT_EQ(parse_stamp("2026-01-02T03:04:05.000000001Z"), 1'767'323'045'000'000'001);
  EXPECT_EQ(parse_stamp("1970-01-01T00:00:00.5Z"), 500'000'000);
  for (const char* wrong : {"", "Z", "2026-13-02T03:04:05Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05.xZ"}) {
    EXPECT_FALSE(parse_stamp(wrong)) << wrong;
  }
}

TEST(FramesTest, BytesMayComeInAnyPieces) {
  const std::string all = frame(1, std::string(kFirst) + "one\n") + frame(2, std::string(kSecond) + "two\n");
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    Frames frames({});
    std::vector<runtime::LogLine> lines;
    frames.feed(all.substr(0, cut), lines);
    frames.feed(all.substr(cut), lines);
    EXPECT_EQ(texts_of(lines), (std::vector<std::string>{"one", "two"})) << cut;
    EXPECT_EQ(frames.position(), 1'767'323'046'500'000'000u);
  }
}

TEST(FramesTest, ALongLineComesInPartsThatAreOne) {
  Frames frames({});
  std::vector<runtime::LogLine> lines;
  frames.feed(frame(1, std::string(kFirst) + "begin ") + frame(2, std::string(kFirst) + "between\n"), lines);
  frames.feed(frame(1, std::string(kFirst) + "end\n") + frame(1, std::string(kSecond) + "rest"), lines);
  EXPECT_EQ(texts_of(lines), (std::vector<std::string>{"between", "begin end"}));
  frames.end(lines);
  EXPECT_EQ(lines.back().text, "rest");
}

TEST(FramesTest, PositionsGrow) {
  Frames frames({});
  std::vector<runtime::LogLine> lines;
  frames.feed(frame(1, std::string(kSecond) + "later\n"), lines);
  const std::uint64_t before = frames.position();
  frames.feed(frame(2, std::string(kFirst) + "earlier\n"), lines);
  EXPECT_GT(frames.position(), before);
}

TEST(FramesTest, EmptyLines) {
  Frames frames({});
  std::vector<runtime::LogLine> lines;
  frames.feed(frame(1, std::string(kFirst) + "\n"), lines);
  EXPECT_EQ(texts_of(lines), (std::vector<std::string>{""}));
}

TEST(EngineTest, QueriesAreEscaped) {
  EXPECT_EQ(escape(R"({"a":["b=1"]})"), "%7B%22a%22%3A%5B%22b%3D1%22%5D%7D");
}

}  // namespace
}  // namespace docker
