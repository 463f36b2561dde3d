#pragma once

// Services in a cloud of their own, for tests: a memory store, a clock that only the test moves, and calls that run as
// one turn each.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "service/registry.h"
#include "store/memory/memory_store.h"

namespace service {

class WorldForTest : public Invoker {
 public:
  explicit WorldForTest(base::TimePoint start) : now(start) {}

  void add(Service& added) {
    added.register_operations(registry);
    services_.push_back(&added);
  }
  // Before others take their place, as after a restart.
  void forget_services() {
    services_.clear();
    registry = Registry{};
  }
  // Loads what the services' tables hold in the store.
  void recover() {
    for (Service* each : services_) {
      for (TableBase* table : each->tables()) {
        const std::string prefix = table->prefix();
        (void)store.scan(prefix, "", [&](std::string_view key, std::string_view bytes) {
          return table->load(key.substr(prefix.size()), bytes);
        });
      }
    }
    for (Service* each : services_) {
      turn([&](Context& ctx) { each->recovered(ctx); });
    }
  }

  // Runs `body` as one turn and writes what it changed. False when the store refused: the turn is undone.
  template <class Body>
  bool turn(Body body) {
    Change change(store.tail());
    Context ctx{call, now, random, change, *this, store, {}};
    body(ctx);
    if (change.batch().empty()) return true;
    if (!store.write(change.batch(), [](auto) {})) {
      change.roll_back_to({0, 0, 0});
      return false;
    }
    return true;
  }

  // One operation of any service, by its type.
  template <class Op>
  base::Outcome<typename Op::Output> run(typename Op::Input input) {
    base::Outcome<typename Op::Output> outcome = typename Op::Output{};
    turn([&](Context& ctx) { outcome = service::call<Op>(std::move(input), ctx); });
    return outcome;
  }

  base::TimePoint deadline() const {
    base::TimePoint next = base::kNever;
    for (const Service* each : services_) next = std::min(next, each->deadline());
    return next;
  }
  // Moves the clock to `until`, stopping wherever a service has work.
  void advance_to(base::TimePoint until) {
    while (deadline() <= until) {
      now = std::max(now, deadline());
      for (Service* each : services_) {
        if (each->deadline() <= now) turn([&](Context& ctx) { each->tick(ctx); });
      }
    }
    now = until;
  }
  void advance(base::Duration span) { advance_to(now + span); }

  base::Outcome<api::Object> invoke(const api::Operation& operation, const api::Object& input,
                                    Context& context) override {
    static constexpr base::FaultShape kMissing{"UnsupportedOperation", "UnsupportedOperation", 501, true, ""};
    const auto* handler = registry.find(operation);
    if (handler == nullptr) return base::fault(kMissing, "no handler for " + std::string(operation.name));
    const Change::Mark mark = context.change.mark();
    auto result = (*handler)(input, context);
    if (!result) context.change.roll_back_to(mark);
    return result;
  }

  base::TimePoint now;
  base::SeededRandom random{1};
  store::MemoryStore store;
  Registry registry;
  Call call;

 private:
  std::vector<Service*> services_;
};

}  // namespace service
