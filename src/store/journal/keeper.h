#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/journal/disk.h"
#include "store/journal/index.h"

namespace store {

// The slow work of a journal, off the strand and off the way of commits: segments are prepared ahead, closed ones get
// their index, checkpoints are written, and what they no longer name is used again. step() is called by one thread;
// the rest by the strand.
class Keeper {
 public:
  // Prepared and waiting. One more is open, so a commit never waits for a file, and a full disk is known a whole
  // segment before it hurts.
  static constexpr std::size_t kReadyAhead = 1;
  // Unused files that are kept rather than removed.
  static constexpr std::size_t kSpareMax = 4;
  static constexpr std::size_t kFilesMax = 65'536;

  struct Ready {
    std::uint32_t segment;
    std::string name;
    std::shared_ptr<File> file;
  };
  struct Closed {
    std::uint32_t segment;
    std::shared_ptr<const Index> index;  // without metas
    std::shared_ptr<File> file;
  };
  // What a checkpoint needs. Done only when everything in the books is on disk, rows too.
  struct Job {
    std::vector<Closed> closed;
    std::string checkpoint;
    std::vector<std::uint32_t> dropped;  // segments that the checkpoint no longer names
    std::vector<std::string> files;      // theirs
  };
  struct Parts {
    std::uint32_t segment_bytes;
    // Makes durable what has been applied of the rows; before each checkpoint.
    std::function<std::expected<void, Error>()> flush_rows;
    std::function<void(const std::string&)> warn;
  };

  // Segments get numbers from `next_segment` on.
  Keeper(Disk& disk, Parts parts, std::uint32_t next_segment, std::vector<std::string> unused);

  std::size_t ready() const;
  std::optional<Ready> take_ready();
  void submit(Job job);
  // Segments whose index is on disk since the last call.
  std::vector<std::uint32_t> take_indexed();
  // Asks for so many ready segments, although the last try may have failed. The error of the next try, if that fails.
  void want(std::size_t segments);
  std::optional<Error> segment_error() const;

  // Does one thing; false when there is nothing to do.
  bool step();

 private:
  bool take_jobs();
  bool should_prepare() const;
  std::expected<Ready, Error> prepare();
  std::expected<std::shared_ptr<File>, Error> make_file(std::string& name);
  std::expected<void, Error> write_books();
  std::expected<void, Error> write_index(const Closed& closed);
  std::expected<void, Error> remove_file(const std::string& name);
  std::expected<void, Error> reuse(const std::string& name);

  Disk& disk_;
  Parts parts_;
  // Of step() only.
  std::uint32_t next_segment_;
  std::vector<std::string> unused_;
  std::uint64_t next_file_ = 1;
  std::size_t files_ = 0;
  Job owed_;  // what is being done, and what failed checkpoints leave to the next

  mutable std::mutex mutex_;
  std::deque<Ready> ready_;
  std::deque<Job> jobs_;
  std::vector<std::uint32_t> indexed_;
  std::optional<Error> segment_error_;
  std::size_t wanted_ = 0;
};

}  // namespace store
