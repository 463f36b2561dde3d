#pragma once

#include "cloud/access/asked.h"
#include "cloud/access/input.h"
#include "iam/service.h"

namespace cloud::access {

// What conditions and policy variables can ask about a request: the global keys of the IAM guide, those of one asked
// thing, and the tags that the request carries. Made for one question; keys are computed when they are asked for.
class RequestKeys : public iam::policy::Keys {
 public:
  RequestKeys(const iam::Standing& standing, const Inquiry& inquiry, const Asked& asked, base::TimePoint now)
      : standing_(standing), inquiry_(inquiry), input_(inquiry.input), asked_(asked), now_(now) {}

  std::optional<std::vector<std::string>> values(std::string_view key) const override;

 private:
  std::string of_principal(std::string_view key) const;
  std::string of_request(std::string_view key) const;
  std::optional<std::vector<std::string>> of_tags(std::string_view key) const;

  const iam::Standing& standing_;
  const Inquiry& inquiry_;
  Input input_;
  const Asked& asked_;
  base::TimePoint now_;
};

}  // namespace cloud::access
