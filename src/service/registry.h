#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "api/shape.h"
#include "base/fault.h"
#include "service/context.h"
#include "service/table.h"

namespace service {

// Where a transport waits for its answer. `abandoned` is set when the client went away: a long poll must then not
// hand it messages.
struct Waiting {
  std::move_only_function<void(Answer)> deliver;
  std::shared_ptr<bool> abandoned;
};

// Owes exactly one answer. A handler that can't answer at once (a long poll) keeps it as part of a row with a deadline
// and answers in a later turn; the answer leaves with that turn's change.
class Responder {
 public:
  explicit Responder(Waiting waiting) : waiting_(std::move(waiting)) {}
  bool abandoned() const { return waiting_.abandoned && *waiting_.abandoned; }
  void send(Change& change, Answer answer);

 private:
  Waiting waiting_;
};

template <class Output>
class Reply {
 public:
  explicit Reply(Responder responder) : responder_(std::move(responder)) {}
  bool abandoned() const { return responder_.abandoned(); }
  void send(Change& change, base::Outcome<Output> outcome) {
    if (outcome) {
      responder_.send(change, {api::Object::of(std::move(*outcome)), {}});
    } else {
      responder_.send(change, {std::unexpected(std::move(outcome).error()), {}});
    }
  }

 private:
  Responder responder_;
};

// Which function serves which operation.
class Registry {
 public:
  using Handler = std::function<base::Outcome<api::Object>(const api::Object&, Context&)>;
  using LateHandler = std::function<void(const api::Object&, Context&, Responder)>;

  // `handler` is Outcome<Op::Output>(const Op::Input&, Context&). A fault undoes all that it wrote.
  template <class Op, class F>
  void on(F handler) {
    handlers_[&Op::operation()] = [handler = std::move(handler)](const api::Object& input,
                                                                 Context& context) -> base::Outcome<api::Object> {
      base::Outcome<typename Op::Output> output = handler(input.as<typename Op::Input>(), context);
      if (!output) return std::unexpected(std::move(output).error());
      return api::Object::of(std::move(*output));
    };
  }
  // `handler` is void(const Op::Input&, Context&, Reply<Op::Output>): it may answer in a later turn. It must not write
  // before it knows that it will not answer with a fault.
  template <class Op, class F>
  void on_late(F handler) {
    late_handlers_[&Op::operation()] = [handler = std::move(handler)](const api::Object& input, Context& context,
                                                                      Responder responder) {
      handler(input.as<typename Op::Input>(), context, Reply<typename Op::Output>(std::move(responder)));
    };
  }

  const Handler* find(const api::Operation& operation) const;
  const LateHandler* find_late(const api::Operation& operation) const;

 private:
  std::map<const api::Operation*, Handler> handlers_;
  std::map<const api::Operation*, LateHandler> late_handlers_;
};

// One AWS service. Made by its module's make_service(), owned by the cloud.
class Service {
 public:
  virtual ~Service() = default;

  virtual void register_operations(Registry& registry) = 0;
  // Tables to recover; pointers live as long as the service.
  virtual std::vector<TableBase*> tables() = 0;
  // What hears of the store's journal at start, after all tables are loaded. One service at most has one.
  virtual store::Recovery* journal() { return nullptr; }
  // After all that: rebuild what is derived, load what is not in tables (ctx.store).
  virtual void recovered(Context&) {}
  // When tick() has work next; kNever if nothing waits for time. Asked after every turn: must be cheap.
  virtual base::TimePoint deadline() const { return base::kNever; }
  // Does all that is due by ctx.now.
  virtual void tick(Context&) {}
  // True while the service wants tick() after every turn that changed something (a stack in progress, say).
  virtual bool follows_changes() const { return false; }
};

}  // namespace service
