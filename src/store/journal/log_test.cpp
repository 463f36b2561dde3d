#include "store/journal/log.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <tuple>

#include "store/journal/crc32c.h"
#include "store/journal/examine.h"
#include "store/journal/fake_disk_for_test.h"
#include "store/journal/layout.h"

namespace {

using store::Place;

constexpr std::uint32_t kSegmentBytes = 4'096;

// What the log should hold, as of one batch.
struct Model {
  struct Message {
    Place place;  // of its indexed record
    Place kept;
    std::string meta;  // "" while it is plain
    std::string payload;
    friend bool operator==(const Message&, const Message&) = default;
  };
  std::map<std::pair<std::uint64_t, std::uint64_t>, Message> messages;
  std::map<std::uint64_t, std::string> notes;
  std::map<std::string, std::string> rows;
  friend bool operator==(const Model&, const Model&) = default;
};

// A log on a disk that fails, rows that are applied late, and a model of both.
class World : public store::Recovery {
 public:
  explicit World(std::uint64_t seed) : random(seed), disk(std::make_shared<store::FakeDiskForTest>(seed + 1)) {
    history.push_back({});
  }

  std::uint64_t pick(std::uint64_t bound) { return base::below(random, bound); }

  bool start() {
    rows = durable_rows;
    pending.clear();
    store::Log::Options options;
    options.segment_bytes = kSegmentBytes;
    options.flush_rows = [this]() -> std::expected<void, store::Error> {
      durable_rows = rows;
      return {};
    };
    auto opened =
        store::Log::open(disk->mount(), std::move(options), [&](Place place, std::vector<store::Write> writes) {
          if (place > rows.mark) apply(place, writes);
          return std::expected<void, store::Error>();
        });
    if (!opened) {
      error = opened.error().message;
      return false;
    }
    log = std::move(*opened);
    told = {};
    if (auto recovered = log->recover(*this); !recovered) {
      error = recovered.error().message;
      return false;
    }
    told.rows = rows.rows;
    return true;
  }

  void plain(std::uint64_t owner, std::uint32_t segment, std::span<const store::Fresh> records) override {
    for (const store::Fresh& record : records) {
      const Place place = store::place_at(segment, record.offset);
      told.messages[{owner, record.number}] = {place, store::kNowhere, "", payload(place)};
    }
  }
  void record(std::uint64_t owner, std::uint64_t number, Place place, Place keeps, std::string_view meta) override {
    told.messages[{owner, number}] = {place, keeps, std::string(meta),
                                      payload(keeps == store::kNowhere ? place : keeps)};
  }
  void damaged(std::uint64_t owner, std::uint64_t number, Place, Place, const store::Error& why) override {
    ADD_FAILURE() << owner << ":" << number << ": " << why.message;
  }
  void note(std::uint64_t owner, std::string_view bytes) override { told.notes[owner] = bytes; }

  std::string payload(Place place) {
    const auto found = log->fetch(std::span(&place, 1));
    if (!found) {
      error = found.error().message;
      ADD_FAILURE() << error;
      return "";
    }
    return found->front().record.payload;
  }

  // One batch of a few random entries.
  store::Batch plan(Model& model) {
    store::Batch batch;
    batch.planned_at = log->tail();
    store::Tail tail = log->tail();
    for (std::uint64_t left = 1 + pick(4); left > 0; --left) add(batch, tail, model);
    if (pick(4) == 0) {
      const std::string key = "row" + std::to_string(pick(8));
      const std::string value(1 + pick(300), static_cast<char>('a' + pick(26)));
      batch.rows.push_back({store::Write::Kind::Put, key, value});
      model.rows[key] = value;
    }
    return batch;
  }
  void add(store::Batch& batch, store::Tail& tail, Model& model) {
    const auto enter = [&](store::JournalEntry entry) {
      batch.journal.push_back(std::move(entry));
      return tail.take(batch.journal.back());
    };
    const std::uint64_t owner = 1 + pick(3);
    auto message = model.messages.lower_bound({owner, pick(next_number + 1)});
    if (message == model.messages.end()) message = model.messages.begin();
    const std::uint64_t what = model.messages.empty() ? 0 : pick(12);
    if (what < 5) {
      store::Append append{{owner, next_number++, pick(4) != 0, "", std::string(pick(500), 'p')}};
      append.record.payload += std::to_string(append.record.number);
      if (!append.record.plain) append.record.meta = "delayed";
      const auto key = std::pair(owner, append.record.number);
      model.messages[key] = {0, store::kNowhere, append.record.meta, append.record.payload};
      model.messages[key].place = enter(append);
    } else if (what < 8) {
      const Model::Message old = message->second;
      const std::uint64_t to = pick(5) == 0 ? owner : message->first.first;
      const Place kept = old.kept == store::kNowhere ? old.place : old.kept;
      const std::string meta = "delivered " + std::to_string(pick(100));
      store::Append append{
          {to, to == message->first.first ? message->first.second : next_number++, false, meta, ""}, old.place, kept};
      model.messages.erase(message);
      model.messages[{to, append.record.number}] = {enter(append), kept, meta, old.payload};
    } else if (what < 11) {
      enter(store::Kill{message->second.place});
      model.messages.erase(message);
    } else if (pick(4) == 0) {
      enter(store::Clear{owner});
      std::erase_if(model.messages, [&](const auto& each) { return each.first.first == owner; });
    } else {
      const std::string bytes = pick(3) == 0 ? "" : std::to_string(pick(1000));
      enter(store::Note{owner, bytes});
      if (bytes.empty()) {
        model.notes.erase(owner);
      } else {
        model.notes[owner] = bytes;
      }
    }
  }

