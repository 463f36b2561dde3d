#include "store/journal.h"

#include <gtest/gtest.h>

#include <map>

#include "store/journal/layout.h"
#include "store/memory/memory_store.h"

namespace {

using store::Append;
using store::Clear;
using store::Kill;
using store::kNowhere;
using store::Note;
using store::Place;
using store::Record;

// What a recovery told, as text: "owner.number[=payload of what it keeps]" and notes.
class Told : public store::Recovery {
 public:
  explicit Told(store::Store& store) : store_(store) { EXPECT_TRUE(store.recover(*this)); }

  void plain(std::uint64_t owner, std::uint32_t segment, std::span<const store::Fresh> records) override {
    for (const store::Fresh& record : records) {
      const Place place = store::place_at(segment, record.offset);
      places[{owner, record.number}] = place;
      const auto found = store_.fetch(place);
      EXPECT_TRUE(found) << found.error().message;
      EXPECT_EQ(found->record.number, record.number);
      text += std::to_string(owner) + "." + std::to_string(record.number) + " ";
    }
  }
  void record(std::uint64_t owner, std::uint64_t number, Place place, Place keeps, std::string_view meta) override {
    places[{owner, number}] = place;
    text += std::to_string(owner) + "." + std::to_string(number) + "(" + std::string(meta) + ")";
    if (keeps != kNowhere) text += "=" + store_.fetch(keeps).value().record.payload;
    text += " ";
  }
  void damaged(std::uint64_t, std::uint64_t, Place, Place, const store::Error& error) override {
    ADD_FAILURE() << error.message;
  }
  void note(std::uint64_t owner, std::string_view bytes) override {
    text += std::to_string(owner) + ":" + std::string(bytes) + " ";
  }

  std::string text;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Place> places;

 private:
  store::Store& store_;
};

class MemoryJournal : public testing::Test {
 protected:
  Place append(Append append) {
    store::Tail tail = store.tail();
    const Place place = tail.take(append);
    write(std::move(append));
    return place;
  }
  Place send(std::uint64_t owner, std::uint64_t number, std::string payload) {
    return append({Record{owner, number, true, "", std::move(payload)}});
  }
  Place deliver(std::uint64_t owner, std::uint64_t number, Place replaces, Place keeps) {
    return append({Record{owner, number, false, "d", ""}, replaces, keeps});
  }
  void write(store::JournalEntry entry) {
    store::Batch batch;
    batch.journal.push_back(std::move(entry));
    ASSERT_TRUE(store.write(batch, [](auto) {}));
  }
  std::string told() { return Told(store).text; }

