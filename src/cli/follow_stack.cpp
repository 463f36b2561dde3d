#include "cli/follow_stack.h"

#include <algorithm>
#include <iostream>
#include <thread>

#include "api/cloudformation/operations.h"

namespace cli {
namespace {

namespace cfn = api::cloudformation;

constexpr auto kPause = std::chrono::milliseconds(250);

Colour colour_of(std::string_view status) {
  if (status.find("FAILED") != std::string_view::npos || status.find("ROLLBACK") != std::string_view::npos) {
    return Colour::Red;
  }
  return status.ends_with("COMPLETE") ? Colour::Green : Colour::Yellow;
}

bool is_stack_itself(const cfn::StackEvent& event) {
  return event.physical_resource_id.value_or("") == event.stack_id;
}

// A sibling that was stopped, or the stack that reports its resource's failure: not where it began.
bool is_consequence(const cfn::StackEvent& event) {
  const std::string reason = event.resource_status_reason.value_or("");
  return is_stack_itself(event) || reason.ends_with("cancelled") || reason.starts_with("Embedded stack");
}

}  // namespace

std::expected<void, client::Error> StackFollower::skip_present() {
  return print_new(/*show=*/false);
}

void StackFollower::print(const cfn::StackEvent& event) const {
  const std::string status = event.resource_status.value_or("");
  std::string line = clock_time(event.timestamp) + "  " + coloured(status, colour_of(status));
  line.append(status.size() < 34 ? 34 - status.size() : 1, ' ');
  line += event.stack_name + "/" + event.logical_resource_id.value_or("") + "  " + event.resource_type.value_or("");
  if (const auto& reason = event.resource_status_reason; reason && status.find("FAILED") != std::string::npos) {
    line += "\n          " + *reason;
  }
  std::cout << line << std::endl;
}

void StackFollower::note_cause(const cfn::StackEvent& event) {
  const std::string status = event.resource_status.value_or("");
  if (!first_cause_.empty() || !status.ends_with("_FAILED") || is_consequence(event)) return;
  first_cause_ = event.logical_resource_id.value_or("") + " (" + event.resource_type.value_or("") +
                 "): " + event.resource_status_reason.value_or("no reason given");
}

std::expected<void, client::Error> StackFollower::print_new(bool show) {
  std::vector<cfn::StackEvent> fresh;
  for (std::size_t i = 0; i < stacks_.size(); ++i) {  // grows while we walk: nested stacks
    std::optional<std::string> token;
    do {
      TRY(auto page, client_.call<cfn::DescribeStackEvents>({.next_token = token, .stack_name = stacks_[i]}));
      bool old = false;
      for (auto& event : page.stack_events.value_or(std::vector<cfn::StackEvent>{})) {
        if (!seen_.insert(event.event_id).second) {
          old = true;  // newest first: the rest was there before
          break;
        }
        const std::string nested = event.physical_resource_id.value_or("");
        if (event.resource_type == "AWS::CloudFormation::Stack" && nested.starts_with("arn:") &&
            std::ranges::find(stacks_, nested) == stacks_.end()) {
          stacks_.push_back(nested);
        }
        fresh.push_back(std::move(event));
      }
      token = old ? std::nullopt : page.next_token;
    } while (token);
  }
  std::ranges::reverse(fresh);  // they come newest first, and some in the same moment
  std::ranges::stable_sort(fresh, {}, [](const auto& event) { return event.timestamp; });
  for (const auto& event : fresh) {
    if (!show) continue;
    note_cause(event);
    print(event);
  }
  return {};
}

std::expected<std::string, client::Error> StackFollower::follow() {
  for (;;) {
    auto described = client_.call<cfn::DescribeStacks>({.stack_name = root_});
    if (!described) {
      if (described.error().code == "ValidationError") return "DELETE_COMPLETE";
      return std::unexpected(std::move(described).error());
    }
    const std::string status = described->stacks->front().stack_status;
    CHECK(print_new(/*show=*/true));
    if (!status.ends_with("IN_PROGRESS")) return status;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace cli
