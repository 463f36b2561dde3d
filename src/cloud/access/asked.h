#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/shape.h"
#include "service/context.h"

namespace cloud::access {

// One thing that a request needs leave for.
struct Asked {
  std::string action;    // "sqs:SendMessage"
  std::string resource;  // an ARN, or "*"
  std::string shown;     // how the service names the resource when it refuses; "" leaves it out
  std::vector<std::pair<std::string, std::string>> keys{};  // condition keys of this one, in lower case
};

// A request, as the policies look at it: also one that nobody has sent, such as what the launch of a task needs.
struct Inquiry {
  const api::Operation& operation;
  const api::Object& input;
  const service::Call& call;        // principal_arn and access_key_id say who asks
  const std::string& vpc;           // "vpc-…" that it comes from, "" from outside
  const std::string& vpc_endpoint;  // "vpce-…" that it comes through, or ""
};

// Where the ARNs of roles come from: they have a path, which requests don't name.
class RoleNames {
 public:
  virtual ~RoleNames() = default;
  virtual std::string arn_of(const std::string& name) const = 0;
};

// All that a request needs leave for, after the "Service Authorization Reference": one action and resource mostly,
// none for what everybody may do.
std::vector<Asked> asked_of(const Inquiry& inquiry, const RoleNames& roles);

// Handing a role, by name or ARN, on to a service.
Asked passing(const std::string& role, std::string_view service, const RoleNames& roles);

// How the service writes the action when it refuses: SQS in lower case.
std::string shown_action(std::string_view service, std::string_view action);

}  // namespace cloud::access
