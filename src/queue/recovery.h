#pragma once

#include <map>
#include <string>
#include <vector>

#include "queue/held.h"

namespace queue {

// Gathers what the journal tells until it is said what the queues are.
class Engine::Recovery : public store::Recovery {
 public:
  void plain(std::uint64_t owner, std::uint32_t segment, std::span<const store::Fresh> records) override;
  void record(std::uint64_t owner, std::uint64_t number, store::Place place, store::Place keeps,
              std::string_view meta) override;
  void damaged(std::uint64_t owner, std::uint64_t number, store::Place place, store::Place keeps,
               const store::Error& error) override;
  void note(std::uint64_t owner, std::string_view bytes) override;

  struct Lost {
    Spot spot;
    store::Error error;
  };
  // Gives a queue its messages. Returns those that can't be read: they are set aside.
  std::vector<Lost> fill(QueueId queue, Held& held);
  // Queues that nobody asked for. Forgets them.
  std::vector<QueueId> finish();

 private:
  struct Found {
    Sequence number;
    store::Place place, body;
    std::string meta;
  };
  struct Loaded {
    PlainList plain;
    std::vector<Found> records;
    std::vector<Lost> lost;
    Sequence last = 0;
    Sequence floor = 0;
  };
  static void fill(Held& held, QueueId queue, const Found& found);

  std::map<QueueId, Loaded> loaded_;
};

}  // namespace queue
