#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/options.h"

namespace bench {

// The JSON bodies of the load's requests.
class Bodies {
 public:
  explicit Bodies(const Options& options);

  // One message, or a batch. `micros`: stamped into the bodies; 0: not stamped. `serial` makes FIFO's deduplication
  // ids and picks its groups.
  std::string send(std::string_view queue_url, std::uint64_t micros, std::uint64_t serial) const;
  std::string receive(std::string_view queue_url, int wait_seconds) const;
  // Receipts as they stood in the answer.
  std::string erase(std::string_view queue_url, std::span<const std::string> receipts) const;

  std::string_view send_operation() const { return batched_ ? "SendMessageBatch" : "SendMessage"; }
  std::string_view erase_operation() const { return batched_ ? "DeleteMessageBatch" : "DeleteMessage"; }

 private:
  void append_message(std::string& out, std::uint64_t micros, std::uint64_t serial) const;

  const std::size_t batch_;
  const bool batched_;
  const std::size_t fifo_groups_;
  std::string text_;       // of a body, as long as wanted
  std::string id_prefix_;  // makes deduplication ids of this run distinct from another's
};

}  // namespace bench
