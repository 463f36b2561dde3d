// The operations of a history, each with what the reference says of its answer.

#include "cloud/sqs_history_for_test.h"

namespace cloud::model {

reference::Sending History::make_sending(const Queue& queue) {
  reference::Sending what;
  what.body = "m" + std::to_string(++bodies_);
  if (queue.fifo) {
    what.group = "g" + std::to_string(below(dice_, 4));
    // Mostly an id of its own, now and then one of a few.
    what.dedup = below(dice_, 3) > 0 ? what.body : "d" + std::to_string(below(dice_, 6));
  } else if (queue.name == "fair") {
    // One tenant sends most, some messages have none.
    if (below(dice_, 10) > 0) what.group = "t" + std::to_string(below(dice_, 4) > 0 ? 0 : below(dice_, 4));
  } else if (below(dice_, 3) == 0) {
    what.delay = seconds(below(dice_, 8));
  }
  return what;
}

// Where messages are dead-lettered a receive must see all there is, or the reference can't tell what it moved.
bool is_full(reference::Sqs& model, const Queue& queue) {
  if (queue.name == "fair") return queue.messages.size() >= 120;
  // A deduplication id would go along with what a task moves that nobody dead-lettered.
  if (queue.fifo && queue.move && queue.move->is_active()) return true;
  return model.coming(queue) >= (queue.max_receives > 0 || queue.dead_letters ? 6 : 60);
}

void History::send() {
  Queue& queue = pick();
  if (is_full(model_, queue)) return receive();
  const reference::Sending what = make_sending(queue);
  api::sqs::SendMessageRequest input;
  input.queue_url = queue.url;
  input.message_body = what.body;
  if (what.delay) input.delay_seconds = what.delay->count() / 1'000'000;
  if (!what.group.empty()) input.message_group_id = what.group;
  if (queue.fifo) input.message_deduplication_id = what.dedup;
  submit<api::sqs::SendMessage>(input, [this, what, name = queue.name](const Result& result, base::TimePoint at) {
    if (!result) return result.error().message;
    const auto& output = result->as<api::sqs::SendMessageResult>();
    return model_.sent(model_.queues.at(name), what, output.message_id.value_or(""),
                       output.sequence_number.value_or(""), at);
  });
}

void History::send_batch() {
  Queue& queue = pick();
  if (is_full(model_, queue)) return receive();
  std::vector<reference::Sending> all;
  for (std::uint64_t i = below(dice_, queue.max_receives > 0 ? 3 : 10) + 1; i > 0; --i) {
    all.push_back(make_sending(queue));
  }
  send_all(queue, std::move(all));
}

void History::send_all(const Queue& queue, std::vector<reference::Sending> all) {
  api::sqs::SendMessageBatchRequest input;
  input.queue_url = queue.url;
  for (const reference::Sending& what : all) {
    auto& entry = input.entries.emplace_back();
    entry.id = "e" + std::to_string(input.entries.size() - 1);
    entry.message_body = what.body;
    if (what.delay) entry.delay_seconds = what.delay->count() / 1'000'000;
    if (!what.group.empty()) entry.message_group_id = what.group;
    if (queue.fifo) entry.message_deduplication_id = what.dedup;
  }
  submit<api::sqs::SendMessageBatch>(input, [this, all, name = queue.name](const Result& result, base::TimePoint at) {
    if (!result) return result.error().message;
    const auto& output = result->as<api::sqs::SendMessageBatchResult>();
    if (output.successful.size() != all.size()) return std::string("a part of a batch was refused");
    std::string wrong;
    for (std::size_t i = 0; i < all.size() && wrong.empty(); ++i) {
      const auto& entry = output.successful[i];
      if (entry.id != "e" + std::to_string(i)) return std::string("a batch answers out of order");
      wrong = model_.sent(model_.queues.at(name), all[i], entry.message_id, entry.sequence_number.value_or(""), at);
    }
    return wrong;
  });
}

std::string History::on_received(const std::string& name, const reference::Wanted& wanted, const Result& result,
                                 base::TimePoint at) {
  if (!result) return model_.queues.contains(name) ? result.error().message : "";
  std::vector<Received> got;
  const auto& messages = result->as<api::sqs::ReceiveMessageResult>().messages;
  for (const auto& message : messages.value_or(std::vector<api::sqs::Message>())) {
    got.push_back({*message.body, *message.message_id, *message.receipt_handle, *message.attributes});
    receipts_.push_back({name, *message.body, *message.receipt_handle});
    if (receipts_.size() > 60) receipts_.pop_front();
  }
  return model_.received(model_.queues.at(name), got, wanted, at);
}

api::sqs::ReceiveMessageRequest receive_request(const Queue& queue, std::size_t max,
                                                std::optional<base::Duration> hold) {
  api::sqs::ReceiveMessageRequest input;
  input.queue_url = queue.url;
  input.max_number_of_messages = static_cast<std::int64_t>(max);
  input.message_system_attribute_names = std::vector<std::string>{"All"};
  if (hold) input.visibility_timeout = hold->count() / 1'000'000;
  return input;
}

void History::receive() {
  const Queue& queue = pick();
  const std::size_t max = queue.max_receives > 0 ? 10 : below(dice_, 10) + 1;
  std::optional<base::Duration> hold;
  if (below(dice_, 2) == 0) hold = seconds(below(dice_, 20));
  std::string attempt;
  if (queue.fifo && below(dice_, 2) == 0) attempt = "a" + std::to_string(below(dice_, 3));
  receive_from(queue, max, hold, attempt);
}

void History::receive_from(const Queue& queue, std::size_t max, std::optional<base::Duration> hold,
                           const std::string& attempt) {
  auto input = receive_request(queue, max, hold);
  input.wait_time_seconds = 0;
  if (!attempt.empty()) input.receive_request_attempt_id = attempt;
  submit<api::sqs::ReceiveMessage>(
      input, [this, max, hold, attempt, name = queue.name](const Result& result, base::TimePoint at) {
        const auto known = model_.queues.find(name);
        const base::Duration held = hold.value_or(known == model_.queues.end() ? base::Duration() : known->second.hold);
        return on_received(name, {max, held, attempt}, result, at);
      });
}

void History::long_poll() {
  const Queue& queue = pick();
  if (polls_.size() >= 4) return abandon();
  sync_all();
  if (!wrong_.empty()) return;
  const std::size_t max = queue.max_receives > 0 ? 10 : below(dice_, 10) + 1;
  const base::Duration hold = seconds(below(dice_, 20));
  auto input = receive_request(queue, max, hold);
  input.wait_time_seconds = static_cast<std::int64_t>(below(dice_, 20) + 1);
  const auto gone = std::make_shared<bool>(false);
  const std::uint64_t number = ++poll_numbers_;
  polls_.push_back({number, queue.name, clock_.time + seconds(*input.wait_time_seconds), gone});
  submit<api::sqs::ReceiveMessage>(
      input,
      [this, number, max, hold, gone, name = queue.name](const Result& result, base::TimePoint at) -> std::string {
        const bool some = result && result->as<api::sqs::ReceiveMessageResult>().messages;
        const auto first = std::ranges::find_if(polls_, [&](const Poll& p) { return p.queue == name && !*p.gone; });
        if (some && *gone) return "an abandoned poll swallowed a message";
        if (some && first != polls_.end() && first->number != number) return "a poll was answered before its turn";
        std::erase_if(polls_, [&](const Poll& poll) { return poll.number == number; });
        if (*gone || (!result && result.error().shape->http_status >= 500)) return "";
        return on_received(name, {max, hold, ""}, result, at);
      },
      gone);
}

// A client hangs up.
void History::abandon() {
  if (polls_.empty()) return receive();
  const std::size_t at = below(dice_, polls_.size());
  *polls_[at].gone = true;
  polls_.erase(polls_.begin() + static_cast<std::ptrdiff_t>(at));
}

void History::erase() {
  const Receipt* receipt = pick_receipt();
  if (receipt == nullptr || !model_.queues.contains(receipt->queue)) return receive();
  submit<api::sqs::DeleteMessage>(
      {model_.queues.at(receipt->queue).url, receipt->handle},
      [this, receipt = *receipt](const Result& result, base::TimePoint at) -> std::string {
        const bool right = model_.erase(model_.queues.at(receipt.queue), receipt, at);
        return right == result.has_value() ? "" : right ? result.error().message : "an expired receipt deleted";
      });
}

void History::erase_batch() {
  const Receipt* first = pick_receipt();
  if (first == nullptr || !model_.queues.contains(first->queue)) return receive();
  std::vector<Receipt> all;
  api::sqs::DeleteMessageBatchRequest input;
  input.queue_url = model_.queues.at(first->queue).url;
  for (const Receipt& receipt : receipts_) {
    if (receipt.queue != first->queue || all.size() == 10 || below(dice_, 3) == 0) continue;
    all.push_back(receipt);
    input.entries.push_back({std::to_string(all.size() - 1), receipt.handle});
  }
  if (all.empty()) return;
  submit<api::sqs::DeleteMessageBatch>(input, [this, all](const Result& result, base::TimePoint at) -> std::string {
    if (!result) return result.error().message;
    std::set<std::string> done;
    for (const auto& entry : result->as<api::sqs::DeleteMessageBatchResult>().successful) done.insert(entry.id);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool right = model_.erase(model_.queues.at(all[i].queue), all[i], at);
      if (right != done.contains(std::to_string(i)))
        return right ? "a delete was refused" : "an expired receipt deleted";
    }
    return "";
  });
}

