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

  // Rows only: there is no journal to tell the places of records.
  Change() = default;
  // `tail` is the store's.
  explicit Change(const store::Tail& tail) : tail_(tail) { batch_.planned_at = tail; }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;

  void put(std::string key, std::string value);
  void erase(std::string key);
  // Erases keys in [first, last).
  void erase_range(std::string first, std::string last);

  // Journal entries, see store/journal.h. append() tells where the record will be; the places of records that are taken
  // back are given out again.
  store::Place append(store::Append append);
  void kill(store::Place record);
  void clear(std::uint64_t owner);
  void note(std::uint64_t owner, std::string bytes);
  // A record that this very turn appends: the store can't fetch it yet. nullptr when the turn has none there.
  const store::Append* appended(store::Place place) const;

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
    std::size_t entries = 0;
  };
  Mark mark() const { return {batch_.rows.size(), undo_.size(), effects_.size(), batch_.journal.size()}; }
  void roll_back_to(const Mark& mark);

  const store::Batch& batch() const { return batch_; }
  std::vector<Action> take_effects() { return std::move(effects_); }
  std::vector<Reply> take_replies() { return std::move(replies_); }

 private:
  store::Place enter(store::JournalEntry entry);

  store::Batch batch_;
  std::optional<store::Tail> tail_;
  std::vector<store::Place> places_;  // of the batch's journal entries
  std::vector<Action> undo_;
  std::vector<Action> effects_;
  std::vector<Reply> replies_;
};

}  // namespace service
