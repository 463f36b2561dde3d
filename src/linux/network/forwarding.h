#pragma once

#include <string>
#include <vector>

#include "linux/fd.h"
#include "linux/process.h"

namespace linux_runtime {

// Whether this machine routes IPv4 (net.ipv4.ip_forward), which links to the outside need. What it was before is noted
// in a file that a reboot takes away, as it does the option: so whichever server takes the last link away, also after a
// crash, puts it back.
class Forwarding {
 public:
  // Servers of one machine share the option and the note: nobody else looks or changes anything while this lives.
  static Result<Forwarding> open(const std::string& note = kNote);
  // Whether there is anything to put back. May be old when it is told.
  static bool is_noted(const std::string& note = kNote);

  // `links` are those of the machine. True if it did not route before.
  Result<bool> turn_on(const std::vector<std::string>& links);
  // To what it was, if turn_on() changed it, and if no server has a link any more. Says what keeps it from that: a link
  // that came meanwhile may be of somebody who found the option on. "" when there is nothing to say.
  Result<std::string> put_back(const std::vector<std::string>& links);

 private:
  static constexpr const char* kNote = "/run/renkei/forwarding";

  Forwarding(Fd note, std::string path) : note_(std::move(note)), path_(std::move(path)) {}

  Fd note_;  // locked
  std::string path_;
};

// Names of the machine's ends of links to networks begin so.
inline constexpr const char* kUplinkPrefix = "rk";

}  // namespace linux_runtime
