#include "ec2/describe.h"

#include <algorithm>

#include "api/ec2/operations.h"

namespace ec2 {

namespace faults = api::ec2::faults;

base::Outcome<void> check_selection(const Selection& selection) {
  if (!selection.max_results) return {};
  if (selection.ids && !selection.ids->empty()) {
    return base::fault(faults::InvalidParameterCombination, "The parameter " + std::string(selection.ids_parameter) +
                                                                " cannot be used with the parameter maxResults");
  }
  const std::string text =
      "Value ( " + std::to_string(*selection.max_results) + " ) for parameter maxResults is invalid. ";
  if (*selection.max_results < kPageMin) {
    return base::fault(faults::InvalidParameterValue, text + "Expecting a value greater than 5.");
  }
  if (*selection.max_results > kPageMax) {
    return base::fault(faults::InvalidParameterValue, text + "Expecting a value less than or equal to 1000.");
  }
  return {};
}

// Hexadecimal only so that nobody takes a token for an id.
std::string make_token(std::string_view last_id) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string token;
  for (const char c : last_id) {
    token += kDigits[static_cast<unsigned char>(c) >> 4];
    token += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return token;
}

base::Outcome<std::string> read_token(std::string_view token) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i + 1 < token.size(); i += 2) {
    const std::size_t high = kDigits.find(token[i]);
    const std::size_t low = kDigits.find(token[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) break;
    id += static_cast<char>(high << 4 | low);
  }
  if (id.size() * 2 != token.size() || id.empty()) {
    return base::fault(faults::InvalidPaginationToken, "The token '" + std::string(token) + "' is invalid");
  }
  return id;
}

}  // namespace ec2
