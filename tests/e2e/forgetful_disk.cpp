// A disk that forgets: what a program started with this library preloaded writes to files in a folder "journal" stays
// in the memory of the process until it syncs them, but for some sectors that get through at once. So a kill -9 leaves
// what a power cut may leave. It goes past the C library, as asking for its functions allocates, and an allocator that
// opens files when it starts then waits for itself.

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

namespace {

constexpr long kSector = 512;

// Of each file, by its number: what is not synced, by offset. The pieces are sectors or parts of one, and do not
// overlap the end of theirs.
using Unsynced = std::map<long, std::string>;

struct Disk {
  std::mutex mutex;
  std::map<int, ino_t> files;  // by descriptor
  std::map<ino_t, Unsynced> unsynced;
  unsigned dice = 1;
};

Disk& disk() {
  static auto* disk = new Disk;
  return *disk;
}

long write_through(int descriptor, const char* bytes, size_t size, long offset) {
  return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

int open_file(const char* path, int flags, unsigned mode) {
  const int descriptor = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  struct stat status{};
  if (descriptor < 0 || strstr(path, "/journal/") == nullptr || fstat(descriptor, &status) != 0) return descriptor;
  const std::lock_guard lock(disk().mutex);
  disk().files[descriptor] = status.st_ino;
  if ((flags & O_TRUNC) != 0) disk().unsynced.erase(status.st_ino);
  return descriptor;
}

// A sector as it is now: what is synced, and over that what is not.
std::string sector_at(int descriptor, const Unsynced& unsynced, long offset) {
  if (const auto found = unsynced.find(offset); found != unsynced.end()) return found->second;
  std::string sector(kSector, '\0');
  const long got = syscall(SYS_pread64, descriptor, sector.data(), kSector, offset);
  sector.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return sector;
}

int sync_file(int descriptor, int call) {
  const std::lock_guard lock(disk().mutex);
  const auto file = disk().files.find(descriptor);
  if (file == disk().files.end()) return static_cast<int>(syscall(call, descriptor));
  for (const auto& [offset, bytes] : disk().unsynced[file->second]) {
    if (write_through(descriptor, bytes.data(), bytes.size(), offset) < 0) return -1;
  }
  disk().unsynced.erase(file->second);
  return 0;  // only the process dies: what the kernel knows is safe
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const unsigned mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, unsigned) : 0;
  va_end(rest);
  return open_file(path, flags, mode);
}

int close(int descriptor) {
  {
    const std::lock_guard lock(disk().mutex);
    disk().files.erase(descriptor);
  }
  return static_cast<int>(syscall(SYS_close, descriptor));
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  const std::lock_guard lock(disk().mutex);
  const auto file = disk().files.find(descriptor);
  const auto* from = static_cast<const char*>(bytes);
  if (file == disk().files.end()) return write_through(descriptor, from, size, offset);
  Unsynced& unsynced = disk().unsynced[file->second];
  for (long at = offset; at < offset + static_cast<long>(size);) {
    const long sector = at / kSector * kSector;
    const long end = std::min(sector + kSector, offset + static_cast<long>(size));
    std::string whole = sector_at(descriptor, unsynced, sector);
    whole.resize(std::max<size_t>(whole.size(), static_cast<size_t>(end - sector)));
    memcpy(whole.data() + (at - sector), from + (at - offset), static_cast<size_t>(end - at));
    disk().dice = disk().dice * 1664525 + 1013904223;
    if (disk().dice >> 29 == 0) write_through(descriptor, whole.data(), whole.size(), sector);
    unsynced[sector] = std::move(whole);
    at = end;
  }
  return static_cast<ssize_t>(size);
}

ssize_t pread(int descriptor, void* into, size_t size, off_t offset) {
  const std::lock_guard lock(disk().mutex);
  long got = syscall(SYS_pread64, descriptor, into, size, offset);
  const auto file = disk().files.find(descriptor);
  if (got < 0 || file == disk().files.end()) return got;
  const Unsynced& unsynced = disk().unsynced[file->second];
  for (auto piece = unsynced.lower_bound(offset / kSector * kSector); piece != unsynced.end(); ++piece) {
    const auto& [at, bytes] = *piece;
    const long from = std::max<long>(at, offset);
    const long end = std::min<long>(at + static_cast<long>(bytes.size()), offset + static_cast<long>(size));
    if (from >= end) {
      if (at >= offset + static_cast<long>(size)) break;
      continue;
    }
    memcpy(static_cast<char*>(into) + (from - offset), bytes.data() + (from - at), static_cast<size_t>(end - from));
    got = std::max(got, end - static_cast<long>(offset));
  }
  return got;
}

int fdatasync(int descriptor) {
  return sync_file(descriptor, SYS_fdatasync);
}
int fsync(int descriptor) {
  return sync_file(descriptor, SYS_fsync);
}

}  // extern "C"
