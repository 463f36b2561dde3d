#pragma once

#include <map>
#include <vector>

#include "queue/held.h"
#include "queue/log.h"

namespace queue {

// Gathers what is on disk until it is said what the queues are.
class Engine::Recovery : public Loader {
 public:
  bool load_record(const Spot& spot, std::string_view meta) override;
  bool load_note(QueueId queue, std::string_view bytes) override;

  // Gives a queue its messages.
  void fill(QueueId queue, Held& held);
  // Queues that nobody asked for. Forgets them.
  std::vector<QueueId> finish();

 private:
  struct Found {
    Sequence number;
    store::Place place, body;
    std::string meta;
  };
  struct Loaded {
    std::vector<Found> records;
    Sequence floor = 0;
  };
  std::map<QueueId, Loaded> loaded_;
};

}  // namespace queue
