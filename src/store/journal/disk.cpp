#include "store/journal/disk.h"

#include "base/fault.h"

namespace store {

std::expected<std::string, Error> read_all(Disk& disk, const std::string& name) {
  TRY(const auto file, disk.open(name));
  TRY(const std::uint64_t size, file->size());
  std::string bytes(size, '\0');
  TRY(const std::size_t got, file->read(0, bytes));
  bytes.resize(got);
  return bytes;
}

}  // namespace store
