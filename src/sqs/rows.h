#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace sqs {

inline constexpr std::int64_t kMessageSizeMax = 1'048'576;  // bytes, also of a whole batch (since August 2025)

// Which queues may name this one as their dead-letter queue.
enum class RedrivePermission : std::uint8_t { AllowAll, DenyAll, ByQueue };

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
  bool fifo = false;
  bool content_dedup = false;
  bool dedup_per_group = false;       // DeduplicationScope: messageGroup
  bool throughput_per_group = false;  // FifoThroughputLimit: perMessageGroupId
  std::string redrive_policy;         // as it was set; the next two are what it says
  std::string dead_letter_arn;
  std::int64_t max_receive_count = 0;
  std::string redrive_allow_policy;  // the same
  RedrivePermission redrive_permission = RedrivePermission::AllowAll;
  std::vector<std::string> redrive_sources;  // ARNs

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
    field(18, row.fifo);
    field(19, row.content_dedup);
    field(20, row.dedup_per_group);
    field(21, row.throughput_per_group);
    field(22, row.redrive_policy);
    field(23, row.dead_letter_arn);
    field(24, row.max_receive_count);
    field(25, row.redrive_allow_policy);
    field(26, row.redrive_permission);
    field(27, row.redrive_sources);
  }
};

// A name that rests after DeleteQueue. Key as above.
struct DeletedRow {
  base::TimePoint deleted_at{};
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.deleted_at);
  }
};

// The last number given out. Keys: "queue", an engine id; "move", a task.
struct CounterRow {
  std::uint64_t last = 0;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.last);
  }
};

// A user attribute of a message.
struct StoredAttribute {
  std::string type;  // with its custom label
  std::string value;
  bool binary = false;
};

// A queue that is gone, for as long as messages that came from it may be in dead-letter queues. Key: padded(id).
struct FormerRow {
  std::string arn;
  base::TimePoint deleted_at{};
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.arn);
    field(2, row.deleted_at);
  }
};

enum class MoveStatus : std::uint8_t { Running, Completed, Cancelling, Cancelled, Failed };

// A message move task. Key: padded(source) + "/" + padded(number), so that a source's tasks are in the order of their
// start.
struct MoveRow {
  std::string task_id;
  std::uint64_t source = 0;  // engine id
  std::string source_arn;
  std::string destination_arn;  // "": each message goes to where it came from
  std::int64_t rate = 0;        // messages a second; 0: as fast as it goes
  MoveStatus status = MoveStatus::Running;
  std::string failure;
  std::int64_t to_move = 0;  // at the start
  std::int64_t moved = 0;
  base::TimePoint started_at{};
  base::TimePoint next_at{};  // while it is active
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.task_id);
    field(2, row.source);
    field(3, row.source_arn);
    field(4, row.destination_arn);
    field(5, row.rate);
    field(6, row.status);
    field(7, row.failure);
    field(8, row.to_move);
    field(9, row.moved);
    field(10, row.started_at);
    field(11, row.next_at);
  }
};

}  // namespace sqs
