#pragma once

// Hand-written shapes that have every kind of member, so the codecs can be tested without a service's tables.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/shape.h"
#include "base/random.h"
#include "base/time.h"
#include "base/value.h"

namespace wire::testing {

struct Leaf {
  std::string name;  // required
  std::optional<std::int64_t> count;
  std::optional<base::TimePoint> at;
  std::optional<std::vector<Leaf>> leaves;  // recursive

  bool operator==(const Leaf&) const = default;
  static const api::Type& type();
};

struct Everything {
  std::string text;                  // required, 1 to 8 characters of a-z
  std::vector<std::string> labels;   // required; each at most 4 characters
  std::optional<std::string> color;  // RED or BLUE
  std::optional<bool> flag;
  std::optional<std::int64_t> number;  // 1 to 10
  std::optional<double> real;
  std::optional<std::string> bytes;  // blob
  std::optional<base::TimePoint> at;
  std::optional<base::TimePoint> http_at;  // http-date by its trait
  std::optional<std::vector<Leaf>> leaves;
  std::optional<std::vector<std::string>> flat_labels;  // flattened; elements named FlatLabel
  std::optional<std::map<std::string, std::string>> tags;
  std::optional<std::map<std::string, Leaf>> flat_leaves;  // flattened; Name and Value
  std::optional<Leaf> leaf;

  bool operator==(const Everything&) const = default;
  static const api::Type& type();
};

// JSON and CBOR only.
struct WithDocument {
  std::optional<base::Value> document;

  bool operator==(const WithDocument&) const = default;
  static const api::Type& type();
};

// S3-like: every place a REST member can travel in.
struct Restful {
  std::string bucket;                                          // label
  std::string key;                                             // greedy label
  std::optional<std::int64_t> part;                            // query parameter partNumber
  std::optional<std::string> marker;                           // query parameter
  std::optional<base::TimePoint> since;                        // header if-modified-since
  std::optional<std::map<std::string, std::string>> metadata;  // headers x-amz-meta-*
  std::optional<Leaf> payload;

  bool operator==(const Restful&) const = default;
  static const api::Type& type();
};

// Members in the body beside a header and a status code.
struct Listing {
  std::optional<std::string> region;  // header x-region
  std::optional<std::int64_t> status;
  std::optional<std::vector<Leaf>> leaves;  // flattened

  bool operator==(const Listing&) const = default;
  static const api::Type& type();
};

// Speaks every protocol; operations DoEverything, DoNothing, PutRestful, ListRestful.
const api::Service& service();
const api::Operation& operation(std::string_view name);

// A random value of any type; constraints are not kept. No container or structure is empty: queries and XML cannot tell
// an empty one from an absent one.
void fill(const api::Type& type, void* value, base::Random& random, int depth = 0);

}  // namespace wire::testing
