#pragma once

// A service on a table of its own: turns, ticks, crashes and restarts as the cloud makes them, under a clock that the
// test moves. For *_test.cpp files.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

#include "base/ensure.h"
#include "base/random.h"
#include "service/registry.h"
#include "store/memory/memory_store.h"

namespace service {

class BenchForTest : public Invoker {
 public:
  using Make = std::function<std::unique_ptr<Service>()>;

  explicit BenchForTest(Make make) : make_(std::move(make)) { start(); }

  store::MemoryStore store;
  base::SeededRandom random{1};
  base::TimePoint now = base::from_unix_seconds(1'700'000'000);
  Call call;

  // Runs an operation in a turn of its own. An operation that answers late must do so at once: see submit().
  template <class Op>
  base::Outcome<typename Op::Output> run(typename Op::Input input) {
    std::optional<base::Outcome<typename Op::Output>> answer;
    submit<Op>(std::move(input), [&](auto outcome) { answer = std::move(outcome); });
    ENSURE(answer.has_value());
    return std::move(*answer);
  }
  // The output, or a failed test.
  template <class Op>
  typename Op::Output ok(typename Op::Input input) {
    auto outcome = run<Op>(std::move(input));
    if (outcome) return std::move(*outcome);
    ADD_FAILURE() << outcome.error().shape->name << ": " << outcome.error().message;
    return {};
  }
  // "Shape: message" of the fault, or "" when there was none.
  template <class Op>
  std::string fault(typename Op::Input input) {
    auto outcome = run<Op>(std::move(input));
    return outcome ? "" : std::string(outcome.error().shape->name) + ": " + outcome.error().message;
  }
  // `done` gets the outcome when it is there, maybe in a later turn.
  template <class Op, class Done>
  std::shared_ptr<bool> submit(typename Op::Input input, Done done) {
    auto abandoned = std::make_shared<bool>(false);
    Waiting waiting{
        [done](Answer answer) mutable {
          if (!answer.result)
            return done(base::Outcome<typename Op::Output>(std::unexpected(std::move(answer.result).error())));
          done(base::Outcome<typename Op::Output>(std::move(answer.result->template as<typename Op::Output>())));
        },
        abandoned};
    const api::Object object = api::Object::of(std::move(input));
    turn([&](Context& ctx) {
      if (const auto* late = registry_.find_late(Op::operation())) {
        (*late)(object, ctx, Responder(std::move(waiting)));
        return;
      }
      ctx.change.reply(std::move(waiting.deliver), {invoke(Op::operation(), object, ctx)});
    });
    return abandoned;
  }

  template <class Body>
  void turn(Body body) {
    Change change(store.tail());
    Context ctx{call, now, random, change, *this, store, {}};
    body(ctx);
    if (!change.batch().empty() && !store.write(change.batch(), [](auto) {})) {
      change.roll_back_to({0, 0, 0});
      for (auto& reply : change.take_replies()) reply.deliver({base::fault(kRefused, "the store refused")});
      return;
    }
    for (auto& reply : change.take_replies()) reply.deliver(std::move(reply.answer));
    for (auto& effect : change.take_effects()) effect();
  }
  // Does all that is due now.
  void tick() {
    for (int turns = 0; service->deadline() <= now; ++turns) {
      ASSERT_LT(turns, 10'000) << "the service never comes to rest";
      turn([&](Context& ctx) { service->tick(ctx); });
    }
  }
  // Moves the clock on, stopping wherever the service wants to.
  void advance(base::Duration span) {
    const base::TimePoint end = now + span;
    tick();
    while (service->deadline() <= end) {
      now = std::max(now, service->deadline());
      tick();
    }
    now = end;
  }
  void restart() {
    service.reset();
    start();
  }

  base::Outcome<api::Object> invoke(const api::Operation& operation, const api::Object& input,
                                    Context& context) override {
    const auto* handler = registry_.find(operation);
    ENSURE(handler != nullptr);
    const Change::Mark mark = context.change.mark();
    auto result = (*handler)(input, context);
    if (!result) context.change.roll_back_to(mark);
    return result;
  }

  std::unique_ptr<Service> service;

 private:
  static constexpr base::FaultShape kRefused{"Refused", "Refused", 500, false, ""};

  void start() {
    registry_ = {};
    service = make_();
    service->register_operations(registry_);
    for (TableBase* table : service->tables()) {
      ENSURE(store.scan(table->prefix(), "", [&](std::string_view key, std::string_view bytes) {
        ENSURE(table->load(key.substr(table->prefix().size()), bytes));
        return true;
      }));
    }
    if (store::Recovery* journal = service->journal()) ENSURE(store.recover(*journal));
    turn([&](Context& ctx) { service->recovered(ctx); });
  }

  Make make_;
  Registry registry_;
};

}  // namespace service
