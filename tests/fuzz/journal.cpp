// What a start makes of a journal's folder: segments, indexes, the checkpoint. Mutated bytes rarely pass a checksum, so
// half of the inputs get right ones first: then it is up to what reads them that a count, a size, a place or a link
// that makes no sense is an error and nothing worse.
//
// An input is a byte of flags, and then files: kind, number, length (2 bytes, little-endian), bytes. The seeds are
// journals that a log wrote: RENKEI_WRITE_SEEDS=DIR makes them.

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fuzz.h"
#include "store/journal/checkpoint.h"
#include "store/journal/crc32c.h"
#include "store/journal/examine.h"
#include "store/journal/fake_disk_for_test.h"
#include "store/journal/index.h"
#include "store/journal/layout.h"
#include "store/journal/loader.h"
#include "store/journal/log.h"

namespace {

using store::Place;

constexpr std::uint32_t kSegmentBytes = 1'024;
constexpr std::uint8_t kSealed = 1;
enum class File : std::uint8_t { Segment, Index, Checkpoint };

std::string segment_name(unsigned number) {
  return "0000" + std::to_string(10 + number % 90) + ".segment";
}

void put_checksum(std::string& bytes, std::size_t at, std::uint32_t checksum) {
  std::memcpy(bytes.data() + at, &checksum, sizeof checksum);
}

// As entry.cpp seeds and writes it.
void seal_segment(std::string& bytes, std::uint32_t segment) {
  const std::string head = store::segment_head(segment);
  if (bytes.size() < head.size()) return;
  bytes.replace(0, head.size(), head);
  for (std::size_t at = head.size(); at + store::layout::kHead <= bytes.size();) {
    const std::string_view rest = std::string_view(bytes).substr(at);
    std::uint32_t size = 0;
    std::memcpy(&size, rest.data() + 4, sizeof size);
    if (store::promised_size(rest) == 0 || size > rest.size()) return;
    put_checksum(bytes, at, store::crc32c(segment ^ 0x52454E4B, rest.substr(4, size - 4)));
    at += store::layout::padded(size);
  }
}

void seal_whole(std::string& bytes) {
  if (bytes.size() < 4) return;
  put_checksum(bytes, bytes.size() - 4, store::crc32c(0, std::string_view(bytes).substr(0, bytes.size() - 4)));
}

// magic:16 segment:4 size of the specials:4 · specials · crc:4 · plain · crc:4
void seal_index(std::string& bytes) {
  constexpr std::size_t kHead = 24;
  if (bytes.size() < kHead + 8) return;
  std::uint32_t specials = 0;
  std::memcpy(&specials, bytes.data() + 20, sizeof specials);
  if (specials > bytes.size() - kHead - 8) return;
  const std::size_t end = kHead + specials;
  put_checksum(bytes, end, store::crc32c(0, std::string_view(bytes).substr(0, end)));
  const std::string_view plain = std::string_view(bytes).substr(end + 4, bytes.size() - end - 8);
  put_checksum(bytes, bytes.size() - 4, store::crc32c(0, plain));
}

// A folder with the files of an input.
std::shared_ptr<store::FakeDiskForTest> make_disk(std::string_view input) {
  auto disk = std::make_shared<store::FakeDiskForTest>(1);
  if (input.empty()) return disk;
  const bool sealed = (static_cast<std::uint8_t>(input[0]) & kSealed) != 0;
  input.remove_prefix(1);
  while (input.size() >= 4) {
    const auto kind = static_cast<File>(static_cast<std::uint8_t>(input[0]) % 3);
    const auto number = static_cast<std::uint8_t>(input[1]);
    std::uint16_t length = 0;
    std::memcpy(&length, input.data() + 2, sizeof length);
    input.remove_prefix(4);
    std::string bytes(input.substr(0, length));
    input.remove_prefix(bytes.size());
    std::string name = store::kCheckpointName;
    if (kind == File::Segment) {
      bytes.resize(kSegmentBytes);
      name = segment_name(number);
      if (sealed) seal_segment(bytes, number);
    } else if (kind == File::Index) {
      name = store::index_name(number);
      if (sealed) seal_index(bytes);
    } else if (sealed) {
      seal_whole(bytes);
    }
    fuzz::must(disk->mount()->replace(name, bytes).has_value(), "a disk in memory takes all");
  }
  return disk;
}

struct Told : store::Recovery {
  void plain(std::uint64_t, std::uint32_t segment, std::span<const store::Fresh> records) override {
    for (const store::Fresh& record : records) places.push_back(store::place_at(segment, record.offset));
  }
  void record(std::uint64_t, std::uint64_t, Place place, Place keeps, std::string_view) override {
    places.push_back(place);
    if (keeps != store::kNowhere) places.push_back(keeps);
  }
  void damaged(std::uint64_t, std::uint64_t, Place place, Place, const store::Error& error) override {
    fuzz::must(error.damage, "who can't be read is damaged");
    places.push_back(place);
  }
  void note(std::uint64_t, std::string_view) override {}

