#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace ecr {

struct ExclusionFilter {
  std::string type;  // WILDCARD
  std::string filter;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.type);
    field(2, row.filter);
  }
};

struct RepositoryRow {
  std::string name;
  base::TimePoint created_at{};
  std::string mutability;
  std::vector<ExclusionFilter> exclusions;
  bool scan_on_push = false;
  std::string encryption_type;
  std::string kms_key;
  std::map<std::string, std::string> tags;
  std::string policy;            // "": none
  std::string lifecycle_policy;  // "": none

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.created_at);
    field(3, row.mutability);
    field(4, row.exclusions);
    field(5, row.scan_on_push);
    field(6, row.encryption_type);
    field(7, row.kms_key);
    field(8, row.tags);
    field(9, row.policy);
    field(10, row.lifecycle_policy);
  }
};

struct ImageRow {
  std::string digest;
  std::string manifest;  // the exact bytes
  std::string media_type;
  std::string artifact_media_type;  // of the configuration, or what artifactType says
  base::TimePoint pushed_at{};
  std::int64_t size = 0;              // compressed layers and configuration
  std::vector<std::string> tags;      // sorted
  std::vector<std::string> children;  // digests, of an index
  std::string subject;

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.digest);
    field(2, row.manifest);
    field(3, row.media_type);
    field(4, row.artifact_media_type);
    field(5, row.pushed_at);
    field(6, row.size);
    field(7, row.tags);
    field(8, row.children);
    field(9, row.subject);
  }
};

// A blob that a repository may use.
struct LayerRow {
  std::string digest;
  std::int64_t size = 0;
  std::string media_type;
  std::optional<base::TimePoint> check_at;  // it goes then, unless an image needs it

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.digest);
    field(2, row.size);
    field(3, row.media_type);
    field(4, row.check_at);
  }
};

// A blob that no image or layer names any more, and when its file goes unless one does again. Key: digest.
struct RetiredRow {
  base::TimePoint release_at{};

  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.release_at);
  }
};

}  // namespace ecr
