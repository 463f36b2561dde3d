#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "base/fault.h"
#include "image/layer_store.h"
#include "wire/digest.h"

namespace image {
namespace {

constexpr std::size_t kChunkBytes = 1 << 18;
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr const char* kOpaqueAttribute = "trusted.overlay.opaque";

struct FreeRead {
  void operator()(archive* a) const { archive_read_free(a); }
};
struct FreeWrite {
  void operator()(archive* a) const { archive_write_free(a); }
};
using Reader = std::unique_ptr<archive, FreeRead>;
using Writer = std::unique_ptr<archive, FreeWrite>;

std::unexpected<Error> archive_error(archive* a) {
  const char* text = archive_error_string(a);
  return error(std::string("cannot unpack layer: ") + (text ? text : "unknown error"));
}

// Decompresses a blob and hashes it on both sides: the blob as it lies on disk, and the tar stream within.
class Stream {
 public:
  static constexpr int kEnd = 0;

  explicit Stream(int fd) : fd_(fd), raw_(archive_read_new()), in_(kChunkBytes), out_(kChunkBytes) {
    archive_read_support_filter_all(raw_.get());
    archive_read_support_format_raw(raw_.get());
    archive_read_support_format_empty(raw_.get());
  }

  bool open() {
    archive_entry* entry = nullptr;
    return archive_read_open(raw_.get(), this, nullptr, &Stream::read_blob, nullptr) == ARCHIVE_OK &&
           archive_read_next_header(raw_.get(), &entry) != ARCHIVE_FATAL;
  }
  archive* raw() const { return raw_.get(); }

  // Reads what the consumer left, so that both digests cover everything.
  bool drain() {
    const void* ignored = nullptr;
    ssize_t got;
    while ((got = read_tar(nullptr, this, &ignored)) > 0) {
    }
    while (got == 0 && read_blob(nullptr, this, &ignored) > 0) {
    }
    return got == 0;
  }
  std::string blob_digest() { return "sha256:" + wire::to_hex(blob_hash_.finish()); }
  std::string tar_digest() { return "sha256:" + wire::to_hex(tar_hash_.finish()); }

  static la_ssize_t read_tar(archive*, void* self, const void** bytes) {
    auto& stream = *static_cast<Stream*>(self);
    const la_ssize_t got = archive_read_data(stream.raw_.get(), stream.out_.data(), stream.out_.size());
    if (got > 0) stream.tar_hash_.update({stream.out_.data(), static_cast<std::size_t>(got)});
    *bytes = stream.out_.data();
    return got;
  }

 private:
  static la_ssize_t read_blob(archive*, void* self, const void** bytes) {
    auto& stream = *static_cast<Stream*>(self);
    ssize_t got;
    do {
      got = ::read(stream.fd_, stream.in_.data(), stream.in_.size());
    } while (got < 0 && errno == EINTR);
    if (got > 0) stream.blob_hash_.update({stream.in_.data(), static_cast<std::size_t>(got)});
    *bytes = stream.in_.data();
    return got;
  }

  int fd_;
  Reader raw_;
  std::vector<char> in_;
  std::vector<char> out_;
  wire::Digest blob_hash_{wire::Algorithm::Sha256};
  wire::Digest tar_hash_{wire::Algorithm::Sha256};
};

// A name relative to the root, without "./" and leading slashes; "." for the root itself.
std::string relative_name(std::string_view name) {
  while (name.starts_with("./") || name.starts_with('/')) name.remove_prefix(name[0] == '/' ? 1 : 2);
  while (name.ends_with('/')) name.remove_suffix(1);
  return name.empty() ? "." : std::string(name);
}

// Runs with the layer's directory as root and working directory.
class Unpacker {
 public:
  explicit Unpacker(archive* source) : source_(source), disk_(archive_write_disk_new()) {
    archive_write_disk_set_options(disk_.get(), ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
                                                    ARCHIVE_EXTRACT_ACL | ARCHIVE_EXTRACT_XATTR |
                                                    ARCHIVE_EXTRACT_UNLINK | ARCHIVE_EXTRACT_SECURE_NODOTDOT);
  }

  Result<void> run() {
    for (;;) {
      archive_entry* entry = nullptr;
      const int got = archive_read_next_header(source_, &entry);
      if (got == ARCHIVE_EOF) break;
      if (got < ARCHIVE_WARN) return archive_error(source_);
      CHECK(unpack_entry(entry));
    }
    if (archive_write_close(disk_.get()) < ARCHIVE_WARN) return archive_error(disk_.get());
    for (const std::string& name : opaque_) {  // after the directories have got their final form
      if (setxattr(name.c_str(), kOpaqueAttribute, "y", 1, 0) != 0) return system_error("cannot mark " + name);
    }
    return {};
  }

