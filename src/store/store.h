#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Durable bytes under ordered keys. The cloud writes one batch a turn; a batch is all there or not at all, and batches
// become durable in the order in which they were written. Nothing here knows what the bytes mean.
namespace store {

// The disk refused or failed. Never shown to callers of the API; they get a 5xx, the log gets this.
struct Error {
  std::string message;
};

struct Write {
  enum class Kind : std::uint8_t { Put, Erase, EraseRange };
  Kind kind;
  std::string key;
  std::string value;  // Put: the bytes; EraseRange: the first key that stays
};
using Batch = std::vector<Write>;

class Store {
 public:
  using Done = std::move_only_function<void(std::expected<void, Error>)>;
  // Return false to stop.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~Store() = default;

  // Makes the batch visible to read() and scan() at once. `done` is called later, on the thread that owns the cloud,
  // when it is on disk. An error returned here means that nothing was written and `done` is never called; an error
  // given to `done` means that memory is ahead of the disk, and the process must stop and recover.
  virtual std::expected<void, Error> write(const Batch& batch, Done done) = 0;

  virtual std::expected<std::optional<std::string>, Error> read(std::string_view key) = 0;

  // Visits keys that start with `prefix`, in order, from `from` on (if it is greater than the prefix).
  virtual std::expected<void, Error> scan(std::string_view prefix, std::string_view from, const Visit& visit) = 0;
  // The same backwards: keys that start with `prefix` and are less than `before`, the last first.
  virtual std::expected<void, Error> scan_back(std::string_view prefix, std::string_view before,
                                               const Visit& visit) = 0;
};

}  // namespace store