  store::MemoryStore store{true, 4096};
};

TEST_F(MemoryJournal, TellsWhatIsIndexed) {
  const Place first = send(1, 10, "a");
  send(1, 11, "b");
  write(Note{1, "next 12"});
  const Place delivered = deliver(1, 10, first, first);
  EXPECT_EQ(told(), "1:next 12 1.10(d)=a 1.11 ");
  const Place again = deliver(1, 10, delivered, first);
  EXPECT_EQ(told(), "1:next 12 1.11 1.10(d)=a ");
  write(Kill{again});
  EXPECT_EQ(told(), "1:next 12 1.11 ");
  write(Note{1, ""});
  EXPECT_EQ(told(), "1.11 ");
}

TEST_F(MemoryJournal, RecordsThatNobodyNeedsGiveTheirSegmentBack) {
  const Place first = send(1, 1, std::string(1000, 'a'));
  const Place delivered = deliver(1, 1, first, first);
  send(2, 1, std::string(3500, 'b'));  // the next segment
  EXPECT_EQ(store.journal_use().segments, 2u);
  EXPECT_TRUE(store.fetch(first));
  write(Kill{delivered});
  EXPECT_FALSE(store.fetch(first));
  EXPECT_EQ(store.journal_use().segments, 1u);
}

TEST_F(MemoryJournal, APayloadFollowsItsMessageToAnotherOwner) {
  const Place first = send(1, 1, "x");
  const Place moved = deliver(2, 7, first, first);
  write(Clear{1});
  EXPECT_EQ(told(), "2.7(d)=x ");
  write(Clear{2});
  EXPECT_EQ(told(), "");
  EXPECT_EQ(store.journal_use().live_bytes, 0u);
  EXPECT_FALSE(store.fetch(moved).has_value() && store.journal_use().segments == 0);
}

TEST_F(MemoryJournal, ClearTakesWhatWasThereAndNothingElse) {
  send(1, 1, "a");
  const Place held = send(1, 2, "b");
  deliver(1, 2, held, held);
  send(2, 1, "c");
  store::Batch batch;
  batch.journal.push_back(Clear{1});
  batch.journal.push_back(Append{Record{1, 3, true, "", "d"}});
  ASSERT_TRUE(store.write(batch, [](auto) {}));
  EXPECT_EQ(told(), "1.3 2.1 ");
}

TEST_F(MemoryJournal, SparseSegmentsAreNamedWithWhatLivesInThem) {
  std::vector<Place> sent;
  for (std::uint64_t number = 0; number < 60; ++number) sent.push_back(send(1, number, std::string(450, 'x')));
  ASSERT_FALSE(store.sparse({}));
  Place held = kNowhere;
  for (std::uint64_t number = 0; number < 60; ++number) {
    if (number == 1) {
      held = deliver(1, number, sent[number], sent[number]);
    } else if (number != 2) {
      write(Kill{sent[number]});
    }
  }
  const auto sparse = store.sparse({});
  ASSERT_EQ(sparse, std::nullopt) << "the rest fits into the slack";
  for (std::uint64_t number = 60; number < 120; ++number) {
    const Place place = send(1, number, std::string(450, 'x'));
    if (number % 10 != 0) write(Kill{place});
  }
  ASSERT_TRUE(store.sparse({}));
  const auto first = store.living(store::segment_of(sent[1]));
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ(first->at(0).place, sent[2]);
  EXPECT_EQ(first->at(1).place, held);
  EXPECT_EQ(first->at(1).number, 1u);

  // Its owner appends them again until nothing is sparse.
  while (const auto segment = store.sparse({})) {
    const auto living = store.living(*segment);
    for (const store::Living& each : living.value()) {
      Append again{store.fetch(each.place).value().record, each.place};
      again.record.plain = true;
      again.record.payload = std::string(450, 'x');
      append(std::move(again));
    }
    EXPECT_NE(store.sparse({}), segment);
  }
  EXPECT_LE(store.journal_use().segments, 5u);
}

TEST(MemoryStoreJournal, CrashForgetsWhatWasNotSyncedAndStartsANewSegment) {
  store::MemoryStore store(/*auto_sync=*/false, 4096);
  const auto send = [&](std::uint64_t number) {
    store::Batch batch{{store::Write::Kind::Put, "row", std::to_string(number)}};
    batch.journal.push_back(Append{Record{1, number, true, "", "x"}});
    store::Tail tail = store.tail();
    const Place place = tail.take(batch.journal.front());
    EXPECT_TRUE(store.write(batch, [](auto) {}));
    return place;
  };
  const Place first = send(1);
  const Place second = send(2);
  EXPECT_TRUE(store.fetch(second)) << "visible at once";
  store.sync(1);
  store.crash();
  EXPECT_EQ(Told(store).text, "1.1 ");
  EXPECT_EQ(store.read("row").value(), "1");
  EXPECT_FALSE(store.fetch(second));
  const Place third = send(3);
  EXPECT_GT(store::segment_of(third), store::segment_of(first));
  store.sync();
  store.crash();
  EXPECT_EQ(Told(store).text, "1.1 1.3 ");
}

TEST(MemoryStoreJournal, RefusesAsAWhole) {
  store::MemoryStore store(true, 4096);
  store::Batch batch{{store::Write::Kind::Put, "row", "1"}};
  batch.journal.push_back(Append{Record{1, 1, true, "", std::string(3000, 'x')}});
  batch.journal.push_back(Append{Record{1, 2, true, "", std::string(3000, 'x')}});
  const auto refused = store.write(batch, [](auto) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "a batch of 6096 bytes is larger than the limit of 4000");
  batch.journal = {Append{Record{1, 1, true, std::string(store::kMetaMax + 1, 'x'), ""}}};
  EXPECT_FALSE(store.write(batch, [](auto) {}));
  batch.journal = {Append{Record{1, 1, true, "", "x"}}};
  store.fail_write_after(0);
  EXPECT_FALSE(store.write(batch, [](auto) {}));
  EXPECT_EQ(store.read("row").value(), std::nullopt);
  EXPECT_EQ(Told(store).text, "");
}

}  // namespace
