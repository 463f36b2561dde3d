#include "queue/log.h"

#include <optional>

#include "base/fault.h"

namespace queue {
namespace {

// "queue.m/" + queue + number: meta. "queue.b/" + the same: payload. "queue.n/" + queue: note. Big-endian, so that keys
// sort. A message's number is its place.
constexpr std::string_view kMetaTable = "queue.m";
constexpr std::string_view kPayloadTable = "queue.b";
constexpr std::string_view kNoteTable = "queue.n";

void put_fixed(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

std::uint64_t take_fixed(std::string_view& in) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<unsigned char>(in[i]);
  in.remove_prefix(8);
  return number;
}

std::string key(std::string_view table, QueueId queue) {
  std::string key(table);
  key += '/';
  put_fixed(key, queue);
  return key;
}

std::string key(std::string_view table, QueueId queue, Sequence number) {
  std::string whole = key(table, queue);
  put_fixed(whole, number);
  return whole;
}

std::expected<std::string, store::Error> read(service::Context& ctx, const std::string& key) {
  const auto& rows = ctx.change.batch().rows;
  for (auto write = rows.rbegin(); write != rows.rend(); ++write) {
    if (write->kind == store::Write::Kind::Put && write->key == key) return write->value;
  }
  TRY(std::optional<std::string> bytes, ctx.store.read(key));
  if (!bytes) return std::unexpected(store::Error{"a row of a message is missing"});
  return std::move(*bytes);
}

}  // namespace

class Log::Rows : public service::TableBase {
 public:
  explicit Rows(Loader& loader) : TableBase(std::string(kMetaTable)), loader_(loader) {}
  bool load(std::string_view key, std::string_view bytes) override {
    if (key.size() != 16) return false;
    const QueueId queue = take_fixed(key);
    const Sequence number = take_fixed(key);
    return loader_.load_record({queue, number, number, number}, bytes);
  }

 private:
  Loader& loader_;
};

class Log::Notes : public service::TableBase {
 public:
  explicit Notes(Loader& loader) : TableBase(std::string(kNoteTable)), loader_(loader) {}
  bool load(std::string_view key, std::string_view bytes) override {
    if (key.size() != 8) return false;
    return loader_.load_note(take_fixed(key), bytes);
  }

 private:
  Loader& loader_;
};

Log::Log(Loader& loader) : rows_(std::make_unique<Rows>(loader)), notes_(std::make_unique<Notes>(loader)) {}
Log::~Log() = default;

std::vector<service::TableBase*> Log::tables() {
  return {rows_.get(), notes_.get()};
}

store::Place Log::add(service::Change& change, QueueId queue, Sequence number, bool, std::string meta,
                      std::string payload) {
  change.put(key(kMetaTable, queue, number), std::move(meta));
  change.put(key(kPayloadTable, queue, number), std::move(payload));
  return number;
}

store::Place Log::update(service::Change& change, const Spot& spot, std::string meta) {
  change.put(key(kMetaTable, spot.queue, spot.number), std::move(meta));
  return spot.number;
}

std::expected<store::Place, store::Error> Log::transfer(service::Context& ctx, const Spot& spot, QueueId to,
                                                        Sequence number, std::string meta) {
  TRY(std::string payload, read(ctx, key(kPayloadTable, spot.queue, spot.number)));
  drop(ctx.change, spot);
  return add(ctx.change, to, number, false, std::move(meta), std::move(payload));
}

store::Place Log::body_after_transfer(store::Place place, store::Place) {
  return place;
}

store::Place Log::leave(service::Change& change, const Spot& spot, std::string remains) {
  drop(change, spot);
  return leave_behind(change, spot.queue, spot.number, std::move(remains));
}

store::Place Log::leave_behind(service::Change& change, QueueId queue, Sequence number, std::string remains) {
  change.put(key(kMetaTable, queue, number), std::move(remains));
  return number;
}

void Log::drop(service::Change& change, const Spot& spot) {
  change.erase(key(kMetaTable, spot.queue, spot.number));
  change.erase(key(kPayloadTable, spot.queue, spot.number));
}

void Log::clear(service::Change& change, QueueId queue) {
  for (const std::string_view table : {kMetaTable, kPayloadTable}) {
    change.erase_range(key(table, queue), key(table, queue + 1));
  }
}

void Log::note(service::Change& change, QueueId queue, std::string bytes) {
  if (bytes.empty()) return change.erase(key(kNoteTable, queue));
  change.put(key(kNoteTable, queue), std::move(bytes));
}

std::expected<std::vector<Log::Fetched>, store::Error> Log::fetch(service::Context& ctx, std::span<const Spot> spots) {
  std::vector<Fetched> fetched;
  for (const Spot& spot : spots) {
    TRY(std::string meta, read(ctx, key(kMetaTable, spot.queue, spot.number)));
    TRY(std::string payload, read(ctx, key(kPayloadTable, spot.queue, spot.number)));
    fetched.push_back({std::move(meta), std::move(payload), spot.number});
  }
  return fetched;
}

}  // namespace queue