void History::change() {
  const Receipt* receipt = pick_receipt();
  if (receipt == nullptr || !model_.queues.contains(receipt->queue)) return receive();
  const base::Duration hold = below(dice_, 3) == 0 ? seconds(0) : seconds(below(dice_, 40));
  submit<api::sqs::ChangeMessageVisibility>(
      {model_.queues.at(receipt->queue).url, receipt->handle, hold.count() / 1'000'000},
      [this, hold, receipt = *receipt](const Result& result, base::TimePoint at) -> std::string {
        const bool right = model_.change(model_.queues.at(receipt.queue), receipt, hold, at);
        return right == result.has_value() ? "" : right ? result.error().message : "a stale receipt changed a hold";
      });
}

void History::change_batch() {
  const Receipt* first = pick_receipt();
  if (first == nullptr || !model_.queues.contains(first->queue)) return receive();
  std::vector<Receipt> all;
  std::vector<base::Duration> holds;
  api::sqs::ChangeMessageVisibilityBatchRequest input;
  input.queue_url = model_.queues.at(first->queue).url;
  for (const Receipt& receipt : receipts_) {
    if (receipt.queue != first->queue || all.size() == 10 || below(dice_, 2) == 0) continue;
    all.push_back(receipt);
    holds.push_back(seconds(below(dice_, 15)));
    input.entries.push_back({std::to_string(all.size() - 1), receipt.handle, holds.back().count() / 1'000'000});
  }
  if (all.empty()) return;
  submit<api::sqs::ChangeMessageVisibilityBatch>(
      input, [this, all, holds](const Result& result, base::TimePoint at) -> std::string {
        if (!result) return result.error().message;
        std::set<std::string> done;
        for (const auto& entry : result->as<api::sqs::ChangeMessageVisibilityBatchResult>().successful) {
          done.insert(entry.id);
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
          const bool right = model_.change(model_.queues.at(all[i].queue), all[i], holds[i], at);
          if (right != done.contains(std::to_string(i))) return right ? "a change was refused" : "a stale receipt";
        }
        return "";
      });
}

