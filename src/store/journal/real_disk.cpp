#include "store/journal/real_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/fault.h"

namespace store {
namespace {

std::unexpected<Error> failed(const std::string& what, const std::string& path) {
  return std::unexpected(Error{what + " " + path + ": " + std::strerror(errno)});
}

// Left alone when new segments are made: checkpoints and rows need room too, or nothing could be given back.
constexpr std::uint64_t kReserveBytes = 32u << 20;

class RealFile : public File {
 public:
  RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~RealFile() override { ::close(descriptor_); }
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;

  std::expected<void, Error> write(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t wrote = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return failed("write", path_);
      offset += static_cast<std::uint64_t>(wrote);
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  }

  std::expected<std::size_t, Error> read(std::uint64_t offset, std::span<char> into) override {
    std::size_t got = 0;
    while (got < into.size()) {
      const ssize_t count =
          ::pread(descriptor_, into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed("read", path_);
      if (count == 0) break;
      got += static_cast<std::size_t>(count);
    }
    return got;
  }

  std::expected<void, Error> sync() override {
    if (::fdatasync(descriptor_) != 0) return failed("sync", path_);
    return {};
  }

  std::expected<std::uint64_t, Error> size() override {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return failed("look at", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  // Reserved and known to the file system after a power cut, but not written: writing zeros would cost as much again as
  // the records do, and a segment that is used again is written anyway.
  std::expected<void, Error> reserve(std::uint64_t size) {
    if (const int error = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size)); error != 0) {
      errno = error;
      return failed("reserve space for", path_);
    }
    if (::fsync(descriptor_) != 0) return failed("sync", path_);
    return {};
  }

 private:
  int descriptor_;
  std::string path_;
};

class RealDisk : public Disk {
 public:
  explicit RealDisk(std::string folder) : folder_(std::move(folder)) {}

  std::expected<std::vector<std::string>, Error> list() override {
    std::error_code error;
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
      names.push_back(entry.path().filename().string());
    }
    if (error) return std::unexpected(Error{"list " + folder_ + ": " + error.message()});
    return names;
  }

  std::expected<std::unique_ptr<File>, Error> open(const std::string& name) override {
    TRY(auto file, open_file(name, O_RDWR));
    return file;
  }

  std::expected<std::unique_ptr<File>, Error> create(const std::string& name, std::uint64_t size) override {
    std::error_code error;
    const auto space = std::filesystem::space(folder_, error);
    if (!error && space.available < size + kReserveBytes) {
      return std::unexpected(Error{"make " + path(name) + ": only " + std::to_string(space.available >> 20) +
                                   " MiB are left on the disk"});
    }
    TRY(auto file, open_file(name, O_RDWR | O_CREAT | O_TRUNC));
    auto reserved = file->reserve(size);
    if (!reserved) {
      ::unlink(path(name).c_str());
      return std::unexpected(std::move(reserved).error());
    }
    CHECK(sync_folder());
    return file;
  }

  std::expected<void, Error> replace(const std::string& name, std::string_view bytes) override {
    const std::string draft = name + ".tmp";
    {
      TRY(const auto file, open_file(draft, O_WRONLY | O_CREAT | O_TRUNC));
      CHECK(file->write(0, bytes));
      CHECK(file->sync());
    }
    if (std::rename(path(draft).c_str(), path(name).c_str()) != 0) return failed("rename", path(draft));
    return sync_folder();
  }

  std::expected<void, Error> remove(const std::string& name) override {
    if (::unlink(path(name).c_str()) != 0 && errno != ENOENT) return failed("remove", path(name));
    return {};
  }

 private:
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::expected<std::unique_ptr<RealFile>, Error> open_file(const std::string& name, int flags) {
    const int descriptor = ::open(path(name).c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed("open", path(name));
    return std::make_unique<RealFile>(descriptor, path(name));
  }

  std::expected<void, Error> sync_folder() {
    const int descriptor = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return failed("open", folder_);
    const bool synced = ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!synced) return failed("sync", folder_);
    return {};
  }

  std::string folder_;
};

}  // namespace

std::expected<std::unique_ptr<Disk>, Error> open_real_disk(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::unexpected(Error{"make " + folder + ": " + error.message()});
  return std::make_unique<RealDisk>(folder);
}

}  // namespace store
