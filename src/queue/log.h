#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "queue/message.h"
#include "service/context.h"
#include "service/table.h"
#include "store/journal.h"

namespace queue {

// Where a message is on disk: its latest record, and the one with its payload, which may be the same.
struct Spot {
  QueueId queue;
  Sequence number;
  store::Place place;
  store::Place body;
};

// What recovery tells.
class Loader {
 public:
  virtual ~Loader() = default;
  virtual bool load_record(const Spot& spot, std::string_view meta) = 0;
  virtual bool load_note(QueueId queue, std::string_view bytes) = 0;
};

// Messages on disk: what they say (meta, see record.h) and their payloads. All calls but fetch() write to the turn's
// change.
class Log {
 public:
  explicit Log(Loader& loader);
  ~Log();

  std::vector<service::TableBase*> tables();

  // The first record of a message. Returns its place, here and below. `plain`: fresh for recovery whatever the meta
  // says.
  store::Place add(service::Change& change, QueueId queue, Sequence number, bool plain, std::string meta,
                   std::string payload);
  // A later one, which takes the place of the one before.
  store::Place update(service::Change& change, const Spot& spot, std::string meta);
  // The message goes to another queue, or changes its number.
  std::expected<store::Place, store::Error> transfer(service::Context& ctx, const Spot& spot, QueueId to,
                                                     Sequence number, std::string meta);
  // Where the payload of a transferred message is.
  static store::Place body_after_transfer(store::Place place, store::Place body);
  // The message is gone; something is left of it, until drop().
  store::Place leave(service::Change& change, const Spot& spot, std::string remains);
  // The same of a message that was transferred.
  store::Place leave_behind(service::Change& change, QueueId queue, Sequence number, std::string remains);
  void drop(service::Change& change, const Spot& spot);
  // All records of a queue are gone.
  void clear(service::Change& change, QueueId queue);
  // A small fact of a queue; the last one counts. "" forgets it.
  void note(service::Change& change, QueueId queue, std::string bytes);

  struct Fetched {
    std::string meta;  // of the record at `place`
    std::string payload;
    store::Place body = store::kNowhere;
  };
  // In the order asked for, also what this very turn wrote. Of a spot without `body` that is found out.
  std::expected<std::vector<Fetched>, store::Error> fetch(service::Context& ctx, std::span<const Spot> spots);

 private:
  class Rows;
  class Notes;
  std::unique_ptr<Rows> rows_;
  std::unique_ptr<Notes> notes_;
};

}  // namespace queue