std::string shown(const reference::Counts& counts) {
  return std::to_string(counts.visible) + "/" + std::to_string(counts.in_flight) + "/" + std::to_string(counts.delayed);
}

void History::look() {
  const Queue& queue = pick();
  submit<api::sqs::GetQueueAttributes>(
      {.attribute_names = {{"All"}}, .queue_url = queue.url},
      [this, name = queue.name](const Result& result, base::TimePoint at) -> std::string {
        if (!result) return result.error().message;
        const auto attributes = *result->as<api::sqs::GetQueueAttributesResult>().attributes;
        const auto count = [&](const std::string& kind) {
          return std::stoull(attributes.at("ApproximateNumberOfMessages" + kind));
        };
        const reference::Counts seen{count(""), count("NotVisible"), count("Delayed")};
        const reference::Counts right = reference::Sqs::counts(model_.queues.at(name), at);
        return seen == right ? "" : "counts of " + name + " are " + shown(seen) + " instead of " + shown(right);
      });
}

void History::purge() {
  const Queue& queue = pick();
  submit<api::sqs::PurgeQueue>({queue.url}, [this, name = queue.name](const Result& result, base::TimePoint at) {
    const bool right = model_.purge(model_.queues.at(name), at);
    return right == result.has_value() ? std::string()
                                       : "purge of " + name + (right ? " was refused" : " came too soon");
  });
}

