#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cloudwatch/alarms.h"
#include "cloudwatch/composite_rule.h"
#include "service/table.h"

namespace cloudwatch {

// What PutCompositeAlarm says.
struct CompositeConfiguration {
  std::string name;
  std::optional<std::string> description;
  std::string rule;
  bool actions_enabled = true;
  std::optional<std::string> suppressor;  // name or ARN of an alarm
  std::int64_t wait_seconds = 0;
  std::int64_t extension_seconds = 0;

  friend bool operator==(const CompositeConfiguration&, const CompositeConfiguration&) = default;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.description);
    field(3, row.rule);
    field(4, row.actions_enabled);
    field(5, row.suppressor);
    field(6, row.wait_seconds);
    field(7, row.extension_seconds);
  }
};

struct CompositeRow {
  CompositeConfiguration configuration;
  std::string arn;
  std::string account;
  std::string region;
  base::TimePoint configured_at{};
  AlarmState state = AlarmState::InsufficientData;
  std::string state_reason = "Unchecked: Initial alarm creation";
  std::optional<std::string> state_reason_data;
  base::TimePoint state_updated_at{};
  base::TimePoint state_changed_at{};
  std::map<std::string, std::string> tags;
  std::optional<base::TimePoint> suppressor_left_at;  // ALARM, when it last did

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.configuration);
    field(2, row.arn);
    field(3, row.account);
    field(4, row.region);
    field(5, row.configured_at);
    field(6, row.state);
    field(7, row.state_reason);
    field(8, row.state_reason_data);
    field(9, row.state_updated_at);
    field(10, row.state_changed_at);
    field(11, row.tags);
    field(12, row.suppressor_left_at);
  }
};

AlarmFace face_of(const CompositeRow& row);

// Alarms that watch other alarms. They are looked at when one of those changes its state, and never otherwise.
class Composites {
 public:
  Composites(Alarms& alarms, AlarmHistory& history);

  service::Table<CompositeRow>& table() { return rows_; }
  const service::Table<CompositeRow>& table() const { return rows_; }

  // A composite was put, or its state is to follow its rule again.
  void evaluate(service::Context& ctx, const std::string& key);
  // Some alarm of the caller's has another state now.
  void on_state(service::Context& ctx, const std::string& alarm_name, AlarmState before, AlarmState after);
  void set_state(service::Context& ctx, const std::string& key, AlarmState state, std::string reason,
                 std::optional<std::string> reason_data);

  void configured(service::Context& ctx, const CompositeRow& row, std::string_view type);  // Create, Update, Delete

  // Row keys of the composites whose rule names the alarm with this key.
  const std::set<std::string>& parents_of(const std::string& alarm_key) const;
  const std::set<std::string>& children_of(const std::string& key) const { return rules_.at(key).children(); }

  // Why it would not run actions now ("Alarm", "WaitPeriod", "ExtensionPeriod"), or nothing.
  std::optional<std::string> suppressed_by(const CompositeRow& row, const service::Context& ctx) const;

 private:
  struct Trigger {
    std::string arn;
    AlarmState state;
  };
  void index(const std::string& key, const CompositeRow* before, const CompositeRow* after);
  std::optional<Trigger> find(const service::Context& ctx, const std::string& name) const;
  void follow(service::Context& ctx, const std::string& key, const std::optional<Trigger>& trigger,
              std::set<std::string>& open);
  void notify(service::Context& ctx, const std::string& alarm_name, AlarmState before, AlarmState after,
              std::set<std::string>& open);
  void assign(service::Context& ctx, const std::string& key, AlarmState state, std::string reason,
              std::optional<std::string> reason_data, std::set<std::string>& open);

  Alarms& alarms_;
  AlarmHistory& history_;
  service::Table<CompositeRow> rows_;
  std::map<std::string, CompositeRule> rules_;
  std::map<std::string, std::set<std::string>> parents_;     // by the key of the child
  std::map<std::string, std::set<std::string>> suppressed_;  // by the key of the suppressor
};

}  // namespace cloudwatch
