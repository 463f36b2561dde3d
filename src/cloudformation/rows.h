#pragma once

// The durable state of CloudFormation. Everything an operation in progress needs is in rows, so that a killed server
// goes on where it was.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/value.h"

namespace cloudformation {

using Texts = std::vector<std::string>;
using Tags = std::vector<std::pair<std::string, std::string>>;  // in the order given

// A template that a deployment of the stack names. Key: account/region/stack uuid/template id.
struct TemplateRow {
  std::string body;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.body);
  }
};

// What an operation wants a stack to be.
struct Deployment {
  std::string template_id;  // in the table of templates
  std::map<std::string, std::string> parameters;
  Tags tags;
  Texts capabilities;
  Texts notification_arns;
  std::string role_arn;
  std::map<std::string, std::string> resolved;  // of parameters that name one of Parameter Store: its value

  // What a template's parameter comes to.
  const std::string& value_of(const std::string& parameter) const {
    const auto found = resolved.find(parameter);
    return found == resolved.end() ? parameters.at(parameter) : found->second;
  }

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.template_id);
    field(2, row.parameters);
    field(3, row.tags);
    field(4, row.capabilities);
    field(5, row.notification_arns);
    field(6, row.role_arn);
    field(7, row.resolved);
  }
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

struct OutputRow {
  std::string key;
  std::string value;
  std::string description;
  std::string export_name;
  Texts imports;  // exports of other stacks that the value was made of

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.key);
    field(2, row.value);
    field(3, row.description);
    field(4, row.export_name);
    field(5, row.imports);
  }
  friend bool operator==(const OutputRow&, const OutputRow&) = default;
};

// Where an operation stands. Numbers are on disk.
enum class Phase : std::uint8_t {
  None = 0,
  Starting = 1,   // accepted; the checks that AWS makes after answering the call are still to come
  Applying = 2,   // resources are made and updated along the graph
  AwaitRoot = 3,  // a nested stack is done but for its cleanup, which waits for the root
  Cleaning = 4,   // what is replaced or no longer declared is deleted
  Restoring = 5,  // an update is undone
  Deleting = 6,   // everything is deleted: of a stack that goes, or of one whose creation failed
};
enum class Goal : std::uint8_t { Create = 0, Update = 1, Delete = 2 };

struct Operation {
  Phase phase = Phase::None;
  Goal goal = Goal::Create;
  std::string id;
  std::string token;    // ClientRequestToken, shown in events
  Deployment wanted;    // create, update
  Deployment previous;  // update: what the stack was
  std::vector<OutputRow> previous_outputs;
  base::TimePoint started{};
  std::optional<base::TimePoint> deadline;  // TimeoutInMinutes
  bool disable_rollback = false;
  bool halted = false;  // something failed: nothing new starts
  Texts failed_to_create;
  Texts failed_to_update;
  Texts failed_to_delete;
  std::string refusal;        // the stack's own reason to fail (an export, the time-out), instead of a resource's
  Texts retained;             // RetainResources of DeleteStack, ResourcesToSkip of ContinueUpdateRollback
  bool released = false;      // AwaitRoot: the root lets the cleanup go ahead
  bool rolling_back = false;  // Deleting after a failed creation, or Cleaning after Restoring
  bool retain_except_on_create = false;
  std::string status_before;  // to return to when a deletion is refused
  bool settled = false;       // Cleaning: the rows know that the update stands

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.phase);
    field(2, row.goal);
    field(3, row.id);
    field(4, row.token);
    field(5, row.wanted);
    field(6, row.started);
    field(7, row.deadline);
    field(8, row.disable_rollback);
    field(9, row.halted);
    field(10, row.failed_to_create);
    field(11, row.failed_to_update);
    field(12, row.failed_to_delete);
    field(13, row.refusal);
    field(14, row.retained);
    field(15, row.released);
    field(16, row.rolling_back);
    field(17, row.retain_except_on_create);
    field(18, row.status_before);
    field(19, row.previous);
    field(20, row.previous_outputs);
    field(21, row.settled);
  }
};

// A call that may be repeated with its token: the answer is the same, a different request is refused.
struct TokenRow {
  std::string token;
  std::string fingerprint;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.token);
    field(2, row.fingerprint);
  }
};

