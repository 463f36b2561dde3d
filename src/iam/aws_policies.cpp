// AWS's managed policies that queue-driven Fargate systems name: the data is in aws_policies.inc, each policy with the
// statements of its current version. One that is not there does not exist for renkei, and attaching it says so.

#include <algorithm>

#include "base/ensure.h"
#include "iam/state.h"
#include "wire/json.h"
#include "wire/text.h"

namespace iam {
namespace {

constexpr std::string_view kPolicies =
#include "iam/aws_policies.inc"
    ;

// Where the day of a version is not recorded: when managed policies came.
constexpr const char* kFirstDay = "2015-02-06T18:40:00Z";

// Stable ids without a random source: AWS's are fixed too.
std::string fixed_id(const std::string& arn) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::uint64_t hash = 1469598103934665603u;  // FNV-1a
  std::string id = "ANPA";
  for (int round = 0; round < 17; ++round) {
    for (const char c : arn) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    id += kAlphabet[(hash >> 40) % kAlphabet.size()];
  }
  return id;
}

PolicyRow make(const base::Value& one) {
  const base::Value* date = one.find("Date");
  PolicyRow row;
  row.name = one.find("Name")->as_string();
  row.path = one.find("Path")->as_string();
  row.arn = "arn:aws:iam::aws:policy" + row.path + row.name;
  row.id = fixed_id(row.arn);
  row.created_at = row.updated_at = *wire::parse_date_time(date == nullptr ? kFirstDay : date->as_string());
  row.default_version = row.last_version = one.find("Version")->as_integer();
  const base::Value document = base::Value::Object{{"Version", "2012-10-17"}, {"Statement", *one.find("Statement")}};
  row.versions.push_back({row.default_version, wire::write_json(document), row.created_at});
  return row;
}

}  // namespace

std::span<const PolicyRow> aws_policies() {
  static const std::vector<PolicyRow> rows = [] {
    const auto parsed = wire::parse_json(kPolicies);
    ENSURE(parsed && parsed->is_array());
    std::vector<PolicyRow> made;
    for (const base::Value& one : parsed->as_array()) made.push_back(make(one));
    std::ranges::sort(made, {}, &PolicyRow::arn);
    return made;
  }();
  return rows;
}

}  // namespace iam
