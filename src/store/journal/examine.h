#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/journal/disk.h"

namespace store {

struct JournalFindings {
  std::uint64_t segments = 0;
  std::uint64_t entries = 0;
  std::uint64_t records = 0;        // that are indexed
  std::string cut_off;              // what the next start will drop, as after a power cut; "" when nothing
  std::vector<std::string> damage;  // one sentence each; empty when all is well
};

// Reads every segment, index and checkpoint of a journal that nobody uses, and compares them. Changes nothing.
JournalFindings examine_journal(Disk& disk);

}  // namespace store
