#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"

namespace secretsmanager {

// Key: service::key(account, region, name); the name may hold '/'.
struct SecretRow {
  std::string name;
  std::string suffix;  // of the ARN, after a hyphen
  std::string description;
  base::TimePoint created_at{};
  base::TimePoint changed_at{};
  std::optional<base::TimePoint> accessed_on;  // midnight of the day
  std::optional<base::TimePoint> deleted_at;   // when somebody asked for it
  std::optional<base::TimePoint> erase_at;     // with deleted_at: no way back after that
  std::map<std::string, std::string> tags;
  std::string policy;  // "": none
  std::int64_t last_version = 0;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.suffix);
    field(3, row.description);
    field(4, row.created_at);
    field(5, row.changed_at);
    field(6, row.accessed_on);
    field(7, row.deleted_at);
    field(8, row.erase_at);
    field(9, row.tags);
    field(10, row.policy);
    field(11, row.last_version);
  }
};

// Key: service::key(account, region, name with '|' for '/', version id).
struct VersionRow {
  std::string id;
  std::int64_t number = 0;  // in the order in which they were made
  base::TimePoint created_at{};
  std::optional<base::TimePoint> accessed_on;
  std::set<std::string> stages;  // none: deprecated
  std::optional<std::string> text;
  std::optional<std::string> bytes;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.number);
    field(3, row.created_at);
    field(4, row.accessed_on);
    field(5, row.stages);
    field(6, row.text);
    field(7, row.bytes);
  }
};

}  // namespace secretsmanager
