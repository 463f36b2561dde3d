#pragma once

// Moves stacks from one status to the next. It is driven by tick(): each call does what can be done now, in the one
// turn, and says when to look again. All it needs to go on after a crash is in the rows.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cloudformation/blueprint.h"
#include "cloudformation/provider.h"
#include "cloudformation/tables.h"

namespace cloudformation {

// How a property that differs is dealt with.
struct Difference {
  bool any = false;
  bool replace = false;
  std::vector<std::string> properties;
};
Difference compare(const TypeSchema& type, const Incarnation& before, const base::Value& properties, const Tags& tags);

// Names of a region's availability zones; how is the owner's business.
using ZoneLister = std::function<std::vector<std::string>(service::Context&)>;

class Machine {
 public:
  Machine(Tables& tables, ProviderSet& providers, ZoneLister zones);

  // Operations begin in the turn of the call that asks for them; all checks that AWS makes in the call are made by
  // then. `token` is the ClientRequestToken.
  struct Start {
    Deployment wanted;
    std::string token;
    bool disable_rollback = false;
    bool retain_except_on_create = false;
  };
  void begin_create(const std::string& stack, Start start, service::Context& ctx);
  void begin_update(const std::string& stack, Start start, service::Context& ctx);
  void begin_delete(const std::string& stack, std::string token, Texts retained, service::Context& ctx);
  // Stops an update; it will be undone.
  void cancel_update(const std::string& stack, const std::string& token, service::Context& ctx);
  // UPDATE_ROLLBACK_FAILED: tries again, leaving out the resources in `skipped`.
  void continue_rollback(const std::string& stack, std::string token, Texts skipped, service::Context& ctx);
  // Undoes the update of a nested stack that waits for its root, or is still going on.
  void undo_nested(const std::string& stack, service::Context& ctx);
  void release_nested(const std::string& stack, service::Context& ctx);

  base::TimePoint deadline() const;
  bool busy() const { return !wake_.empty(); }
  void tick(service::Context& ctx);

  Result<std::shared_ptr<const Blueprint>> blueprint(const StackRow& stack, const Deployment& deployment);
  std::vector<std::string> zones(service::Context& ctx) const { return zones_(ctx); }
  const ProviderSet& providers() const { return providers_; }
  Tables& tables() { return tables_; }

 private:
  class Run;

  Tables& tables_;
  ProviderSet& providers_;
  ZoneLister zones_;
  // Derived: stacks with an operation in progress, and when to look at each.
  struct Wake {
    base::TimePoint at{};
    base::TimePoint looked{};  // last time
  };
  std::map<std::string, Wake> wake_;
  struct Cached {
    Deployment deployment;
    std::shared_ptr<const Blueprint> blueprint;
  };
  std::map<std::string, std::vector<Cached>> blueprints_;
};

}  // namespace cloudformation
