#include <algorithm>

#include "sim/program.h"

namespace sim {
namespace {

// How long a sender waits when its queue is not there (yet), or refuses.
constexpr base::Duration kRetry = std::chrono::seconds(5);
constexpr std::int64_t kChunk = 65'536;          // bytes that are billed as one request
constexpr std::int64_t kRequestMax = 1'048'576;  // bytes of a whole batch

bool is_fifo(const std::string& url) {
  return url.ends_with(".fifo");
}

}  // namespace

std::uint64_t seed_of(std::uint64_t seed, std::string_view name, std::uint64_t number) {
  std::uint64_t hash = 1469598103934665603u ^ seed;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return (hash ^ number * 0x9e3779b97f4a7c15u) * 1099511628211u;
}

Producer::Producer(Stage& stage, const Production& production, std::uint64_t seed)
    : stage_(stage), production_(production), random_(seed), life_(stage.world) {}

void Producer::begin() {
  const base::TimePoint now = stage_.world.now();
  const base::TimePoint origin = stage_.workload.start;
  if (production_.interval) {
    streams_.push_back(
        ArrivalStream::of_intervals(*production_.interval, production_.tide, production_.first_at_once, now));
  }
  if (production_.trace) streams_.push_back(ArrivalStream::of_trace(*production_.trace, origin, now));
  for (const Burst& burst : production_.bursts) streams_.push_back(ArrivalStream::of_burst(burst, origin, now));
  for (std::size_t i = 0; i < streams_.size(); ++i) plan(i);
}

void Producer::plan(std::size_t stream) {
  const auto arrival = streams_[stream].next(random_);
  if (!arrival) return;
  const base::Duration delay = std::max(arrival->at - stage_.world.now(), base::Duration::zero());
  const bool by_interval = production_.interval && stream == 0;
  life_.after(delay, [this, stream, messages = by_interval ? production_.batch : arrival->messages] {
    send(messages);
    plan(stream);
  });
}

void Producer::send(std::int64_t messages) {
  const auto url = stage_.names.queue_url(production_.queue);
  if (!url) return life_.after(kRetry, [this, messages] { send(messages); });
  const std::int64_t fit = std::max<std::int64_t>(1, kRequestMax / std::max<std::int64_t>(production_.size, 1));
  const std::int64_t largest = std::min<std::int64_t>(production_.interval ? production_.batch : kBatchMax, fit);
  while (messages > 0) {
    const std::int64_t now = std::min(messages, largest);
    send_batch(*url, now);
    messages -= now;
  }
}

void Producer::send_batch(const std::string& url, std::int64_t messages) {
  const std::string queue = last_part(url);
  api::sqs::SendMessageBatchRequest request;
  request.queue_url = url;
  std::vector<std::string> bodies;
  for (std::int64_t i = 0; i < messages; ++i) {
    const bool poison = production_.poison > 0 && unit(random_) < production_.poison;
    auto& entry = request.entries.emplace_back();
    entry.id = std::to_string(i);
    entry.message_body = stage_.ledger.write(poison, production_.size);
    if (is_fifo(url)) {
      entry.message_group_id = std::to_string(below(random_, static_cast<std::uint64_t>(production_.groups)));
      entry.message_deduplication_id = entry.message_body.substr(0, entry.message_body.find(' '));
    }
    bodies.push_back(entry.message_body);
  }
  QueueTotals& totals = stage_.ledger.totals(queue);
  const std::int64_t bytes = std::max<std::int64_t>(production_.size, 1) * messages;
  totals.send_requests += static_cast<std::uint64_t>((bytes + kChunk - 1) / kChunk);
  const auto answer = stage_.world.call<api::sqs::SendMessageBatch>(std::move(request));
  if (!answer) {
    ++totals.refused;
    return;
  }
  for (const auto& entry : answer->successful) {
    stage_.ledger.sent(bodies[static_cast<std::size_t>(std::stoul(entry.id))], queue, stage_.world.now());
  }
  totals.refused += answer->failed.size();
}

}  // namespace sim
