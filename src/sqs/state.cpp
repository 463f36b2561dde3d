#include "sqs/state.h"

#include "service/table_codec.h"
#include "sqs/move_tasks.h"
#include "sqs/queue_url.h"

namespace sqs {
namespace {

constexpr std::size_t kDigits = 20;

void index_source(State& state, const std::string& key, const QueueRow* before, const QueueRow* after) {
  if (before != nullptr && after != nullptr && before->dead_letter_arn == after->dead_letter_arn) return;
  if (before != nullptr && !before->dead_letter_arn.empty()) {
    const auto found = state.sources.find(before->dead_letter_arn);
    found->second.erase(key);
    if (found->second.empty()) state.sources.erase(found);
  }
  if (after != nullptr && !after->dead_letter_arn.empty()) state.sources[after->dead_letter_arn].insert(key);
}

void count_active(State& state, const MoveRow& row, bool more) {
  const auto arn = parse_arn(row.source_arn);
  if (!arn) return;
  std::size_t& count = state.active_moves[std::string(arn->account)];
  more ? ++count : --count;
  if (count == 0) state.active_moves.erase(std::string(arn->account));
}

}  // namespace

State::State(MetricSink& sink, Options given)
    : options(std::move(given)),
      queues("sqs.queues", service::make_codec<QueueRow>()),
      deleted("sqs.deleted", service::make_codec<DeletedRow>()),
      counters("sqs.counters", service::make_codec<CounterRow>()),
      former("sqs.former", service::make_codec<FormerRow>()),
      moves("sqs.moves", service::make_codec<MoveRow>()),
      minutes("sqs.minutes", service::make_codec<Meter>()),
      meters(sink, minutes) {
  engine.on_damage([this](queue::QueueId queue, queue::Sequence number, const store::Error& error) {
    if (!options.on_damage) return;
    options.on_damage("message " + std::to_string(number) + " of " + arn_of(queue) +
                      " can't be read and is set aside until its retention ends: " + error.message);
  });
  queues.on_change = [this](const std::string& key, const QueueRow* before, const QueueRow* after) {
    if (before != nullptr) keys.erase(before->id);
    if (after != nullptr) keys[after->id] = key;
    index_source(*this, key, before, after);
  };
  moves.on_change = [this](const std::string& key, const MoveRow* before, const MoveRow* after) {
    if (before != nullptr && is_active(*before)) {
      move_agenda.erase({before->next_at, key});
      count_active(*this, *before, false);
    }
    if (after != nullptr && is_active(*after)) {
      move_agenda.insert({after->next_at, key});
      count_active(*this, *after, true);
    }
  };
}

std::vector<service::TableBase*> State::tables() {
  return {&queues, &deleted, &counters, &former, &moves, &minutes};
}

const QueueRow* State::find(queue::QueueId id) const {
  const auto key = keys.find(id);
  return key == keys.end() ? nullptr : queues.find(key->second);
}

std::string State::arn_of(queue::QueueId id) const {
  if (const QueueRow* row = find(id)) return queue_arn(*row);
  const FormerRow* gone = former.find(padded(id));
  return gone == nullptr ? "" : gone->arn;
}

std::string padded(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::uint64_t next_number(State& state, service::Change& change, std::string_view counter) {
  const CounterRow* held = state.counters.find(counter);
  const std::uint64_t number = (held == nullptr ? 0 : held->last) + 1;
  state.counters.put(change, std::string(counter), {number});
  return number;
}

}  // namespace sqs
