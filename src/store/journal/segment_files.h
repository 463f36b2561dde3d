#pragma once

#include <map>
#include <memory>
#include <string>

#include "store/journal/disk.h"
#include "store/journal/entry.h"

namespace store {

// An entry with the bytes that it views.
struct HeldEntry {
  std::string bytes;
  EntryView entry;
};

// Which file each segment is in, with a bounded number of them open.
class SegmentFiles {
 public:
  static constexpr std::size_t kOpenMax = 256;

  explicit SegmentFiles(Disk& disk) : disk_(disk) {}

  void add(std::uint32_t segment, std::string name, std::shared_ptr<File> file = nullptr);
  void forget(std::uint32_t segment);
  bool has(std::uint32_t segment) const { return slots_.contains(segment); }
  const std::string& name(std::uint32_t segment) const { return slots_.at(segment).name; }
  std::expected<std::shared_ptr<File>, Error> open(std::uint32_t segment);

  // The record at `place`, checked. An error names file and offset.
  std::expected<HeldEntry, Error> read(Place place);
  Error damaged(Place place) const;

 private:
  struct Slot {
    std::string name;
    std::shared_ptr<File> file;
  };
  Disk& disk_;
  std::map<std::uint32_t, Slot> slots_;
  std::size_t open_ = 0;
};

}  // namespace store
