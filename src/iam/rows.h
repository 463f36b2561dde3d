#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"

namespace iam {

struct RoleRow {
  std::string name;
  std::string path;
  std::string id;  // AROA…
  std::string arn;
  std::string trust;  // the assume role policy, as it was given
  std::string description;
  std::int64_t max_session_seconds = 3600;
  std::string boundary;  // ARN, or ""
  base::TimePoint created_at{};
  std::map<std::string, std::string> inline_policies;  // name to document
  std::set<std::string> attached;                      // policy ARNs
  std::map<std::string, std::string> tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.path);
    field(3, row.id);
    field(4, row.arn);
    field(5, row.trust);
    field(6, row.description);
    field(7, row.max_session_seconds);
    field(8, row.boundary);
    field(9, row.created_at);
    field(10, row.inline_policies);
    field(11, row.attached);
    field(12, row.tags);
  }
};

struct VersionRow {
  std::int64_t number = 1;
  std::string document;
  base::TimePoint created_at{};

  std::string id() const { return "v" + std::to_string(number); }
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.number);
    field(2, row.document);
    field(3, row.created_at);
  }
};

// A managed policy: a customer's, kept in a table, or one of AWS's, which are part of the program.
struct PolicyRow {
  std::string name;
  std::string path;
  std::string id;  // ANPA…
  std::string arn;
  std::string description;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
  std::vector<VersionRow> versions;  // oldest first
  std::int64_t default_version = 1;
  std::int64_t last_version = 1;  // numbers are never reused
  std::map<std::string, std::string> tags;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.path);
    field(3, row.id);
    field(4, row.arn);
    field(5, row.description);
    field(6, row.created_at);
    field(7, row.updated_at);
    field(8, row.versions);
    field(9, row.default_version);
    field(10, row.last_version);
    field(11, row.tags);
  }
};

// Credentials of AssumeRole.
struct SessionRow {
  std::string secret_access_key;
  std::string token;
  std::string principal_arn;
  base::TimePoint expires_at{};
  std::vector<std::string> policies;  // documents that limit the session; none: the role's own are all
  bool of_task = false;               // see service::Session

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.secret_access_key);
    field(2, row.token);
    field(3, row.principal_arn);
    field(4, row.expires_at);
    field(5, row.policies);
    field(6, row.of_task);
  }
};

}  // namespace iam
