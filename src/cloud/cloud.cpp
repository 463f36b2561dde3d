#include "cloud/cloud.h"

#include <algorithm>

#include "base/ensure.h"
#include "cloud/adapters/task_agent.h"
#include "cloud/services.h"

namespace cloud {
namespace {

constexpr base::FaultShape kInternalFailure{"InternalFailure", "InternalFailure", 500, false, ""};
constexpr base::FaultShape kNotSupported{"UnsupportedOperation", "UnsupportedOperation", 501, true, ""};

// What was due stays due when the store refuses it; trying at once again and again would only burn the processor.
constexpr base::Duration kRestAfterRefusal = std::chrono::seconds(1);

// AWS says "because of an unknown error"; whose own disk it is wants to know.
service::Answer internal_failure(const store::Error& error) {
  return {base::fault(kInternalFailure,
                      "The request processing has failed because of a failure of the store: " + error.message + ".")};
}

}  // namespace

struct Cloud::Owed {
  std::uint64_t after;  // the write that must be durable first
  std::vector<service::Change::Reply> replies;
  std::vector<service::Change::Action> effects;
};

Cloud::Cloud(Parts parts, Config config)
    : parts_(parts), config_(std::move(config)), services_(make_services(parts_, config_)) {
  own_call_.account = config_.account;
  own_call_.region = config_.region;
  own_call_.base_url = config_.endpoint;
  for (service::Service* service : services_->all) service->register_operations(registry_);
}

Cloud::~Cloud() = default;

service::Context Cloud::context(const service::Call& call, service::Change& change) {
  return service::Context{call, parts_.clock.now(), parts_.random, change, *this, parts_.store, {}};
}

template <class Body>
void Cloud::turn(const service::Call& call, Body body) {
  service::Change change(parts_.store.tail());
  service::Context turn_context = context(call, change);
  body(turn_context);
  commit(change);
}

// Answers wait for every earlier write, also those of a turn that only read: it may have seen what is not on disk yet.
void Cloud::commit(service::Change& change) {
  if (broken_) {
    for (auto& reply : change.take_replies()) reply.deliver(internal_failure(*broken_));
    return;
  }
  if (!change.batch().empty()) {
    const std::uint64_t number = written_ + 1;
    auto accepted = parts_.store.write(change.batch(), [this, number](auto result) { settle(number, result); });
    if (!accepted) {
      // Refused as a whole (a full disk, say): nothing happened, and the callers hear so.
      change.roll_back_to({0, 0, 0});
      rest_until_ = parts_.clock.now() + kRestAfterRefusal;
      for (auto& reply : change.take_replies()) reply.deliver(internal_failure(accepted.error()));
      return;
    }
    written_ = number;
    changed_ = true;
  }
  owed_.push_back({written_, change.take_replies(), change.take_effects()});
  release_settled();
}

void Cloud::settle(std::uint64_t number, std::expected<void, store::Error> result) {
  if (!result) {
    broken_ = result.error();
    while (!owed_.empty()) {
      Owed owed = std::move(owed_.front());
      owed_.pop_front();
      for (auto& reply : owed.replies) reply.deliver(internal_failure(*broken_));
    }
    return;
  }
  durable_ = std::max(durable_, number);
  release_settled();
}

void Cloud::release_settled() {
  while (!owed_.empty() && owed_.front().after <= durable_) {
    Owed owed = std::move(owed_.front());
    owed_.pop_front();
    for (auto& reply : owed.replies) reply.deliver(std::move(reply.answer));
    for (auto& effect : owed.effects) effect();
  }
}

std::expected<void, store::Error> Cloud::recover() {
  for (service::Service* service : services_->all) {
    for (service::TableBase* table : service->tables()) {
      const std::string prefix = table->prefix();
      bool good = true;
      CHECK(parts_.store.scan(prefix, "", [&](std::string_view key, std::string_view bytes) {
        good = table->load(key.substr(prefix.size()), bytes);
        return good;
      }));
      if (!good) return std::unexpected(store::Error{"a row of table " + table->name() + " can't be read"});
    }
  }
  for (service::Service* service : services_->all) {
    if (store::Recovery* journal = service->journal()) CHECK(parts_.store.recover(*journal));
  }
  turn(own_call_, [&](service::Context& ctx) {
    for (service::Service* service : services_->all) service->recovered(ctx);
  });
  return {};
}

// The account's own keys may do everything; only a VPC endpoint may still refuse them.
bool Cloud::is_checked(const Signer* signer, const Request& request) const {
  if (!request.vpc_endpoint.empty()) return true;
  return signer != nullptr && (signer->of_task || config_.verifies);
}

void Cloud::submit(Request request, service::Waiting waiting) {
  const Signer* signer = services_->sessions->find(request.call.access_key_id);
  if (signer != nullptr) request.call.principal_arn = signer->principal_arn;
  if (!request.vpc.empty()) {
    const auto* endpoint =
        services_->access->endpoints().at(request.vpc, request.vpc_address, request.call.source_address);
    if (endpoint != nullptr) request.vpc_endpoint = endpoint->id;
  }
  const bool checked = is_checked(signer, request);
  turn(request.call, [&](service::Context& ctx) {
    if (checked) {
      if (auto refusal = services_->access->refusal(request.inquiry(), ctx)) {
        ctx.change.reply(std::move(waiting.deliver), {std::unexpected(std::move(*refusal))});
        return;
      }
    }
    if (const auto* late = registry_.find_late(*request.operation)) {
      (*late)(request.input, ctx, service::Responder(std::move(waiting)));
      return;
    }
    base::Outcome<api::Object> result = invoke(*request.operation, request.input, ctx);
    ctx.change.reply(std::move(waiting.deliver), {std::move(result), std::move(ctx.download)});
  });
}

base::Outcome<api::Object> Cloud::invoke(const api::Operation& operation, const api::Object& input,
                                         service::Context& context) {
  const auto* handler = registry_.find(operation);
  if (handler == nullptr) {
    return base::fault(kNotSupported, "The operation " + std::string(operation.name) + " of " +
                                          std::string(operation.service->id) + " is not supported by renkei yet.");
  }
  const service::Change::Mark mark = context.change.mark();
  base::Outcome<api::Object> result = (*handler)(input, context);
  if (!result) context.change.roll_back_to(mark);
  return result;
}

base::TimePoint Cloud::deadline() const {
  base::TimePoint next = base::kNever;
  for (const service::Service* service : services_->all) {
    next = std::min(next, service->deadline());
    if (changed_ && service->follows_changes()) next = base::TimePoint::min();
  }
  return std::max(next, rest_until_);
}

base::TimePoint Cloud::tick() {
  if (parts_.clock.now() < rest_until_) return deadline();
  const bool changed = std::exchange(changed_, false);
  for (service::Service* service : services_->all) {
    const bool due = service->deadline() <= parts_.clock.now();
    if (!due && !(changed && service->follows_changes())) continue;
    turn(own_call_, [&](service::Context& ctx) { service->tick(ctx); });
  }
  return deadline();
}

void Cloud::close() {
  turn(own_call_, [&](service::Context& ctx) { services_->on_close(ctx); });
}

std::optional<std::string> Cloud::task_credentials(const std::string& uuid) const {
  return services_->task_credentials ? services_->task_credentials(uuid) : std::nullopt;
}

std::optional<ExecTarget> Cloud::take_exec(const std::string& session, const std::string& token) {
  return services_->ecs->take_exec(session, token, parts_.clock.now());
}

void Cloud::exec(const ExecTarget& target, runtime::ExecSpec spec, std::shared_ptr<runtime::ExecObserver> observer) {
  if (parts_.runtime.exec(target.task, target.container, spec, observer)) return;
  observer->refused("This runtime can't run commands in containers.");
}

const std::deque<Denial>& Cloud::denials() const {
  return services_->access->denials();
}

void Cloud::answer_task(const TaskRequest& request, std::move_only_function<void(TaskReply)> deliver) {
  TaskEndpoint& endpoint = *services_->task_endpoint;
  TaskEndpoint::Next next = TaskReply{};
  turn(own_call_, [&](service::Context& ctx) { next = endpoint.look(request, ctx); });
  if (auto* reply = std::get_if<TaskReply>(&next)) return deliver(std::move(*reply));
  if (auto* measured = std::get_if<TaskEndpoint::Measured>(&next)) {
    if (!parts_.runtime.read_stats(measured->task)) {
      return deliver({501, R"({"message":"This runtime measures no containers."})"});
    }
    return endpoint.wait(measured->task, request, std::move(deliver));
  }
  auto& asked = std::get<TaskEndpoint::Asked>(next);
  asked.request.call.account = config_.account;
  submit(std::move(asked.request),
         {[arn = asked.task_arn, id = request.request_id, deliver = std::move(deliver)](
              const service::Answer& answer) mutable { deliver(protection_reply(arn, id, answer)); },
          nullptr});
}

void Cloud::on_runtime_event(const runtime::Event& event) {
  if (const auto* stats = std::get_if<runtime::event::Stats>(&event)) {
    turn(own_call_, [&](service::Context& ctx) { services_->task_endpoint->on_stats(*stats, ctx); });
    return;
  }
  turn(own_call_, [&](service::Context& ctx) { services_->on_runtime_event(event, ctx); });
}

}  // namespace cloud
