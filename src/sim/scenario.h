#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/document.h"
#include "sim/workload.h"

namespace sim {

// One template that becomes a stack.
struct StackTemplate {
  std::string stack;
  std::string file;  // as people know it
  std::string text;
};

struct NestedTemplate {
  std::string file;
  std::string text;
};

// Where nested templates are found: kTemplateBase(region) + their key in Scenario::nested.
std::string template_url(const std::string& region, const std::string& key);

// All that decides a run: the same scenario gives the same result, byte for byte.
struct Scenario {
  std::vector<StackTemplate> stacks;  // deployed one after another
  std::map<std::string, NestedTemplate> nested;
  std::map<std::string, std::string> parameters;
  std::string workload_file;
  Document workload_document;
  ReadFile read;  // files that the workload names
  base::Duration span = std::chrono::hours(24);
  std::uint64_t seed = 1;
  std::string region = "us-east-1";
  std::string account = "000000000000";
  base::Duration sample_every{};  // zero: so that there are some 1,500 samples, each a minute at least
};

// Why a run can't be, with its place: "consumer.yaml:158: …".
struct Failure {
  std::string text;
};

}  // namespace sim