  std::vector<Place> places;
};

std::expected<std::unique_ptr<store::Log>, store::Error> open_log(store::FakeDiskForTest& disk, Told& told) {
  store::Log::Options options;
  options.segment_bytes = kSegmentBytes;
  auto log = store::Log::open(disk.mount(), std::move(options), [](Place, const std::vector<store::Write>&) {
    return std::expected<void, store::Error>();
  });
  if (!log) return log;
  if (auto good = (*log)->recover(told); !good) return std::unexpected(good.error());
  return log;
}

void commit(store::Log& log) {
  log.groups().commit();
  log.applied(*log.groups().durable());
  while (log.keeper().step()) {
  }
}

Place append(store::Log& log, bool plain, std::string payload, Place replaces = store::kNowhere) {
  store::Batch batch;
  store::Append append{{1, 7, plain, plain ? "" : "meta", std::move(payload)}, replaces, replaces};
  batch.journal.push_back(std::move(append));
  store::Tail tail = log.tail();
  const Place place = tail.take(batch.journal.front());
  fuzz::must(log.write(batch).has_value(), "a journal that was opened takes records");
  commit(log);
  return place;
}

// Whether a file has lost its head. When its begin entry is broken as well nobody knows that it was in use, and what is
// left of it may look like a part of the segment that the file is next.
bool headless(const store::FakeDiskForTest& disk) {
  return std::ranges::any_of(disk.files(), [](const auto& file) {
    return file.first.ends_with(".segment") && !store::parse_segment_head(file.second->now);
  });
}

std::string packed(const store::FakeDiskForTest& disk, std::uint8_t flags) {
  std::string out(1, static_cast<char>(flags));
  for (const auto& [name, body] : disk.files()) {
    std::string bytes = body->now;
    File kind = File::Checkpoint;
    unsigned number = 0;
    if (name.ends_with(".index")) {
      kind = File::Index;
      number = static_cast<unsigned>(std::stoul(name));
    } else if (name.ends_with(".segment")) {
      kind = File::Segment;
      number = store::parse_segment_head(bytes).value_or(0);
      bytes.resize(bytes.find_last_not_of('\0') + 1);
    }
    const auto length = static_cast<std::uint16_t>(bytes.size());
    out += static_cast<char>(kind);
    out += static_cast<char>(number);
    out.append(reinterpret_cast<const char*>(&length), sizeof length);
    out += bytes;
  }
  return out;
}

void write_seeds(const std::filesystem::path& folder) {
  const auto save = [&](const std::string& name, const store::FakeDiskForTest& disk) {
    for (const std::uint8_t flags : {std::uint8_t{0}, kSealed}) {
      std::ofstream(folder / (name + (flags == 0 ? "" : "-sealed")), std::ios::binary) << packed(disk, flags);
    }
  };
  auto disk = std::make_shared<store::FakeDiskForTest>(1);
  Told told;
  auto log = *open_log(*disk, told);
  const Place first = append(*log, true, "first");
  save("open", *disk);
  const Place delivered = append(*log, false, "", first);
  store::Batch rows;
  rows.rows.push_back({store::Write::Kind::Put, "key", "value"});
  rows.journal.push_back(store::Note{1, "note"});
  fuzz::must(log->write(rows).has_value(), "rows go in");
  commit(*log);
  save("delivered", *disk);
  for (int i = 0; i < 6; ++i) append(*log, i % 2 == 0, std::string(200, 'x'));
  store::Batch gone;
  gone.journal.push_back(store::Kill{delivered});
  gone.journal.push_back(store::Clear{2});
  fuzz::must(log->write(gone).has_value(), "a kill goes in");
  commit(*log);
  save("closed", *disk);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* folder = std::getenv("RENKEI_WRITE_SEEDS");
  if (folder == nullptr) return 0;
  write_seeds(folder);
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text(data, size);
  const auto disk = make_disk(input);
  const bool sealed = !input.empty() && (data[0] & kSealed) != 0;
  static_cast<void>(store::examine_journal(*disk->mount()));
  const bool has_headless = headless(*disk);
  Told told;
  auto log = open_log(*disk, told);
  if (!log) {
    fuzz::must(!log.error().message.empty(), "a refusal has words");
    return 0;
  }
  for (const Place place : told.places) {
    const auto found = (*log)->fetch(std::span(&place, 1));
    fuzz::must(found || found.error().damage, "what is told is there, or damaged");
  }
  // Where all checksums were found right, all is as a log wrote it: it goes on.
  if (sealed || has_headless) return 0;
  const Place added = append(**log, true, "more");
  log->reset();
  Told again;
  log = open_log(*disk, again);
  fuzz::must(log.has_value(), log ? "" : log.error().message.c_str());  // what was opened can be opened again
  told.places.push_back(added);
  std::ranges::sort(told.places);
  std::ranges::sort(again.places);
  fuzz::must(told.places == again.places, "a start tells what the one before told, and what was added");
  return 0;
}
