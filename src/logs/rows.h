#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"

namespace logs {

// Key: service::key(account, region, name); the name may hold '/'.
struct GroupRow {
  std::uint64_t id = 0;  // never reused
  std::string account;
  std::string region;
  std::string name;
  base::TimePoint created_at{};
  std::optional<std::int64_t> retention_days;
  std::map<std::string, std::string> tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.account);
    field(3, row.region);
    field(4, row.name);
    field(5, row.created_at);
    field(6, row.retention_days);
    field(7, row.tags);
  }
};

// Key: 16 hex digits of the group's id, '/', name. Rewritten with each put, so it holds no events.
struct StreamRow {
  std::uint64_t id = 0;  // never reused
  std::uint64_t group = 0;
  std::string name;
  base::TimePoint created_at{};
  std::uint64_t next_sequence = 1;
  std::optional<std::int64_t> first_event;  // ms; of what is still there
  std::optional<std::int64_t> last_event;   // ms
  std::optional<std::int64_t> last_ingestion;
  std::uint64_t stored_bytes = 0;  // as CloudWatch counts them: message and 26 for each event

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.group);
    field(3, row.name);
    field(4, row.created_at);
    field(5, row.next_sequence);
    field(6, row.first_event);
    field(7, row.last_event);
    field(8, row.last_ingestion);
    field(9, row.stored_bytes);
  }
};

// Key: "group" or "stream", the last id given out.
struct CounterRow {
  std::uint64_t last = 0;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.last);
  }
};

}  // namespace logs