  // False when the log refused.
  bool write() {
    Model next = history.back();
    const store::Batch batch = plan(next);
    auto written = log->write(batch);
    if (!written) {
      error = written.error().message;
      return false;
    }
    history.push_back(std::move(next));
    pending.push_back({written->batch, written->rows_at, batch.rows});
    return true;
  }
  void compact() {
    const auto segment = log->sparse({});
    if (!segment) return;
    const auto living = log->living(*segment);
    ASSERT_TRUE(living) << living.error().message;
    for (const store::Living& each : *living) {
      Model next = history.back();
      auto& message = next.messages.at({each.owner, each.number});
      ASSERT_EQ(message.place, each.place);
      store::Batch batch;
      batch.journal.push_back(
          store::Append{{each.owner, each.number, message.meta.empty(), message.meta, message.payload}, each.place});
      store::Tail tail = log->tail();
      message.place = tail.take(batch.journal.front());
      message.kept = store::kNowhere;
      auto written = log->write(batch);
      if (!written) return;
      history.push_back(std::move(next));
      pending.push_back({written->batch, written->rows_at, {}});
    }
  }
  // Takes note of what has become durable.
  void settle() {
    const auto durable = log->groups().durable();
    if (!durable) return;
    while (!pending.empty() && pending.front().batch <= *durable) {
      if (pending.front().rows_at != store::kNowhere) apply(pending.front().rows_at, pending.front().writes);
      acknowledged = history.size() - pending.size();
      pending.erase(pending.begin());
    }
    log->applied(*durable);
  }
  void apply(Place place, const std::vector<store::Write>& writes) {
    for (const store::Write& write : writes) rows.rows[write.key] = write.value;
    rows.mark = place;
  }

  // The log must be as it was after some batch, and none that was acknowledged may be missing.
  void restart_and_check() {
    log.reset();
    disk->restart();
    ASSERT_TRUE(start()) << error;
    for (std::size_t at = history.size(); at-- > acknowledged;) {
      if (history[at] != told) continue;
      history = {told};
      acknowledged = 0;
      return;
    }
    FAIL() << "recovered to no batch between " << acknowledged << " and " << history.size();
  }

  struct Rows {
    std::map<std::string, std::string> rows;
    Place mark = 0;
  };
  struct Pending {
    std::uint64_t batch;
    Place rows_at;
    std::vector<store::Write> writes;
  };

