#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "queue/message.h"
#include "service/context.h"
#include "store/journal.h"

namespace queue {

// Where a message is on disk: its latest record, and the one with its payload, which may be the same. `body` is
// kNowhere if only the record tells.
struct Spot {
  QueueId queue;
  Sequence number;
  store::Place place;
  store::Place body;
};

// Messages on disk, as records of the store's journal: what they say (meta, see record.h) and their payloads. A payload
// is written once; later records of its message keep it. All calls but fetch() write to the turn's change.
class Log {
 public:
  struct Fetched {
    std::string meta;  // of the record at `place`; not of a spot whose body was told
    std::string payload;
    store::Place body = store::kNowhere;
  };

  // The first record of a message. Returns its place, here and below. `plain`: recovery need not know its meta.
  store::Place add(service::Change& change, QueueId queue, Sequence number, bool plain, std::string meta,
                   std::string payload);
  // A later one, which takes the place of the one before. Here and in transfer() the body must be told.
  store::Place update(service::Change& change, const Spot& spot, std::string meta);
  // The message goes to another queue; its payload stays where it is.
  store::Place transfer(service::Change& change, const Spot& spot, QueueId to, Sequence number, std::string meta);
  // All of it once more, at the journal's end.
  store::Place rewrite(service::Change& change, const Spot& spot, bool plain, Fetched whole);
  // The message is gone; something is left of it, until drop().
  store::Place leave(service::Change& change, const Spot& spot, std::string remains);
  // The same of a message that was transferred.
  store::Place leave_behind(service::Change& change, QueueId queue, Sequence number, std::string remains);
  void drop(service::Change& change, const Spot& spot);
  // All records of a queue are gone.
  void clear(service::Change& change, QueueId queue);
  // A small fact of a queue; the last one counts. "" forgets it.
  void note(service::Change& change, QueueId queue, std::string bytes);

  // In the order asked for, also what this very turn wrote.
  std::expected<std::vector<Fetched>, store::Error> fetch(service::Context& ctx, std::span<const Spot> spots);

 private:
  static std::expected<std::vector<store::Found>, store::Error> read(service::Context& ctx,
                                                                     const std::vector<store::Place>& places);
};

}  // namespace queue
