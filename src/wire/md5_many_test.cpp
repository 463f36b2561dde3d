#include "wire/md5_many.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"
#include "wire/digest.h"

namespace {

std::string noise(base::Random& random, std::size_t length) {
  std::string bytes;
  while (bytes.size() < length) bytes.push_back(static_cast<char>(random.next()));
  return bytes;
}

void expect_as_openssl(const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<wire::Md5Bytes> digests(texts.size());
  wire::md5_many(views, digests);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view raw(digests[i].data(), digests[i].size());
    EXPECT_EQ(wire::to_hex(raw), wire::md5_hex(texts[i])) << i << " of " << texts.size() << ", " << texts[i].size();
  }
}

}  // namespace

TEST(Md5Many, EveryLengthInEveryNumberOfLanes) {
  base::SeededRandom random(1);
  for (std::size_t count = 0; count <= 40; ++count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) texts.push_back(noise(random, 1024));
    expect_as_openssl(texts);
  }
  for (std::size_t length = 0; length <= 260; ++length) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 16; ++i) texts.push_back(noise(random, length));
    expect_as_openssl(texts);
  }
}

TEST(Md5Many, MixedLengths) {
  base::SeededRandom random(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> texts(base::below(random, 24));
    for (std::string& text : texts) text = noise(random, base::below(random, random.next() % 8 == 0 ? 4000 : 150));
    expect_as_openssl(texts);
  }
}

TEST(Md5Many, OneLongOneLeavesTheOthersAlone) {
  base::SeededRandom random(3);
  std::vector<std::string> texts(10, "short");
  texts[4] = noise(random, 300'000);
  texts[7] = noise(random, 200'000);
  expect_as_openssl(texts);
}
