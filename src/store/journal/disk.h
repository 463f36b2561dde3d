#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace store {

// A file of the journal. May be used from several threads at once, as pread and pwrite may.
class File {
 public:
  virtual ~File() = default;
  virtual std::expected<void, Error> write(std::uint64_t offset, std::string_view bytes) = 0;
  // Fewer bytes than asked for only at the end of the file.
  virtual std::expected<std::size_t, Error> read(std::uint64_t offset, std::span<char> into) = 0;
  // Everything written so far survives a power cut.
  virtual std::expected<void, Error> sync() = 0;
  virtual std::expected<std::uint64_t, Error> size() = 0;
};

// The folder of a journal: what the journal needs of a file system, so that a test can put one in that fails. Names are
// plain. Errors name the file.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual std::expected<std::vector<std::string>, Error> list() = 0;
  virtual std::expected<std::unique_ptr<File>, Error> open(const std::string& name) = 0;
  // Makes a file of `size` zero bytes whose space is reserved: writes to it do not run out of space later. It is there
  // after a power cut.
  virtual std::expected<std::unique_ptr<File>, Error> create(const std::string& name, std::uint64_t size) = 0;
  // Puts a whole file in the place of what has that name, at once and for good.
  virtual std::expected<void, Error> replace(const std::string& name, std::string_view bytes) = 0;
  virtual std::expected<void, Error> remove(const std::string& name) = 0;
};

std::expected<std::string, Error> read_all(Disk& disk, const std::string& name);

}  // namespace store
