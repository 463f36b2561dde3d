#pragma once

// One stack's part in one tick of the machine.

#include "cloudformation/machine.h"

namespace cloudformation {

class Machine::Run {
 public:
  Run(Machine& machine, std::string stack, service::Context& ctx);

  // Does what can be done now. Returns when to look again, kNever to wait for a change.
  base::TimePoint advance();

 private:
  enum class Next : bool { Wait, Again };

  const StackRow& stack() const { return *machine_.tables_.stacks.find(key_); }
  const Operation& operation() const { return stack().operation; }
  Phase phase() const { return operation().phase; }
  template <class Edit>
  void edit(Edit change) {
    machine_.tables_.stacks.modify(ctx_.change, key_, change);
  }
  void set_status(const std::string& status, const std::string& reason);  // with its event
  void enter(Phase phase);
  void finish(const std::string& status, const std::string& reason);
  void look_again(base::TimePoint at) { wake_ = std::min(wake_, at); }
  bool spend();  // one of the actions this turn may make

  std::vector<ResourceRow> rows() const;  // copies: the table changes under a loop
  void put(const ResourceRow& row);
  void note(ResourceRow& row, const std::string& status, const std::string& reason);
  void note(ResourceRow& row, const std::string& status, const std::string& reason, const std::string& physical_id);

  template <class Call>
  Step attempt(Call call);  // takes back what a failing call wrote
  Job job(const ResourceRow& row, const Incarnation& wanted, const Incarnation* before) const;
  // `wanted` with the values of the secrets that it refers to: for one call of a provider, never for a row.
  Result<Incarnation> revealed(const ResourceRow& row, const Incarnation& wanted);
  Provider& provider(const ResourceRow& row) const { return *machine_.providers_.find(row.type); }
  std::shared_ptr<const Blueprint> blueprint(const Deployment& deployment);

  // Starting, run.cpp
  Next start();
  Next start_delete();
  void forget_traces();  // of earlier operations, in the rows

  // Applying, run_apply.cpp
  Next apply();
  void begin_resource(const ResourceDeclaration& declaration);
  void create(ResourceRow row, Incarnation wanted);
  void update(ResourceRow row, Incarnation wanted);
  void replace(ResourceRow row, Incarnation wanted);
  void take(ResourceRow& row, Progress progress, Work work);
  void complete(ResourceRow& row);
  void fail_resource(ResourceRow& row, const std::string& reason);
  void poll(ResourceRow row);
  void cancel_rest();
  Next succeed();
  Next fail();
  Next fail_create(const std::string& reason);
  Result<std::vector<OutputRow>> evaluate_outputs(const Blueprint& plan);
  Result<void> check_exports(const std::vector<OutputRow>& outputs);

  // Restoring, run_restore.cpp
  Next restore();
  void restore_resource(ResourceRow row);
  void restored(ResourceRow& row);
  void restore_failed(ResourceRow& row, const std::string& reason);
  Next end_restore();

  // Cleaning and Deleting, run_delete.cpp
  Next clean();
  void settle();
  Next remove_all();
  struct Target;  // a physical resource that is to go
  std::vector<Target> targets();
  bool remove(const std::vector<Target>& targets);  // false: nothing is left that could go
  bool remove_targets();
  void remove_one(ResourceRow row, bool leftover);
  void removed(ResourceRow& row, bool leftover, const std::string& status);
  void remove_failed(ResourceRow& row, bool leftover, const Failure& failure);
  Next end_delete();

  Machine& machine_;
  std::string key_;
  service::Context& ctx_;
  base::TimePoint wake_ = base::kNever;
  int budget_;
  bool moved_ = false;  // something was deleted, or failed to be
};

// One logical resource has at most two physical ones in a phase that deletes: what it was replaced by or replaced,
// and itself.
struct Machine::Run::Target {
  ResourceRow row;
  bool leftover;
  const Incarnation& incarnation() const { return leftover ? *row.leftover : row.now; }
};

}  // namespace cloudformation