  base::SeededRandom random;
  std::shared_ptr<store::FakeDiskForTest> disk;
  std::unique_ptr<store::Log> log;
  std::string error;
  std::vector<Model> history;    // after each batch since the last restart
  std::size_t acknowledged = 0;  // of those
  std::uint64_t next_number = 1;
  std::vector<Pending> pending;
  Rows rows;
  Rows durable_rows;
  Model told;
};

TEST(Crc32c, IsCastagnoli) {
  EXPECT_EQ(store::crc32c(0, "123456789"), 0xE3069283u);
  EXPECT_EQ(store::crc32c(store::crc32c(0, "1234567890"), "abcdefghi"), store::crc32c(0, "1234567890abcdefghi"));
}

// RENKEI_SEEDS asks for a longer run.
std::uint64_t seeds() {
  const char* wanted = std::getenv("RENKEI_SEEDS");
  return wanted == nullptr ? 25 : std::strtoull(wanted, nullptr, 10);
}

// Random histories, a power cut in any operation, and again: what comes back is what was there after some batch, whole,
// with everything acknowledged in it. Segments are tiny, so they fill, empty and are used again all the time.
TEST(Log, ComesBackWholeAfterAnyPowerCut) {
  for (std::uint64_t seed = 0; seed < seeds(); ++seed) {
    SCOPED_TRACE(seed);
    World world(seed);
    ASSERT_TRUE(world.start()) << world.error;
    for (int crash = 0; crash < 6; ++crash) {
      SCOPED_TRACE(crash);
      world.disk->cut_power_after(world.pick(150));
      for (int step = 0; step < 400; ++step) {
        const std::uint64_t what = world.pick(8);
        if (what < 4) {
          if (!world.write()) {
            EXPECT_TRUE(world.error.starts_with("injected: no power")) << world.error;
            break;
          }
        } else if (what < 6) {
          if (world.pick(3) != 0) world.log->groups().commit();
          world.settle();
          if (!world.log->groups().durable()) break;
        } else if (what < 7) {
          world.log->keeper().step();
        } else {
          ASSERT_NO_FATAL_FAILURE(world.compact());
        }
      }
      ASSERT_NO_FATAL_FAILURE(world.restart_and_check());
      const auto findings = store::examine_journal(*world.disk->mount());
      ASSERT_TRUE(findings.damage.empty()) << findings.damage.front();
    }
  }
}

TEST(Log, ReadsBackAtOnceAndFromTheFile) {
  World world(1);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(world.write()) << world.error;
    if (i % 3 == 0) world.log->groups().commit();
    if (i % 5 == 0) world.settle();
    while (world.log->keeper().step()) {
    }
    std::vector<Place> places;
    for (const auto& [key, message] : world.history.back().messages) {
      places.push_back(message.kept == store::kNowhere ? message.place : message.kept);
    }
    const auto found = world.log->fetch(places);
    ASSERT_TRUE(found) << found.error().message;
    auto at = found->begin();
    for (const auto& [key, message] : world.history.back().messages) {
      EXPECT_EQ(at++->record.payload, message.payload);
    }
  }
}

// Fills a few segments that stay.
void fill(World& world, std::size_t messages) {
  for (std::size_t i = 0; i < messages; ++i) {
    Model next = world.history.back();
    store::Batch batch;
    batch.journal.push_back(store::Append{{1, world.next_number, true, "", std::string(300, 'x')}});
    store::Tail tail = world.log->tail();
    next.messages[{1, world.next_number++}] = {tail.take(batch.journal.front()), store::kNowhere, "",
                                               std::string(300, 'x')};
    const auto written = world.log->write(batch);
    ASSERT_TRUE(written) << written.error().message;
    world.history.push_back(std::move(next));
    world.pending.push_back({written->batch, written->rows_at, {}});
    world.log->groups().commit();
    world.settle();
  }
}

std::string file_of(World& world, Place place) {
  for (const auto& [name, body] : world.disk->files()) {
    if (store::parse_segment_head(body->now) == store::segment_of(place)) return name;
  }
  return "";
}

TEST(Log, DamageInTheOpenSegmentIsNoTornTail) {
  World world(2);
  ASSERT_TRUE(world.start());
  ASSERT_NO_FATAL_FAILURE(fill(world, 5));
  const Place second = world.history.back().messages.at({1, 2}).place;
  world.disk->damage(file_of(world, second), store::offset_of(second) + 100);
  EXPECT_FALSE(world.log->fetch(std::span(&second, 1)));
  world.log.reset();
  EXPECT_FALSE(world.start());
  EXPECT_EQ(world.error, "journal/000001.segment (segment 1) is damaged at offset " +
                             std::to_string(store::offset_of(second)) + ": entries behind it were on disk already");
  EXPECT_FALSE(store::examine_journal(*world.disk->mount()).damage.empty());
}

// The head alone says which segment a file is; whoever begins again behind it must not take it for an unused one.
TEST(Log, ADamagedHeadIsNoUnusedFile) {
  for (const std::size_t messages : {5u, 60u}) {
    World world(2);
    ASSERT_TRUE(world.start());
    ASSERT_NO_FATAL_FAILURE(fill(world, messages));
    while (world.log->keeper().step()) {
    }
    const std::uint32_t last = world.log->tail().segment;
    const std::string name = file_of(world, store::place_at(last, 0));
    world.disk->damage(name, 20);
    world.log.reset();
    EXPECT_FALSE(world.start());
    EXPECT_NE(world.error.find("segment " + std::to_string(last)), std::string::npos) << world.error;
  }
}

