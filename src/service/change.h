#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/answer.h"
#include "store/store.h"

namespace service {

// What one turn of the cloud writes. Tables apply a write to memory at once and note here how to undo it, so code reads
// its own writes; when an operation ends in a fault everything since its mark is undone and nothing reaches the disk.
class Change {
 public:
  using Action = std::move_only_function<void()>;

  Change() = default;
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  void put(std::string key, std::string value);
  void erase(std::string key);
  // Erases keys in [first, last).
  void erase_range(std::string first, std::string last);

  // Takes back a change of memory. Run in reverse order, only by roll_back_to().
  void on_undo(Action undo) { undo_.push_back(std::move(undo)); }
  // Runs on the cloud's strand when the batch is on disk: commands to the runtime, releases of blobs. Dropped on
  // rollback. Lost in a crash, so recovery must be able to find out that it is owed.
  void after_durable(Action effect) { effects_.push_back(std::move(effect)); }

  // Answers a caller when the batch is on disk. Not undone by roll_back_to(): the caller is owed an answer.
  struct Reply {
    std::move_only_function<void(Answer)> deliver;
    Answer answer;
  };
  void reply(std::move_only_function<void(Answer)> deliver, Answer answer) {
    replies_.push_back({std::move(deliver), std::move(answer)});
  }

  struct Mark {
    std::size_t writes, undo, effects;
  };
  Mark mark() const { return {batch_.size(), undo_.size(), effects_.size()}; }
  void roll_back_to(const Mark& mark);

  const store::Batch& batch() const { return batch_; }
  std::vector<Action> take_effects() { return std::move(effects_); }
  std::vector<Reply> take_replies() { return std::move(replies_); }

 private:
  store::Batch batch_;
  std::vector<Action> undo_;
  std::vector<Action> effects_;
  std::vector<Reply> replies_;
};

}  // namespace service
