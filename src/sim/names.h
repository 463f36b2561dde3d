#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/world.h"

namespace sim {

// What workloads and people call things: a queue or a service by its name, by its logical id in a template, or by
// that with the stacks on the way ("ConsumerStack.Service").
class Names {
 public:
  explicit Names(World& world) : world_(world) {}

  // URL of a queue; nothing while there is none of that name.
  std::optional<std::string> queue_url(const std::string& name);
  // Every name that the service with this ARN has, its own first.
  std::vector<std::string> names_of_service(const std::string& arn);
  // ARN of a service; nothing when no service or more than one has this name.
  std::optional<std::string> service_arn(const std::string& name);

  std::vector<std::string> all_services();  // ARNs, sorted
  std::vector<std::string> all_queues();    // URLs, sorted

 private:
  void look();
  void look_into(const std::string& stack, const std::string& prefix);

  World& world_;
  std::map<std::string, std::set<std::string>> logical_;  // physical id, or "queue NAME" -> logical ids
  std::map<std::string, std::string> queues_;             // found before
};

// The last part of "arn:…:service/cluster/name" or of a queue's URL.
std::string last_part(const std::string& arn_or_url);
// "cluster" of a service's ARN.
std::string cluster_of(const std::string& service_arn);

}  // namespace sim
