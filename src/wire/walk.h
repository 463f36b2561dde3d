#pragma once

// What the codecs share when they walk a value along its api::Type table.

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "api/shape.h"

namespace wire {

// Deepest nesting of lists, maps and structures that any codec follows; AWS shapes stay far below.
inline constexpr int kDepthMax = 100;
inline constexpr std::size_t kMembersMax = 512;

// Where a walk is, kept on the stack and turned into text only for an error.
struct Path {
  enum class Step : std::uint8_t { Root, Member, Element, Entry };

  const Path* parent = nullptr;
  Step step = Step::Root;
  std::string_view name{};  // member name or map key
  std::size_t index = 0;    // list element, from 0

  Path member(std::string_view of) const { return {this, Step::Member, of, 0}; }
  Path element(std::size_t at) const { return {this, Step::Element, {}, at}; }
  Path entry(std::string_view key) const { return {this, Step::Entry, key, 0}; }

  // As AWS's validation errors name it: "tags.1.member.key".
  std::string to_text() const;
};

// Required members that a request did not have, by their path. The holder decides whether that is an error.
using Missing = std::vector<std::string>;

// Which members of one structure a decoder has met.
class Seen {
 public:
  explicit Seen(const api::Type& type) : type_(type) {}
  void mark(const api::Member& member) { met_.set(static_cast<std::size_t>(&member - type_.members.data())); }
  // Adds the required members that were not met.
  void report(const Path& path, Missing* missing) const;

 private:
  const api::Type& type_;
  std::bitset<kMembersMax> met_;
};

// Looks members up by name; starts behind the last hit, because senders mostly keep the model's order.
class MemberFinder {
 public:
  explicit MemberFinder(const api::Type& type) : members_(type.members) {}
  const api::Member* find(std::string_view name);

 private:
  std::span<const api::Member> members_;
  std::size_t next_ = 0;
};

// The format a timestamp travels in: the member's own, else its type's, else `otherwise`.
api::TimestampFormat timestamp_format(const api::Member& member, api::TimestampFormat otherwise);
// The same for a list element or map value.
api::TimestampFormat timestamp_format(const api::Type& type, api::TimestampFormat otherwise);

// A scalar from and to text, as queries, headers, labels and XML have it: decimal numbers, true/false, base64 blobs.
bool scalar_from_text(const api::Type& type, std::string_view text, void* out);
std::string scalar_to_text(const api::Type& type, api::TimestampFormat format, const void* value);
bool is_scalar(const api::Type& type);

// The name that a member has in queries and XML: for a flattened list the element's own name, if it has one.
std::string_view xml_key(const api::Member& member);

}  // namespace wire
