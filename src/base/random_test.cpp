#include "base/random.h"

#include <gtest/gtest.h>

TEST(Random, SameSeedSameRun) {
  base::SeededRandom first(7);
  base::SeededRandom second(7);
  EXPECT_EQ(base::uuid(first), base::uuid(second));
  EXPECT_NE(base::uuid(first), base::uuid(first));
}

TEST(Random, UuidHasVersionAndVariant) {
  base::SeededRandom random(1);
  const std::string id = base::uuid(random);
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '4');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}