// Key: account/region/name/uuid.
struct StackRow {
  std::string id;  // ARN
  std::string name;
  std::string uuid;
  std::string account;
  std::string region;
  std::string status;
  std::string reason;
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
  std::optional<base::TimePoint> deleted_at;
  Deployment present;  // what the stack is, or is being made to be
  std::vector<OutputRow> outputs;
  std::string on_failure = "ROLLBACK";
  bool disable_rollback = false;
  std::optional<std::int64_t> timeout_minutes;
  bool termination_protection = false;
  std::string parent_id;
  std::string root_id;
  std::string change_set_id;
  std::string stack_policy;
  Operation operation;
  std::vector<TokenRow> tokens;  // newest last
  std::string last_operation;    // "CREATE_STACK <id>"

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.name);
    field(3, row.uuid);
    field(4, row.account);
    field(5, row.region);
    field(6, row.status);
    field(7, row.reason);
    field(8, row.created_at);
    field(9, row.updated_at);
    field(10, row.deleted_at);
    field(11, row.present);
    field(12, row.outputs);
    field(13, row.on_failure);
    field(14, row.disable_rollback);
    field(15, row.timeout_minutes);
    field(16, row.termination_protection);
    field(17, row.parent_id);
    field(18, row.root_id);
    field(19, row.change_set_id);
    field(20, row.stack_policy);
    field(21, row.operation);
    field(22, row.tokens);
    field(23, row.last_operation);
  }
};

// One physical resource: what it was made of, and what it answers to Fn::GetAtt.
struct Incarnation {
  std::string physical_id;
  base::Value properties;  // resolved and coerced
  Tags tags;               // of the stack, not those in the properties
  base::Value attributes;
  Texts depends_on;  // logical ids
  Texts imports;     // exports of other stacks that the properties were made of

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.physical_id);
    field(2, row.properties);
    field(3, row.tags);
    field(4, row.attributes);
    field(5, row.depends_on);
    field(6, row.imports);
  }
};

// What is going on with a resource in the operation under way.
enum class Work : std::uint8_t {
  None = 0,      // not its turn yet, or nothing to do
  Creating = 1,  // made, not yet stable
  Updating = 2,
  Replacing = 3,  // its successor is made, not yet stable; `before` is the one it replaces
  Deleting = 4,
  Finished = 5,  // for this phase
  Failed = 6,
};

// Key: account/region/stack uuid/logical id.
struct ResourceRow {
  std::string logical_id;
  std::string type;
  std::string status;
  std::string reason;
  base::TimePoint changed_at{};
  base::Value metadata;
  std::string deletion_policy;
  std::string update_replace_policy;
  Incarnation now;
  std::optional<Incarnation> before;    // to return to, if the operation fails
  std::optional<Incarnation> leftover;  // to be deleted in the cleanup
  bool replaced = false;                // `before` is another physical resource than `now`
  bool created = false;                 // by the operation under way
  Work work = Work::None;
  base::TimePoint work_started{};
  std::optional<base::TimePoint> look_again;  // when a deletion is tried again
  std::int64_t attempts = 0;                  // of a deletion that something still stands in the way of
  std::string request_token;
  base::Value notes;  // the provider's own, between its calls
  std::string last_event;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.logical_id);
    field(2, row.type);
    field(3, row.status);
    field(4, row.reason);
    field(5, row.changed_at);
    field(6, row.metadata);
    field(7, row.deletion_policy);
    field(8, row.update_replace_policy);
    field(9, row.now);
    field(10, row.before);
    field(11, row.leftover);
    field(12, row.replaced);
    field(13, row.created);
    field(14, row.work);
    field(15, row.work_started);
    field(16, row.look_again);
    field(17, row.attempts);
    field(18, row.request_token);
    field(19, row.notes);
    field(20, row.last_event);
  }
};

// Key: account/region/stack uuid/number of 10 digits.
struct EventRow {
  std::string event_id;
  std::string logical_id;
  std::string physical_id;
  std::string type;
  base::TimePoint at{};
  std::string status;
  std::string reason;
  std::string properties;  // JSON text
  std::string token;
  std::string operation_id;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.event_id);
    field(2, row.logical_id);
    field(3, row.physical_id);
    field(4, row.type);
    field(5, row.at);
    field(6, row.status);
    field(7, row.reason);
    field(8, row.properties);
    field(9, row.token);
    field(10, row.operation_id);
  }
};

// Key: account/region/stack uuid/change set uuid.
struct ChangeSetRow {
  std::string id;  // ARN
  std::string name;
  std::string description;
  std::string type;  // CREATE, UPDATE
  std::string status;
  std::string status_reason;
  std::string execution_status;
  base::TimePoint created_at{};
  Deployment wanted;
  base::Value changes;  // as DescribeChangeSet answers them, a list
  bool include_nested = false;
  std::string on_stack_failure;
  std::string token;
  std::string fingerprint;
  bool by_arn_only = false;  // executed, or made obsolete by another's execution

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.name);
    field(3, row.description);
    field(4, row.type);
    field(5, row.status);
    field(6, row.status_reason);
    field(7, row.execution_status);
    field(8, row.created_at);
    field(9, row.wanted);
    field(10, row.changes);
    field(11, row.include_nested);
    field(12, row.on_stack_failure);
    field(13, row.token);
    field(14, row.fingerprint);
    field(15, row.by_arn_only);
  }
};

}  // namespace cloudformation
