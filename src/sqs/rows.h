#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/time.h"
#include "queue/message.h"

namespace sqs {

inline constexpr std::int64_t kMessageSizeMax = 1'048'576;  // bytes, also of a whole batch (since August 2025)

// Key: service::key(account, region, name).
struct QueueRow {
  std::uint64_t id = 0;  // of the queue engine; a new one each time the name is created
  std::string account;
  std::string region;
  std::string name;
  base::TimePoint created_at{};
  base::TimePoint modified_at{};
  std::int64_t delay_seconds = 0;
  std::int64_t maximum_message_size = kMessageSizeMax;
  std::int64_t retention_seconds = 345'600;
  std::int64_t wait_seconds = 0;
  std::int64_t visibility_seconds = 30;
  std::string policy;
  std::string kms_key_id;
  std::int64_t kms_reuse_seconds = 300;
  bool managed_sse = true;
  std::map<std::string, std::string> tags;
  base::TimePoint purged_at = base::TimePoint::min();

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.account);
    field(3, row.region);
    field(4, row.name);
    field(5, row.created_at);
    field(6, row.modified_at);
    field(7, row.delay_seconds);
    field(8, row.maximum_message_size);
    field(9, row.retention_seconds);
    field(10, row.wait_seconds);
    field(11, row.visibility_seconds);
    field(12, row.policy);
    field(13, row.kms_key_id);
    field(14, row.kms_reuse_seconds);
    field(15, row.managed_sse);
    field(16, row.tags);
    field(17, row.purged_at);
  }
};

inline queue::Traits traits(const QueueRow& row) {
  queue::Traits traits;
  traits.retention = std::chrono::seconds(row.retention_seconds);
  return traits;
}

// A name that rests after DeleteQueue. Key as above.
struct DeletedRow {
  base::TimePoint deleted_at{};
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.deleted_at);
  }
};

// Key: "queue", the last id given out.
struct CounterRow {
  std::uint64_t last = 0;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.last);
  }
};

struct StoredAttribute {
  std::string type;  // with its custom label
  std::string value;
  bool binary = false;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.type);
    field(2, row.value);
    field(3, row.binary);
  }
};

// The payload of a message in the engine: written once, read with each delivery.
struct MessageRow {
  std::string id;
  std::string body;
  std::string body_md5;
  std::string sender_id;
  std::map<std::string, StoredAttribute> attributes;
  std::string trace_header;
  std::string group_id;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.body);
    field(3, row.body_md5);
    field(4, row.sender_id);
    field(5, row.attributes);
    field(6, row.trace_header);
    field(7, row.group_id);
  }
};

}  // namespace sqs