TEST(Log, DamageInAClosedSegmentIsFoundByReadingAndByExamining) {
  World world(3);
  ASSERT_TRUE(world.start());
  ASSERT_NO_FATAL_FAILURE(fill(world, 60));
  while (world.log->keeper().step()) {
  }
  const Place second = world.history.back().messages.at({1, 2}).place;
  world.disk->damage(file_of(world, second), store::offset_of(second) + 100);
  world.log.reset();
  world.log = nullptr;
  const auto findings = store::examine_journal(*world.disk->mount());
  ASSERT_EQ(findings.damage.size(), 1u);
  EXPECT_NE(findings.damage[0].find("offset " + std::to_string(store::offset_of(second))), std::string::npos)
      << findings.damage[0];
  EXPECT_EQ(findings.records, 60u);
}

// What a log tells at a start, without reading any of it.
struct Numbers : store::Recovery {
  void plain(std::uint64_t, std::uint32_t, std::span<const store::Fresh> records) override {
    for (const store::Fresh& record : records) numbers.push_back(record.number);
  }
  void record(std::uint64_t, std::uint64_t number, Place, Place, std::string_view) override {
    numbers.push_back(number);
  }
  void damaged(std::uint64_t, std::uint64_t number, Place, Place, const store::Error& error) override {
    EXPECT_TRUE(error.damage);
    lost.push_back(number);
  }
  void note(std::uint64_t, std::string_view) override {}

  std::vector<std::uint64_t> numbers;
  std::vector<std::uint64_t> lost;  // whose record is damaged
};

std::unique_ptr<store::Log> open_log(World& world, Numbers& told, std::string* warned = nullptr) {
  store::Log::Options options;
  options.segment_bytes = kSegmentBytes;
  if (warned != nullptr) options.warn = [warned](const std::string& text) { *warned += text + "\n"; };
  auto log = store::Log::open(world.disk->mount(), std::move(options), [](Place, const std::vector<store::Write>&) {
    return std::expected<void, store::Error>();
  });
  if (!log || !(*log)->recover(told)) return nullptr;
  return std::move(*log);
}

// Whose index is well can be killed without a look at its bytes, also when a start replays that; what is left is right.
TEST(Log, WhatIsDamagedCanBeGivenUp) {
  for (const std::size_t damaged_at : {0u, 8u, 100u}) {
    World world(3);
    ASSERT_TRUE(world.start());
    ASSERT_NO_FATAL_FAILURE(fill(world, 60));
    while (world.log->keeper().step()) {
    }
    const auto messages = world.history.back().messages;
    world.log.reset();
    const Place second = messages.at({1, 2}).place;
    world.disk->damage(file_of(world, second), store::offset_of(second) + damaged_at);
    for (int start = 0; start < 3; ++start) {
      Numbers told;
      const auto log = open_log(world, told);
      ASSERT_NE(log, nullptr);
      if (start < 2) {
        EXPECT_EQ(told.numbers.size(), start == 0 ? 60u : 59u);
        store::Batch batch;
        if (start == 0) {
          const auto found = log->fetch(std::span(&second, 1));
          ASSERT_FALSE(found);
          EXPECT_TRUE(found.error().damage);
          batch.journal.push_back(store::Kill{second});
        } else {
          for (const auto& [key, message] : messages) {
            if (key.second != 2) batch.journal.push_back(store::Kill{message.place});
          }
        }
        const auto written = log->write(batch);
        ASSERT_TRUE(written) << written.error().message;
        log->groups().commit();
      } else {
        EXPECT_TRUE(told.numbers.empty());
        EXPECT_EQ(log->use().live_bytes, 0u);
      }
    }
  }
}

// Durable when it returns. Where the entry is.
Place commit(store::Log& log, store::JournalEntry entry) {
  store::Batch batch;
  batch.journal.push_back(std::move(entry));
  store::Tail tail = log.tail();
  const Place place = tail.take(batch.journal.front());
  const auto written = log.write(batch);
  EXPECT_TRUE(written) << written.error().message;
  log.groups().commit();
  log.applied(*log.groups().durable());
  return place;
}

