#include "sqs/paging.h"

#include "sqs/faults.h"
#include "wire/text.h"

namespace sqs {
namespace {

constexpr std::int64_t kPageMax = 1000;
constexpr std::string_view kMark = "q1\n";  // a token of ours, and its version

base::Outcome<std::string> read_token(std::string_view scope, const std::string& token) {
  const std::string text = wire::from_base64(token).value_or("");
  const std::size_t end = text.rfind('\n');
  if (!text.starts_with(kMark) || end < kMark.size()) return invalid_value("Invalid NextToken value.");
  if (text.substr(kMark.size(), end - kMark.size()) != scope) {
    return invalid_value(
        "Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.");
  }
  return text.substr(end + 1);
}

}  // namespace

base::Outcome<Page> read_page(const std::optional<std::int64_t>& max_results,
                              const std::optional<std::string>& next_token, std::string_view scope) {
  const std::int64_t max = max_results.value_or(kPageMax);
  if (max < 1 || max > kPageMax) {
    return invalid_value(
        "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.");
  }
  Page page{static_cast<std::size_t>(max), ""};
  if (!next_token || next_token->empty()) return page;
  if (!max_results) {
    return invalid_value("MaxResults is a mandatory parameter when you provide a value for NextToken.");
  }
  TRY(page.after, read_token(scope, *next_token));
  return page;
}

std::string next_token(std::string_view scope, std::string_view last) {
  std::string text(kMark);
  text.append(scope).append("\n").append(last);
  return wire::to_base64(text);
}

}  // namespace sqs
