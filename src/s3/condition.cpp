#include "s3/condition.h"

#include "api/s3/operations.h"
#include "s3/check.h"

namespace s3 {

namespace faults = api::s3::faults;

namespace {

std::unexpected<base::Fault> failed() {
  return base::fault(faults::PreconditionFailed, "At least one of the pre-conditions you specified did not hold");
}

// "*", or a list of entity tags, with or without quotes.
bool names(std::string_view list, const ObjectRow& object) {
  while (true) {
    const std::size_t comma = list.find(',');
    std::string_view tag = list.substr(0, comma);
    while (tag.starts_with(' ')) tag.remove_prefix(1);
    while (tag.ends_with(' ')) tag.remove_suffix(1);
    if (tag == "*" || unquoted(tag) == object.etag) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
}

// Header dates have whole seconds.
bool modified_after(const ObjectRow& object, base::TimePoint at) {
  return base::unix_seconds(object.modified_at) > base::unix_seconds(at);
}

enum class Verdict : std::uint8_t { Go, NotModified, Failed };

Verdict judge(const Conditions& conditions, const ObjectRow& object) {
  if (conditions.if_match) {
    if (!names(*conditions.if_match, object)) return Verdict::Failed;
  } else if (conditions.if_unmodified_since && modified_after(object, *conditions.if_unmodified_since)) {
    return Verdict::Failed;
  }
  if (conditions.if_none_match) {
    if (names(*conditions.if_none_match, object)) return Verdict::NotModified;
  } else if (conditions.if_modified_since && !modified_after(object, *conditions.if_modified_since)) {
    return Verdict::NotModified;
  }
  return Verdict::Go;
}

}  // namespace

base::Outcome<void> check_read(const Conditions& conditions, const ObjectRow& object) {
  switch (judge(conditions, object)) {
    case Verdict::Failed:
      return failed();
    case Verdict::NotModified:
      return base::fault(faults::NotModified, "Not Modified");
    case Verdict::Go:
      break;
  }
  return {};
}

base::Outcome<void> check_copy_source(const Conditions& conditions, const ObjectRow& object) {
  if (judge(conditions, object) == Verdict::Go) return {};
  return failed();
}

base::Outcome<void> check_write(const std::optional<std::string>& if_match,
                                const std::optional<std::string>& if_none_match, const ObjectRow* existing) {
  if (if_none_match) {
    if (*if_none_match != "*") {
      return base::fault(faults::NotImplemented,
                         "A header you provided implies functionality that is not implemented: If-None-Match");
    }
    if (existing != nullptr) return failed();
  }
  if (!if_match) return {};
  if (existing == nullptr) return base::fault(faults::NoSuchKey, "The specified key does not exist.");
  if (!names(*if_match, *existing)) return failed();
  return {};
}

}  // namespace s3
