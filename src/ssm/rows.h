#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/time.h"

namespace ssm {

// What every version of a parameter has in common. Key: service::key(account, region, name); the name may hold '/'.
struct ParameterRow {
  std::string name;
  std::int64_t last_version = 0;
  std::map<std::string, std::string> tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.last_version);
    field(3, row.tags);
  }
};

// One version. Key: service::key(account, region, name with '|' for '/', ten digits).
struct VersionRow {
  std::int64_t number = 0;
  std::string type;  // String, StringList, SecureString
  std::string value;
  std::string sealed;  // of a SecureString: what it reads as without decryption
  std::string key_id;  // of a SecureString
  std::string description;
  std::string allowed_pattern;  // "": none
  std::string data_type;
  std::string tier;  // Standard, Advanced
  base::TimePoint modified_at{};
  std::string modified_by;  // ARN
  std::set<std::string> labels;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.number);
    field(2, row.type);
    field(3, row.value);
    field(4, row.sealed);
    field(5, row.key_id);
    field(6, row.description);
    field(7, row.allowed_pattern);
    field(8, row.data_type);
    field(9, row.tier);
    field(10, row.modified_at);
    field(11, row.modified_by);
    field(12, row.labels);
  }
};

}  // namespace ssm
