#pragma once

#include <map>
#include <string>
#include <vector>

#include "iam/policy/pattern.h"

namespace iam::policy {

// A request's keys, as written. For *_test.cpp files.
struct KeysForTest : Keys {
  std::map<std::string, std::vector<std::string>, std::less<>> held;

  KeysForTest() = default;
  KeysForTest(std::initializer_list<std::pair<const std::string, std::vector<std::string>>> init)
      : held(init.begin(), init.end()) {}

  std::optional<std::vector<std::string>> values(std::string_view key) const override {
    const auto found = held.find(key);
    return found == held.end() ? std::nullopt : std::optional(found->second);
  }
};

}  // namespace iam::policy
