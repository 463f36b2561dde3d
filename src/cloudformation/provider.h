#pragma once

// How the stack machine makes, changes and deletes resources. A provider calls other services inside the machine's own
// turn; what it wrote is taken back when it fails, so a failed call leaves nothing behind.

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/time.h"
#include "base/value.h"
#include "cloudformation/rows.h"
#include "cloudformation/schema.h"
#include "service/context.h"

namespace cloudformation {

// One resource's work. References live for one call.
struct Job {
  service::Context& ctx;
  const StackRow& stack;
  const std::string& logical_id;
  const TypeSchema& type;
  const base::Value& properties;  // wanted; on deletion, those of what goes
  const Tags& tags;               // the stack's, and system tags where the type takes them; not those in properties
  const Incarnation* before;      // on update: what it is now
  std::string physical_id;        // "" before creation
  base::Value notes;
  base::TimePoint started;
  bool restoring = false;  // an update is being undone

  const base::Value* property(std::string_view name) const { return properties.find(name); }
  std::string text(std::string_view name) const;  // "" if absent
};

struct Progress {
  std::string physical_id;
  base::Value attributes;                     // null: as they were
  bool finished = true;                       // else poll() is called on changes and at `look_again`
  std::optional<base::TimePoint> look_again;  // of what no change announces
  base::Value notes;
};

// Why a resource failed, in the words of its event.
struct Failure {
  std::string reason;
  bool may_pass = false;  // a deletion that something still stands in the way of: worth trying again
};
using Step = std::expected<Progress, Failure>;

class Provider {
 public:
  virtual ~Provider() = default;
  virtual const TypeSchema& schema() const = 0;
  virtual Step create(const Job& job) = 0;
  virtual Step update(const Job& job) = 0;
  virtual Step remove(const Job& job) = 0;
  // Called until finished. `work` is what it was begun as.
  virtual Step poll(const Job& job, Work work);
  // For conditional properties that changed.
  virtual bool needs_replacement(const Job&) const { return true; }
  // Updated in every update of its stack, changed or not: nested stacks, whose template may have changed.
  virtual bool always_updates() const { return false; }
  // The operation that it was part of has failed; stops what goes on. No answer, no event.
  virtual void cancel(const Job&) {}
  // The operation that it was part of has succeeded.
  virtual void settle(const Job&) {}
};

class ProviderSet {
 public:
  void add(std::unique_ptr<Provider> provider);
  Provider* find(std::string_view type) const;

 private:
  std::map<std::string, std::unique_ptr<Provider>, std::less<>> providers_;
};

// "Resource handler returned message: …" with the code that CloudFormation derives from the fault.
Failure handler_failure(const Job& job, const base::Fault& fault);
Failure handler_failure(const Job& job, std::string_view message, std::string_view code);
bool is_not_found(const base::Fault& fault);

}  // namespace cloudformation
