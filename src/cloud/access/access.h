#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/fault.h"
#include "base/time.h"
#include "cloud/access/asked.h"
#include "cloud/access/endpoints.h"
#include "iam/service.h"

namespace sqs {
class SqsService;
}

namespace cloud {

// A request that was refused because no policy allowed it, or one denied it.
struct Denial {
  base::TimePoint at{};
  std::string principal;  // ARN of the session
  std::string action;
  std::string resource;
  std::string reason;  // "because no identity-based policy allows …"
  std::string service;
  std::string operation;
  std::string source;  // address, and the VPC endpoint if there was one
  std::string request_id;
};
inline constexpr std::size_t kDenialsKept = 100;

// Asks the policies whether a request may go on, before any handler sees it. Parsed policies are kept; a request of a
// session costs a few lookups and comparisons of text.
class Access {
 public:
  // The services must outlive this. `on_denial` may be empty.
  Access(iam::IamService& iam, const sqs::SqsService& sqs, const ec2::Ec2Service& ec2,
         std::function<void(const Denial&)> on_denial);

  // Nothing when the request may go on. Who signs with the account's own keys passes, but for an endpoint's policy.
  std::optional<base::Fault> refusal(const access::Inquiry& inquiry, service::Context& ctx);

  const access::Endpoints& endpoints() const { return endpoints_; }

  // The last ones, oldest first.
  const std::deque<Denial>& denials() const { return denials_; }

 private:
  struct Parsed {
    std::string text;
    iam::policy::Document document;
  };
  const iam::policy::Document* parsed(const std::string& owner, const std::string& text);
  const iam::policy::Document* resource_policy(const access::Asked& asked, service::Context& ctx);
  const iam::policy::Document* endpoint_policy(const std::string& id);
  std::vector<access::Asked> asked_of(const access::Inquiry& inquiry, service::Context& ctx) const;
  base::Fault deny(const access::Inquiry& inquiry, const access::Asked& asked, const iam::policy::Decision& decision,
                   const service::Context& ctx);

  iam::IamService& iam_;
  const sqs::SqsService& sqs_;
  access::Endpoints endpoints_;
  std::function<void(const Denial&)> on_denial_;
  std::map<std::string, Parsed> parsed_;  // by what the policy belongs to
  std::deque<Denial> denials_;
};

}  // namespace cloud
