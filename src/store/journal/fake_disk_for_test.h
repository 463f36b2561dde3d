#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/journal/disk.h"

namespace store {

// A disk in memory that knows what a power cut may leave: of each sector that was written since the last sync either
// the old or the new bytes. It can run full, fail once, or cut the power in the middle of any operation. One thread.
class FakeDiskForTest : public std::enable_shared_from_this<FakeDiskForTest> {
 public:
  static constexpr std::size_t kSector = 64;  // smaller than real ones: more ways to tear

  struct Body {
    std::string now;
    std::string durable;
    std::vector<std::size_t> dirty;  // sectors written since the last sync
  };

  explicit FakeDiskForTest(std::uint64_t seed) : random_(seed) {}

  std::unique_ptr<Disk> mount() { return std::make_unique<Mount>(shared_from_this()); }

  // Everything fails from the operation with this number (0 = the next write or sync) on.
  void cut_power_after(std::uint64_t operations) { cut_at_ = operations_ + operations; }
  // What the power cut leaves. The disk works again.
  void restart() {
    for (auto& [name, body] : files_) {
      for (const std::size_t sector : body->dirty) {
        if (random_.next() % 2 == 0) continue;
        const std::size_t at = sector * kSector;
        std::memcpy(body->durable.data() + at, body->now.data() + at, std::min(kSector, body->now.size() - at));
      }
      body->now = body->durable;
      body->dirty.clear();
    }
    cut_at_ = UINT64_MAX;
  }
  void fail_sync_after(std::uint64_t syncs) { fail_sync_at_ = syncs_ + syncs; }
  void fail_reads(bool fail) { fail_reads_ = fail; }
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
  std::uint64_t operations() const { return operations_; }
  // Flips a bit for good.
  void damage(const std::string& name, std::size_t offset) {
    files_.at(name)->now[offset] ^= 4;
    files_.at(name)->durable[offset] ^= 4;
  }
  const std::map<std::string, std::shared_ptr<Body>>& files() const { return files_; }

 private:
  std::expected<void, Error> operate(const std::string& what) {
    if (operations_++ >= cut_at_) return std::unexpected(Error{"injected: no power for " + what});
    return {};
  }

  class OpenFile : public File {
   public:
    OpenFile(std::shared_ptr<FakeDiskForTest> disk, std::shared_ptr<Body> body)
        : disk_(std::move(disk)), body_(std::move(body)) {}

    std::expected<void, Error> write(std::uint64_t offset, std::string_view bytes) override {
      const bool torn = disk_->operations_ == disk_->cut_at_;
      const auto going = disk_->operate("write");
      if (!going && !torn) return going;
      if (torn) bytes = bytes.substr(0, disk_->random_.next() % (bytes.size() + 1));
      if (body_->now.size() < offset + bytes.size()) body_->now.resize(offset + bytes.size());
      body_->durable.resize(body_->now.size());
      std::memcpy(body_->now.data() + offset, bytes.data(), bytes.size());
      for (std::size_t at = offset / kSector; at * kSector < offset + bytes.size(); ++at) body_->dirty.push_back(at);
      return going;
    }
    std::expected<std::size_t, Error> read(std::uint64_t offset, std::span<char> into) override {
      if (disk_->fail_reads_) return std::unexpected(Error{"injected: read failed"});
      if (offset >= body_->now.size()) return 0;
      const std::size_t count = std::min<std::size_t>(into.size(), body_->now.size() - offset);
      std::memcpy(into.data(), body_->now.data() + offset, count);
      return count;
    }
    std::expected<void, Error> sync() override {
      if (auto going = disk_->operate("sync"); !going) return going;
      if (disk_->fail_sync_at_ == disk_->syncs_++) return std::unexpected(Error{"injected: sync failed"});
      for (const std::size_t sector : body_->dirty) {
        const std::size_t at = sector * kSector;
        std::memcpy(body_->durable.data() + at, body_->now.data() + at, std::min(kSector, body_->now.size() - at));
      }
      body_->dirty.clear();
      return {};
    }
    std::expected<std::uint64_t, Error> size() override { return body_->now.size(); }

   private:
    std::shared_ptr<FakeDiskForTest> disk_;
    std::shared_ptr<Body> body_;
  };

  class Mount : public Disk {
   public:
    explicit Mount(std::shared_ptr<FakeDiskForTest> disk) : disk_(std::move(disk)) {}

    std::expected<std::vector<std::string>, Error> list() override {
      std::vector<std::string> names;
      for (const auto& [name, body] : disk_->files_) names.push_back(name);
      return names;
    }
    std::expected<std::unique_ptr<File>, Error> open(const std::string& name) override {
      const auto body = disk_->files_.find(name);
      if (body == disk_->files_.end()) return std::unexpected(Error{"no file " + name});
      return std::make_unique<OpenFile>(disk_, body->second);
    }
    std::expected<std::unique_ptr<File>, Error> create(const std::string& name, std::uint64_t size) override {
      if (auto going = disk_->operate("create"); !going) return std::unexpected(going.error());
      std::uint64_t used = size;
      for (const auto& [other, body] : disk_->files_) used += body->now.size();
      if (used > disk_->capacity_) return std::unexpected(Error{"injected: no space left"});
      auto body = std::make_shared<Body>();
      body->now.resize(size);
      body->durable.resize(size);
      disk_->files_[name] = body;
      return std::make_unique<OpenFile>(disk_, body);
    }
    std::expected<void, Error> replace(const std::string& name, std::string_view bytes) override {
      if (auto going = disk_->operate("replace"); !going) return going;
      auto body = std::make_shared<Body>();
      body->now = bytes;
      body->durable = bytes;
      disk_->files_[name] = body;
      return {};
    }
    std::expected<void, Error> remove(const std::string& name) override {
      if (auto going = disk_->operate("remove"); !going) return going;
      disk_->files_.erase(name);
      return {};
    }

   private:
    std::shared_ptr<FakeDiskForTest> disk_;
  };

  base::SeededRandom random_;
  std::map<std::string, std::shared_ptr<Body>> files_;
  std::uint64_t operations_ = 0;
  std::uint64_t cut_at_ = UINT64_MAX;
  std::uint64_t syncs_ = 0;
  std::uint64_t fail_sync_at_ = UINT64_MAX;
  std::uint64_t capacity_ = UINT64_MAX;
  bool fail_reads_ = false;
};

}  // namespace store
