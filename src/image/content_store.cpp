#include "image/content_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/fault.h"
#include "wire/digest.h"

namespace image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "sha256:";
constexpr std::size_t kChunkBytes = 1 << 18;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<void> each_chunk(const std::string& path, const std::function<Result<void>(std::string_view)>& use) {
  const File in(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) return system_error("cannot open " + path);
  std::vector<char> chunk(kChunkBytes);
  for (;;) {
    const ssize_t got = read(in.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("cannot read " + path);
    if (got == 0) return {};
    CHECK(use({chunk.data(), static_cast<std::size_t>(got)}));
  }
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error("cannot write " + path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

// Fills a new file beside `path`, syncs it and renames it. Two that do this at once both succeed.
Result<void> write_into_place(const std::string& path, const std::function<Result<void>(int fd)>& fill) {
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  std::string temporary = path + ".new-XXXXXX";
  const File out(mkostemp(temporary.data(), O_CLOEXEC));
  if (out.get() < 0) return system_error("cannot create " + path);
  Result<void> filled = fill(out.get());
  if (filled && fchmod(out.get(), 0644) != 0) filled = system_error("cannot create " + path);
  if (filled && fdatasync(out.get()) != 0) filled = system_error("cannot sync " + path);
  if (filled && std::rename(temporary.c_str(), path.c_str()) != 0) filled = system_error("cannot create " + path);
  if (!filled) unlink(temporary.c_str());
  return filled;
}

}  // namespace

std::unexpected<Error> system_error(const std::string& what) {
  return error(what + ": " + std::strerror(errno));
}

bool is_digest(std::string_view text) {
  return text.size() == kPrefix.size() + 64 && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

std::string digest_hex(std::string_view digest) {
  return std::string(digest.substr(kPrefix.size()));
}

std::string ContentStore::blob_path(std::string_view digest) const {
  return directory_ + "/blobs/sha256/" + digest_hex(digest);
}

bool ContentStore::has(std::string_view digest) const {
  return is_digest(digest) && access(blob_path(digest).c_str(), R_OK) == 0;
}

Result<std::string> ContentStore::read(std::string_view digest) const {
  if (!is_digest(digest)) return error("not a digest: " + std::string(digest));
  TRY(std::string bytes, read_file(blob_path(digest)));
  if (wire::sha256_hex(bytes) != digest_hex(digest)) {
    return error("content of " + std::string(digest) + " does not match its digest");
  }
  return bytes;
}

Result<std::string> ContentStore::put(std::string_view bytes) const {
  std::string digest = std::string(kPrefix) + wire::sha256_hex(bytes);
  if (!has(digest)) CHECK(write_file(blob_path(digest), bytes));
  return digest;
}

Result<void> ContentStore::import_file(const std::string& path, std::string_view digest) const {
  if (!is_digest(digest)) return error("not a digest: " + std::string(digest));
  if (has(digest)) return {};
  return write_into_place(blob_path(digest), [&](int fd) -> Result<void> {
    wire::Digest hash(wire::Algorithm::Sha256);
    CHECK(each_chunk(path, [&](std::string_view chunk) {
      hash.update(chunk);
      return write_all(fd, chunk, path);
    }));
    if (wire::to_hex(hash.finish()) == digest_hex(digest)) return {};
    return error("content of " + path + " does not match its digest " + std::string(digest));
  });
}

Result<std::string> digest_file(const std::string& path) {
  wire::Digest hash(wire::Algorithm::Sha256);
  CHECK(each_chunk(path, [&](std::string_view chunk) -> Result<void> {
    hash.update(chunk);
    return {};
  }));
  return std::string(kPrefix) + wire::to_hex(hash.finish());
}

Result<std::string> read_file(const std::string& path, std::uint64_t limit) {
  std::string bytes;
  CHECK(each_chunk(path, [&](std::string_view chunk) -> Result<void> {
    if (bytes.size() + chunk.size() > limit) return error(path + " is larger than " + std::to_string(limit) + " bytes");
    bytes += chunk;
    return {};
  }));
  return bytes;
}

Result<void> write_file(const std::string& path, std::string_view bytes) {
  return write_into_place(path, [&](int fd) { return write_all(fd, bytes, path); });
}

}  // namespace image
