#include "sim/ledger.h"

#include <charconv>

namespace sim {

std::string Ledger::write(bool poison, std::int64_t size) {
  std::string body = std::to_string(next_++);
  if (poison) body += 'p';
  if (body.size() < static_cast<std::size_t>(size)) body.resize(static_cast<std::size_t>(size), ' ');
  return body;
}

std::uint64_t Ledger::number_of(std::string_view body) {
  std::uint64_t number = 0;
  std::from_chars(body.data(), body.data() + body.size(), number);
  return number;
}

bool Ledger::is_poison(std::string_view body) {
  const std::size_t end = body.find_first_not_of("0123456789");
  return end != std::string_view::npos && body[end] == 'p';
}

Ledger::Letter* Ledger::find(std::string_view body) {
  const auto found = letters_.find(number_of(body));
  return found == letters_.end() ? nullptr : &found->second;
}

void Ledger::sent(std::string_view body, const std::string& queue, base::TimePoint now) {
  ++queues_[queue].sent;
  letters_[number_of(body)].sent = now;
}

void Ledger::received(std::string_view body, const std::string& queue) {
  QueueTotals& totals = queues_[queue];
  ++totals.received;
  Letter* letter = find(body);
  if (letter == nullptr) return;
  if (letter->received) {
    if (letter->holders > 0) {
      ++totals.again_while_in_work;
    } else if (letter->fate == Fate::Stopped) {
      ++totals.again_after_stop;
    } else {
      ++totals.again_after_failure;
    }
  }
  letter->received = true;
  ++letter->holders;
}

void Ledger::let_go(std::string_view body, Fate fate, bool kept) {
  Letter* letter = find(body);
  if (letter == nullptr) return;
  if (letter->holders > 0) --letter->holders;
  letter->fate = fate;
  if ((letter->handled || !kept) && letter->holders == 0) letters_.erase(number_of(body));
}

void Ledger::failed(std::string_view body, const std::string& queue, bool kept) {
  QueueTotals& totals = queues_[queue];
  ++totals.failed;
  if (!kept) ++totals.lost;
  let_go(body, Fate::Failed, kept);
}

void Ledger::cut_off(std::string_view body, const std::string& queue, bool kept) {
  QueueTotals& totals = queues_[queue];
  ++totals.cut_off;
  if (!kept) ++totals.lost;
  let_go(body, Fate::Stopped, kept);
}

void Ledger::handled(std::string_view body, const std::string& queue, base::TimePoint begun, base::TimePoint now) {
  QueueTotals& totals = queues_[queue];
  Letter* letter = find(body);
  if (letter == nullptr || letter->handled) {
    ++totals.handled_twice;
  } else {
    ++totals.handled;
    totals.waited.add(begun - letter->sent);
    totals.whole.add(now - letter->sent);
    letter->handled = true;
  }
  let_go(body, Fate::Waiting);
}

}  // namespace sim