 private:
  Result<void> unpack_entry(archive_entry* entry) {
    const char* raw_name = archive_entry_pathname(entry);
    if (!raw_name) return error("cannot unpack layer: an entry without a name");
    const std::string name = relative_name(raw_name);
    const std::filesystem::path path(name);
    for (const auto& part : path) {
      if (part == "..") return error("cannot unpack layer: name leads out of it: " + name);
    }
    const std::string last = path.filename().string();
    const std::string parent = path.has_parent_path() ? path.parent_path().string() : ".";
    if (last == kOpaque) {
      std::error_code ignored;
      std::filesystem::create_directories(parent, ignored);
      opaque_.insert(parent);
      return {};
    }
    if (last.starts_with(kWhiteout)) return whiteout(parent, last.substr(kWhiteout.size()));

    archive_entry_set_pathname(entry, name.c_str());
    if (const char* target = archive_entry_hardlink(entry)) {
      archive_entry_set_hardlink(entry, relative_name(target).c_str());
    }
    // A directory over a whiteout of the same layer: nothing of the lower one shines through.
    if (whiteouts_.contains(name) && archive_entry_filetype(entry) == AE_IFDIR) opaque_.insert(name);
    if (archive_write_header(disk_.get(), entry) < ARCHIVE_WARN) return archive_error(disk_.get());
    CHECK(copy_data());
    if (archive_write_finish_entry(disk_.get()) < ARCHIVE_WARN) return archive_error(disk_.get());
    return {};
  }

  Result<void> whiteout(const std::string& parent, const std::string& name) {
    if (name.starts_with(kWhiteout) || name.empty()) return {};  // other marks of AUFS mean nothing here
    std::error_code ignored;
    std::filesystem::create_directories(parent, ignored);
    const std::string path = parent == "." ? name : parent + "/" + name;
    whiteouts_.insert(path);
    if (mknod(path.c_str(), S_IFCHR, makedev(0, 0)) == 0 || errno == EEXIST) return {};
    return system_error("cannot create whiteout " + path);
  }

  Result<void> copy_data() {
    for (;;) {
      const void* bytes = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int got = archive_read_data_block(source_, &bytes, &size, &offset);
      if (got == ARCHIVE_EOF) return {};
      if (got < ARCHIVE_WARN) return archive_error(source_);
      if (archive_write_data_block(disk_.get(), bytes, size, offset) < ARCHIVE_WARN) return archive_error(disk_.get());
    }
  }

  archive* source_;
  Writer disk_;
  std::set<std::string> opaque_;
  std::set<std::string> whiteouts_;
};

// The blob is open before the root changes.
Result<void> unpack_here(int blob, std::string_view blob_digest, std::string_view diff_id) {
  Stream stream(blob);
  if (!stream.open()) return archive_error(stream.raw());
  const Reader tar(archive_read_new());
  archive_read_support_format_tar(tar.get());
  archive_read_support_format_gnutar(tar.get());
  archive_read_support_format_empty(tar.get());
  if (archive_read_open(tar.get(), &stream, nullptr, &Stream::read_tar, nullptr) < ARCHIVE_WARN) {
    return archive_error(tar.get());
  }
  CHECK(Unpacker(tar.get()).run());
  if (!stream.drain()) return archive_error(stream.raw());
  if (stream.blob_digest() != blob_digest) return error("layer content does not match " + std::string(blob_digest));
  if (stream.tar_digest() != diff_id) return error("layer content does not match diff_id " + std::string(diff_id));
  return {};
}

}  // namespace

Result<void> unpack_layer(const std::string& blob, std::string_view blob_digest, std::string_view diff_id,
                          const std::string& directory) {
  Result<void> result;
  // A thread of its own: its root and umask end with it.
  std::thread([&] {
    const int fd = open(blob.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      result = system_error("cannot open layer " + std::string(blob_digest));
      return;
    }
    if (unshare(CLONE_FS) != 0 || chroot(directory.c_str()) != 0 || chdir("/") != 0) {
      result = system_error("cannot enter " + directory);
    } else {
      umask(0);
      result = unpack_here(fd, blob_digest, diff_id);
    }
    close(fd);
  }).join();
  return result;
}

}  // namespace image