void History::set_attributes() {
  const Queue& queue = pick();
  const std::int64_t hold = static_cast<std::int64_t>(below(dice_, 30));
  const std::int64_t retention = static_cast<std::int64_t>(60 + below(dice_, 2000));
  std::map<std::string, std::string> attributes{{"VisibilityTimeout", std::to_string(hold)}};
  if (queue.name == "brief") attributes["MessageRetentionPeriod"] = std::to_string(retention);
  submit<api::sqs::SetQueueAttributes>(
      {attributes, queue.url}, [this, hold, retention, name = queue.name](const Result& result, base::TimePoint) {
        if (!result) return result.error().message;
        Queue& changed = model_.queues.at(name);
        changed.hold = seconds(hold);
        if (name == "brief") changed.retention = seconds(retention);
        return std::string();
      });
}

// The plain queue goes and another one comes; what it held never shows up again.
void History::replace_queue() {
  sync_all();
  if (!wrong_.empty()) return;
  const auto old =
      std::ranges::find_if(model_.queues, [](const auto& each) { return each.first.starts_with("plain"); });
  if (old == model_.queues.end()) return make_queue({.name = "plain" + std::to_string(++names_)}, {});
  submit<api::sqs::DeleteQueue>({old->second.url}, [this, name = old->first](const Result& result, base::TimePoint) {
    if (!result) return result.error().message;
    model_.queues.erase(name);
    return std::string();
  });
  make_queue({.name = "plain" + std::to_string(++names_)}, {});
  sync_next_ = true;  // before anything else speaks of either
}

// One tenant gets more than its share of the consumers, and others come after it: theirs goes first from then on.
void History::crowd() {
  const Queue& queue = model_.queues.at("fair");
  if (queue.messages.size() >= 60) return receive_from(queue, 10, seconds(120), "");
  const auto send_as = [&](const char* tenant) {
    std::vector<reference::Sending> all(10);
    for (reference::Sending& what : all) {
      what.body = "m" + std::to_string(++bodies_);
      what.group = tenant;
    }
    send_all(queue, std::move(all));
  };
  for (int i = 0; i < 4; ++i) send_as("t0");
  for (int i = 0; i < 4; ++i) receive_from(queue, 10, seconds(120), "");
  send_as("t0");
  send_as(below(dice_, 2) == 0 ? "t1" : "");
  for (int i = 0; i < 2; ++i) receive_from(queue, below(dice_, 10) + 1, std::nullopt, "");
}