// A record that can't be read when its segment is closed: checkpoints go on, and the next start says what is lost; if
// it can be read then, nothing is.
TEST(Log, WhatIsDamagedBeforeItIsIndexedIsToldOfAtTheStart) {
  for (const bool for_good : {true, false}) {
    World world(9);
    Numbers told;
    std::string warned;
    auto log = open_log(world, told, &warned);
    const Place sent = commit(*log, store::Append{{1, 1, true, "", "payload"}});
    const Place delivered = commit(*log, store::Append{{1, 1, false, "delivered", ""}, sent, sent});
    if (for_good) {
      world.disk->damage(file_of(world, delivered), store::offset_of(delivered) + 40);
    } else {
      world.disk->fail_reads(true);
    }
    for (std::uint64_t number = 2; number < 40; ++number) {
      commit(*log, store::Append{{1, number, true, "", std::string(300, 'x')}});
    }
    while (log->keeper().step()) {
    }
    world.disk->fail_reads(false);
    EXPECT_TRUE(world.disk->files().contains("checkpoint"));
    EXPECT_TRUE(warned.starts_with("segment 1 of the journal is damaged at offset " +
                                   std::to_string(store::offset_of(delivered))))
        << warned;

    for (int start = 0; start < 2; ++start) {
      log.reset();
      Numbers again;
      log = open_log(world, again);
      ASSERT_NE(log, nullptr);
      const bool lost = for_good && start == 0;
      EXPECT_EQ(again.lost, lost ? std::vector<std::uint64_t>{1} : std::vector<std::uint64_t>());
      EXPECT_EQ(again.numbers.size(), for_good || start == 1 ? 38u : 39u);
      if (start == 0) {
        EXPECT_EQ(log->fetch(std::span(&sent, 1))->front().record.payload, "payload") << "what it keeps is there";
        EXPECT_EQ(store::examine_journal(*world.disk->mount()).damage.size(), lost ? 1u : 0u);
        commit(*log, store::Kill{delivered});
      }
    }
  }
}

TEST(Log, DamagedBooksAreNamed) {
  for (const std::string& name : {std::string("checkpoint"), std::string("0000000001.index")}) {
    World world(4);
    ASSERT_TRUE(world.start());
    ASSERT_NO_FATAL_FAILURE(fill(world, 40));
    while (world.log->keeper().step()) {
    }
    ASSERT_TRUE(world.disk->files().contains(name)) << name;
    world.disk->damage(name, 40);
    world.log.reset();
    EXPECT_FALSE(world.start());
    EXPECT_EQ(world.error, "journal/" + name + " is damaged");
  }
}

TEST(Log, AFullDiskRefusesAndKeepsWhatIsThere) {
  World world(5);
  world.disk->set_capacity(5 * kSegmentBytes);
  ASSERT_TRUE(world.start());
  std::size_t written = 0;
  while (world.write()) {
    world.log->groups().commit();
    world.settle();
    while (world.log->keeper().step()) {
    }
    ASSERT_LT(++written, 10'000u);
    if (written == 2'000) break;  // what dies makes room
  }
  if (written < 2'000) {
    EXPECT_EQ(world.error, "injected: no space left");
  }
  world.disk->set_capacity(UINT64_MAX);
  EXPECT_TRUE(world.write()) << "goes on when there is room again: " << world.error;
  world.log->groups().commit();
  world.settle();
  ASSERT_NO_FATAL_FAILURE(world.restart_and_check());
}

TEST(Log, AFailedSyncEndsIt) {
  World world(6);
  ASSERT_TRUE(world.start());
  ASSERT_NO_FATAL_FAILURE(fill(world, 2));
  world.disk->fail_sync_after(0);
  ASSERT_TRUE(world.write());
  world.log->groups().commit();
  EXPECT_FALSE(world.log->groups().durable());
  EXPECT_FALSE(world.write());
  ASSERT_NO_FATAL_FAILURE(world.restart_and_check());
}

TEST(Log, AnUnreadableDiskRefusesTheWriteThatNeedsToRead) {
  World world(7);
  ASSERT_TRUE(world.start());
  ASSERT_NO_FATAL_FAILURE(fill(world, 40));
  while (world.log->keeper().step()) {
  }
  world.log->applied(*world.log->groups().durable());  // the indexes are on disk, too
  store::Batch batch;
  batch.journal.push_back(store::Kill{world.history.back().messages.at({1, 1}).place});
  world.disk->fail_reads(true);
  EXPECT_FALSE(world.log->write(batch));
  world.disk->fail_reads(false);
  EXPECT_TRUE(world.log->write(batch));
}

TEST(Log, UsesSegmentsAgain) {
  World world(8);
  ASSERT_TRUE(world.start());
  for (int i = 0; i < 2'000; ++i) {
    store::Batch batch;
    store::Tail tail = world.log->tail();
    batch.journal.push_back(store::Append{{1, 1, true, "", std::string(200, 'x')}});
    const Place place = tail.take(batch.journal.front());
    batch.journal.push_back(store::Kill{place});
    ASSERT_TRUE(world.log->write(batch));
    world.log->groups().commit();
    world.log->applied(*world.log->groups().durable());
    while (world.log->keeper().step()) {
    }
  }
  EXPECT_GT(world.log->tail().segment, 100u);
  EXPECT_LE(world.disk->files().size(), 8u);
  EXPECT_EQ(world.log->use().live_bytes, 0u);
}

}  // namespace
