#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A YAML file as a tree that remembers lines, so that every complaint can say where.
namespace sim {

// "workload.yaml:12: every: expected a duration such as 60s". `line` 0: of the file as a whole.
struct Complaint {
  std::size_t line = 0;
  std::string text;

  std::string in(const std::string& file) const {
    return file + (line == 0 ? "" : ":" + std::to_string(line)) + ": " + text;
  }
};

template <class T>
using Parsed = std::expected<T, Complaint>;

class Document {
 public:
  enum class Kind { Null, Scalar, List, Map };
  using Member = std::pair<std::string, Document>;

  // One document. Repeated keys are errors, tags are ignored, aliases are followed; at most 64 levels and 100,000
  // nodes.
  static Parsed<Document> parse(const std::string& text);
  static Document scalar(std::string text, std::size_t line = 0);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::Null; }
  bool is_map() const { return kind_ == Kind::Map; }
  bool is_list() const { return kind_ == Kind::List; }
  bool is_scalar() const { return kind_ == Kind::Scalar; }
  std::size_t line() const { return line_; }

  const std::string& text() const { return text_; }                // of a scalar
  const std::vector<Member>& members() const { return members_; }  // of a map, as written
  const std::vector<Document>& items() const { return items_; }    // of a list

  const Document* find(std::string_view key) const;
  // Line of the first scalar or key that is exactly this text; 0: there is none.
  std::size_t line_of(std::string_view text) const;
  // Puts a scalar at "services.worker.consume.time" or "arrivals.0.rate", making maps on the way; false where the way
  // leads through a scalar or past a list's end. The longest key that fits wins, so keys may hold dots.
  bool set(std::string_view path, const Document& value);

  std::unexpected<Complaint> refuse(std::string text) const {
    return std::unexpected(Complaint{line_, std::move(text)});
  }

 private:
  friend class DocumentReader;

  Kind kind_ = Kind::Null;
  std::size_t line_ = 0;
  std::string text_;
  std::vector<Member> members_;
  std::vector<Document> items_;
};

}  // namespace sim
