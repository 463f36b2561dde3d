// What IAM refuses in a policy document when it is stored: its size here, its grammar in policy/parse.cpp.

#include <algorithm>

#include "iam/policy/document.h"
#include "iam/state.h"

namespace iam {

base::Outcome<void> check_policy(const std::string& document, PolicyKind kind, std::size_t bytes_max) {
  const bool trust = kind == PolicyKind::Trust;
  const auto is_space = [](unsigned char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  const auto counted = document.size() - static_cast<std::size_t>(std::ranges::count_if(document, is_space));
  if (counted > bytes_max) {
    return base::fault(faults::LimitExceededException, "Cannot exceed quota for " +
                                                           std::string(trust ? "ACLSizePerRole" : "PolicySize") + ": " +
                                                           std::to_string(bytes_max));
  }
  auto parsed = policy::parse(document, trust ? policy::Form::Trust : policy::Form::Identity);
  if (!parsed) return base::fault(faults::MalformedPolicyDocumentException, std::move(parsed.error()));
  return {};
}

}  // namespace iam
