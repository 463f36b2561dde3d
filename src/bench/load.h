#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/options.h"
#include "bench/signer.h"

namespace bench {

// What a load measured, without its warm-up.
struct Figures {
  double seconds = 0;
  std::uint64_t requests = 0;
  std::uint64_t sent = 0;                       // messages acknowledged
  std::uint64_t received = 0;                   // messages
  std::uint64_t deleted = 0;                    // messages acknowledged as deleted
  std::uint64_t empty = 0;                      // receives that brought nothing
  std::map<std::string, std::uint64_t> errors;  // by code
  // Microseconds by operation, and under "in queue" from the sending of a message to its receipt (end-to-end only).
  // With a rate: from the moment when the request was due, so that a stalled server is not flattered.
  std::map<std::string, Histogram> latency;
  std::optional<double> server_seconds;  // processor time, user and system, where a pid was given
  std::uint64_t unsent = 0;              // with a rate: due by the end and not begun, as it was more than goes
  bool drained = false;                  // ended because nothing more came

  // The messages that the mix is about.
  std::uint64_t messages(Mix mix) const;
};

// Called about once a second with what there is so far.
using Progress = std::function<void(const Figures&)>;

// Runs the load and returns when its time or its number of messages is over, or when `stop` is set. One thread, one
// event loop: the generator shares the machine with the server and must be the cheaper of the two. A connection that
// breaks with a request under way is an error and is made again; when none can be made for a while the load fails.
std::expected<Figures, std::string> run_load(const Options& options, Signer& signer,
                                             const std::vector<std::string>& queue_urls, const std::atomic<bool>& stop,
                                             const Progress& progress);

// Processor time that a process has used so far, in seconds; nothing when there is no such process.
std::optional<double> processor_seconds(int pid);

}  // namespace bench
