#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sim/document.h"

namespace sim {

// Reads the keys of one map. The first thing that is wrong is kept and later calls do nothing, so that a caller reads
// all keys in a row and asks done() at the end. Keys that nobody read are wrong too.
class Fields {
 public:
  Fields(const Document& map, std::string what);

  const Document* find(std::string_view key);  // marks it as read; nullptr also after a complaint
  void span(std::string_view key, base::Duration& into);
  void span(std::string_view key, std::optional<base::Duration>& into);
  void text(std::string_view key, std::string& into);
  void flag(std::string_view key, bool& into);
  void whole(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& into);
  void whole(std::string_view key, std::int64_t low, std::int64_t high, int& into);
  void number(std::string_view key, double low, double high, double& into);
  void size(std::string_view key, std::int64_t high, std::int64_t& into);
  // The index of the word.
  void choice(std::string_view key, std::initializer_list<std::string_view> words, int& into);
  void numbers(std::string_view key, std::vector<double>& into);
  // Runs `parse` on a value that is there; what it complains of is ours.
  template <class F>
  void with(std::string_view key, F parse) {
    const Document* value = find(key);
    if (value == nullptr) return;
    if (auto good = parse(*value); !good) complain(std::move(good).error());
  }
  void complain(Complaint complaint);
  void require(std::string_view key);

  Parsed<void> done();

 private:
  const Document* scalar(std::string_view key, std::string_view expected);
  void wrong(const Document& value, std::string_view key, const std::string& expected);

  const Document& map_;
  std::string what_;
  std::set<std::string, std::less<>> read_;
  std::optional<Complaint> complaint_;
};

}  // namespace sim
