#include "store/journal/ledger.h"

#include <gtest/gtest.h>

namespace {

constexpr std::uint32_t kSegmentBytes = 4096;
constexpr std::uint32_t kRecordBytes = 512;
constexpr std::uint32_t kRecords = 800;  // 100 segments

store::Place place_of(std::uint32_t record) {
  constexpr std::uint32_t kEach = kSegmentBytes / kRecordBytes;
  return store::place_at(1 + record / kEach, record % kEach * kRecordBytes);
}

store::Ledger full_ledger() {
  store::Ledger ledger(kSegmentBytes);
  for (std::uint32_t i = 0; i < kRecords; ++i) {
    const store::Record record{1, i, true, "", ""};
    EXPECT_TRUE(ledger.append(record, place_of(i), kRecordBytes, store::kNowhere, store::kNowhere));
  }
  return ledger;
}

}  // namespace

TEST(Ledger, AsksForNothingWhileALongQueueDrains) {
  store::Ledger ledger = full_ledger();
  const std::uint32_t last = store::segment_of(place_of(kRecords - 1));
  for (std::uint32_t i = 0; i < kRecords; ++i) {
    ASSERT_TRUE(ledger.kill(place_of(i)));
    ASSERT_EQ(ledger.sparse(last, {}), std::nullopt) << "after " << i;
  }
}

TEST(Ledger, AsksForASegmentWhenWhatLivesLiesScattered) {
  store::Ledger ledger = full_ledger();
  for (std::uint32_t i = 0; i < kRecords; ++i) {
    if (i % 4 != 0) {
      ASSERT_TRUE(ledger.kill(place_of(i)));
    }
  }
  EXPECT_EQ(ledger.sparse(store::segment_of(place_of(kRecords - 1)), {}), 1u);
}