// Where the next move task from there goes ("": to where each message came from), if one would make sense.
std::optional<std::string> History::target_of_move(Queue& from) {
  const auto choice = model_.choose(from, clock_.time);
  const bool other = below(dice_, 2) == 0;
  const std::string target = from.fifo ? (other ? "source.fifo" : "line.fifo") : (other ? "source" : "fair");
  std::map<std::string, std::size_t> home;
  bool lost = false;
  for (const auto& line : choice.lines) {
    for (const reference::Message* message : line) {
      const Queue* source = model_.by_arn(message->source);
      if (source == nullptr) lost = true;
      if (source != nullptr) ++home[source->name];
    }
  }
  // A deduplication id goes along with a message that was sent to the dead-letter queue itself.
  if (from.fifo && lost) return std::nullopt;
  const bool back = !lost && below(dice_, 2) == 0;
  const std::size_t all = from.messages.size();  // some may be hidden now and be moved later
  for (const auto& [name, count] : back ? home : std::map<std::string, std::size_t>{{target, all}}) {
    const Queue& queue = model_.queues.at(name);
    if (queue.max_receives > 0 && queue.messages.size() + all > 8) return std::nullopt;
  }
  return back ? "" : target;
}

// Some at a rate. A second one from the same queue is refused while one is under way.
void History::move() {
  static constexpr std::int64_t kRates[] = {0, 1, 2, 3, 25};
  sync_all();
  if (!wrong_.empty()) return;
  model_.expire(clock_.time);
  Queue& from = model_.queues.at(below(dice_, 2) == 0 ? "dead.fifo" : "dead");
  const auto target = target_of_move(from);
  if (!target) return receive();
  api::sqs::StartMessageMoveTaskRequest input;
  input.source_arn = from.arn;
  if (!target->empty()) input.destination_arn = model_.queues.at(*target).arn;
  const std::int64_t rate = kRates[below(dice_, std::size(kRates))];
  if (rate > 0) input.max_number_of_messages_per_second = rate;
  sync_turns_ = true;  // its first step comes at once
  submit<api::sqs::StartMessageMoveTask>(
      input, [this, target, rate, name = from.name](const Result& result, base::TimePoint at) -> std::string {
        Queue& source = model_.queues.at(name);
        if (source.move && source.move->is_active()) return result ? "two move tasks at once" : "";
        if (!result) return result.error().message;
        const auto handle = result->as<api::sqs::StartMessageMoveTaskResult>().task_handle;
        source.move = reference::Move{*target, rate, handle.value_or(""), at};
        return "";
      });
  sync_turns_ = false;
}

// The last one from there, whether it is under way or over.
void History::cancel_move() {
  sync_all();
  if (!wrong_.empty()) return;
  const Queue& from = model_.queues.at(below(dice_, 2) == 0 ? "dead.fifo" : "dead");
  if (!from.move) return move();
  sync_turns_ = true;
  submit<api::sqs::CancelMessageMoveTask>(
      {from.move->handle}, [this, name = from.name](const Result& result, base::TimePoint at) -> std::string {
        reference::Move& task = *model_.queues.at(name).move;
        if (task.status != "RUNNING") return result ? "a move task was cancelled that was " + task.status : "";
        if (!result) return result.error().message;
        task.status = "CANCELLING";
        task.due = at;
        const auto moved = result->as<api::sqs::CancelMessageMoveTaskResult>().approximate_number_of_messages_moved;
        return moved == task.moved ? "" : "a cancelled move task moved another number of messages";
      });
  sync_turns_ = false;
}

// Also of one that ended long ago.
void History::look_at_moves() {
  const Queue& from = model_.queues.at(below(dice_, 2) == 0 ? "dead.fifo" : "dead");
  submit<api::sqs::ListMessageMoveTasks>(
      {.source_arn = from.arn}, [this, name = from.name](const Result& result, base::TimePoint) -> std::string {
        if (!result) return result.error().message;
        const auto tasks = result->as<api::sqs::ListMessageMoveTasksResult>().results;
        const auto& right = model_.queues.at(name).move;
        if (!right) return tasks && !tasks->empty() ? "a move task that nobody started" : "";
        if (!tasks || tasks->empty()) return "a move task is forgotten";
        const auto& task = tasks->front();
        if (right->is_active()) return "";  // it is followed turn by turn
        if (task.status != right->status) return "a move task is " + task.status.value_or("nothing");
        return task.approximate_number_of_messages_moved == right->moved
                   ? ""
                   : "a move task moved another number of messages";
      });
}

}  // namespace cloud::model
