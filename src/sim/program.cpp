#include "sim/program.h"

#include <algorithm>

namespace sim {
namespace {

constexpr base::Duration kRetry = std::chrono::seconds(5);
constexpr base::Duration kLongPoll = std::chrono::seconds(20);

const std::string& body_of(const api::sqs::Message& message) {
  static const std::string kNone;
  return message.body ? *message.body : kNone;
}

}  // namespace

Consumer::Consumer(Stage& stage, const Consumption& consumption, std::uint64_t seed, std::function<void(int)> exit)
    : stage_(stage), consumption_(consumption), random_(seed), exit_(std::move(exit)), life_(stage.world) {}

void Consumer::begin() {
  const auto url = stage_.names.queue_url(consumption_.queue);
  if (!url) return life_.after(kRetry, [this] { begin(); });
  url_ = *url;
  queue_ = last_part(url_);
  for (int i = 0; i < consumption_.concurrency; ++i) receive(workers_.emplace_back());
}

// A short poll again and again sees nothing new until a message comes, so one long poll stands for all of them; they
// are counted afterwards.
void Consumer::receive(Worker& worker) {
  if (stopping_) return rest(worker);
  const bool long_poll = consumption_.wait > base::Duration::zero();
  api::sqs::ReceiveMessageRequest request;
  request.queue_url = url_;
  request.max_number_of_messages = consumption_.batch;
  const base::Duration wait = long_poll ? consumption_.wait : consumption_.exact_polls ? base::Duration{} : kLongPoll;
  request.wait_time_seconds = std::chrono::duration_cast<std::chrono::seconds>(wait).count();
  if (consumption_.visibility) {
    request.visibility_timeout = std::chrono::duration_cast<std::chrono::seconds>(*consumption_.visibility).count();
  }
  worker.poll = std::make_shared<bool>(false);
  worker.polled_at = stage_.world.now();
  stage_.world.ask<api::sqs::ReceiveMessage>(std::move(request), worker.poll,
                                             [this, over = life_.token(), &worker, &ledger = stage_.ledger,
                                              queue = queue_](base::Outcome<api::sqs::ReceiveMessageResult> answer) {
                                               if (answer && answer->messages) {
                                                 for (const auto& message : *answer->messages)
                                                   ledger.received(body_of(message), queue);
                                               }
                                               if (!*over) return heard(worker, std::move(answer));
                                               if (!answer || !answer->messages) return;
                                               for (const auto& message : *answer->messages)
                                                 ledger.cut_off(body_of(message), queue, true);
                                             });
}

void Consumer::count_polls(const Worker& worker, bool empty) {
  QueueTotals& sum = totals();
  std::uint64_t polls = 1;
  if (consumption_.wait == base::Duration::zero() && !consumption_.exact_polls) {
    const base::Duration each = std::max(call_time() + consumption_.pause, base::Duration(1000));
    polls += static_cast<std::uint64_t>((stage_.world.now() - worker.polled_at) / each);
  }
  sum.receive_requests += polls;
  sum.empty_receives += empty ? polls : polls - 1;
}

void Consumer::heard(Worker& worker, base::Outcome<api::sqs::ReceiveMessageResult> answer) {
  worker.poll.reset();
  const bool empty = !answer || !answer->messages || answer->messages->empty();
  count_polls(worker, empty);
  if (!answer) {
    ++totals().refused;
    return life_.after(kRetry, [this, &worker] { receive(worker); });
  }
  if (empty) return life_.after(call_time() + consumption_.pause, [this, &worker] { receive(worker); });
  worker.batch = std::move(*answer->messages);
  worker.next = 0;
  worker.taken = worker.batch.size();
  worker.working = true;
  worker.working_since = worker.counted_until = stage_.world.now();
  if (consumption_.extend) beat(worker);
  life_.after(call_time(), [this, &worker] { handle(worker); });
}

// Keeps what is at hand invisible, from the receive on, each half of the extension.
void Consumer::beat(Worker& worker) {
  const std::uint64_t number = ++worker.heartbeat;
  life_.after(*consumption_.extend / 2, [this, &worker, number] {
    if (!worker.working || worker.heartbeat != number) return;
    for (std::size_t i = worker.next; i < worker.batch.size(); ++i) {
      hold(worker.batch[i], std::chrono::duration_cast<std::chrono::seconds>(*consumption_.extend).count());
    }
    beat(worker);
  });
}

void Consumer::handle(Worker& worker) {
  if (worker.next == worker.batch.size()) {
    const base::TimePoint now = stage_.world.now();
    busy_ += now - worker.counted_until;
    worker.working = false;
    ++worker.heartbeat;
    worker.batch.clear();
    return receive(worker);
  }
  base::Duration delay{};
  if (consumption_.delete_before) {
    remove(worker.batch[worker.next]);
    delay += call_time();
  }
  const base::TimePoint begun = stage_.world.now() + delay;
  worker.working_since = begun;
  base::Duration time = consumption_.time.draw(random_);
  if (consumption_.per_batch) time /= static_cast<std::int64_t>(worker.taken);
  life_.after(delay + time, [this, &worker] { finish(worker); });
}

void Consumer::finish(Worker& worker) {
  const api::sqs::Message& message = worker.batch[worker.next];
  totals().work += stage_.world.now() - worker.working_since;
  const bool fails =
      Ledger::is_poison(body_of(message)) || (consumption_.failure > 0 && unit(random_) < consumption_.failure);
  ++worker.next;
  if (fails) {
    fail(message);
    if (crashed_) return;
  } else {
    succeed(message, worker.working_since);
  }
  const base::Duration delay = consumption_.delete_before ? base::Duration{} : call_time();
  life_.after(delay, [this, &worker] { handle(worker); });
}

void Consumer::succeed(const api::sqs::Message& message, base::TimePoint begun) {
  if (!consumption_.delete_before) remove(message);
  stage_.ledger.handled(body_of(message), queue_, begun, stage_.world.now());
  if (!consumption_.forward.empty()) forward();
}

void Consumer::fail(const api::sqs::Message& message) {
  stage_.ledger.failed(body_of(message), queue_, !consumption_.delete_before);
  if (consumption_.delete_before) return;
  if (consumption_.on_failure == OnFailure::Release) hold(message, 0);
  if (consumption_.on_failure != OnFailure::Crash) return;
  crashed_ = true;
  exit_(1);
}

bool Consumer::remove(const api::sqs::Message& message) {
  ++totals().other_requests;
  const bool good =
      stage_.world
          .call<api::sqs::DeleteMessage>({.queue_url = url_, .receipt_handle = message.receipt_handle.value_or("")})
          .has_value();
  if (!good) ++totals().refused;
  return good;
}

void Consumer::hold(const api::sqs::Message& message, std::int64_t seconds) {
  ++totals().other_requests;
  api::sqs::ChangeMessageVisibilityRequest request;
  request.queue_url = url_;
  request.receipt_handle = message.receipt_handle.value_or("");
  request.visibility_timeout = seconds;
  if (!stage_.world.call<api::sqs::ChangeMessageVisibility>(std::move(request))) ++totals().refused;
}

void Consumer::forward() {
  const auto url = stage_.names.queue_url(consumption_.forward);
  if (!url) return;
  const std::string queue = last_part(*url);
  const std::string body = stage_.ledger.write(false, 100);
  api::sqs::SendMessageRequest request;
  request.queue_url = *url;
  request.message_body = body;
  if (url->ends_with(".fifo")) {
    request.message_group_id = "forwarded";
    request.message_deduplication_id = body.substr(0, body.find(' '));
  }
  QueueTotals& there = stage_.ledger.totals(queue);
  ++there.send_requests;
  if (stage_.world.call<api::sqs::SendMessage>(std::move(request))) {
    stage_.ledger.sent(body, queue, stage_.world.now());
  } else {
    ++there.refused;
  }
}

// A worker that will not receive any more; the last one ends the container.
void Consumer::rest(Worker& worker) {
  worker.working = false;
  const bool all = std::ranges::all_of(workers_, [](const Worker& one) { return !one.working; });
  if (all) exit_(0);
}

void Consumer::stop() {
  stopping_ = true;
  for (Worker& worker : workers_) {
    if (worker.poll) *worker.poll = true;
  }
  if (consumption_.sigterm == OnSigterm::Drop || workers_.empty()) return exit_(0);
  const bool working = std::ranges::any_of(workers_, [](const Worker& one) { return one.working; });
  if (!working) exit_(0);
}

void Consumer::cut_off() {
  if (life_.over()) return;
  life_.end();
  const base::TimePoint now = stage_.world.now();
  for (Worker& worker : workers_) {
    if (worker.poll) *worker.poll = true;
    if (!worker.working) continue;
    busy_ += now - worker.counted_until;
    totals().work += std::max(now - worker.working_since, base::Duration{});
    for (std::size_t i = worker.next; i < worker.batch.size(); ++i) {
      const bool erased = consumption_.delete_before && i == worker.next;
      stage_.ledger.cut_off(body_of(worker.batch[i]), queue_, !erased);
    }
    worker.working = false;
  }
}

base::Duration Consumer::take_busy(base::TimePoint now) {
  for (Worker& worker : workers_) {
    if (!worker.working) continue;
    busy_ += now - worker.counted_until;
    worker.counted_until = now;
  }
  return std::exchange(busy_, base::Duration{});
}

Program::Program(Stage& stage, const ServiceModel* model, std::uint64_t seed, std::function<void(int)> exit)
    : stage_(stage), model_(model), random_(seed), exit_(std::move(exit)), life_(stage.world) {
  if (model_ == nullptr) return;
  std::uint64_t number = 0;
  for (const Production& production : model_->produce) {
    producers_.emplace_back(stage_, production, seed_of(seed, "produce", number++));
  }
  if (model_->consume) {
    consumer_.emplace(stage_, *model_->consume, seed_of(seed, "consume", 0), [this](int code) {
      const base::Duration delay = code == 0 ? model_->launch.exit.draw(random_) : base::Duration{};
      life_.after(delay, [this, code] { exit_(code); });
    });
  }
}

void Program::begin() {
  counted_until_ = stage_.world.now();
  for (Producer& producer : producers_) producer.begin();
  if (consumer_) consumer_->begin();
}

void Program::sigterm() {
  if (consumer_ && model_->consume->sigterm == OnSigterm::Ignore) return;
  for (Producer& producer : producers_) producer.end();
  if (consumer_) return consumer_->stop();
  const base::Duration delay = model_ == nullptr ? base::Duration{} : model_->launch.exit.draw(random_);
  life_.after(delay, [this] { exit_(0); });
}

void Program::gone() {
  life_.end();
  for (Producer& producer : producers_) producer.end();
  if (consumer_) consumer_->cut_off();
}

void Program::collect(base::TimePoint now) {
  const base::Duration busy = consumer_ ? consumer_->take_busy(now) : base::Duration{};
  busy_for_cpu_ += busy;
  busy_ += busy;
}

double Program::take_cpu(base::TimePoint now) {
  if (model_ == nullptr) return 0;
  collect(now);
  const double alive = base::to_seconds(now - std::exchange(counted_until_, now));
  const base::Duration busy = std::exchange(busy_for_cpu_, base::Duration{});
  return alive * model_->cpu_idle + base::to_seconds(busy) * model_->cpu_busy;
}

base::Duration Program::take_busy(base::TimePoint now) {
  collect(now);
  return std::exchange(busy_, base::Duration{});
}

}  // namespace sim
