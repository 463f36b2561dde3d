#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/journal/ledger.h"
#include "store/journal/segment_files.h"

namespace store {

// What the files of a journal say, without a change to them.
struct Loaded {
  Loaded(Disk& disk, std::uint32_t segment_bytes) : ledger(segment_bytes), files(disk) {}

  Ledger ledger;                        // as of the last whole batch
  SegmentFiles files;                   // of the ledger's segments
  std::vector<std::uint32_t> replayed;  // segments that were read entry by entry: open in the ledger
  std::vector<std::string> unused;      // segment files that hold nothing
  std::uint32_t last_number = 0;        // no segment file has a greater number, not even an unused one
  Place end = kNowhere;                 // of the last whole batch
  std::string cut_off;                  // says what a power cut left behind the end, if it left something
};

// Rows of one batch; `place` rises from batch to batch.
using ReplayRows = std::function<std::expected<void, Error>(Place place, std::vector<Write> rows)>;

// Reads checkpoint, indexes and the entries behind the checkpoint. Damage is an error that names it; only what a power
// cut can have left unfinished at the very end is left out.
std::expected<Loaded, Error> load_journal(Disk& disk, std::uint32_t segment_bytes, const ReplayRows& replay);

bool is_segment_name(const std::string& name);

}  // namespace store
