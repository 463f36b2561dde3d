#include "bench/options.h"

#include <array>
#include <utility>

namespace bench {
namespace {

constexpr std::array<std::pair<Mix, std::string_view>, 6> kNames{{{Mix::Send, "send"},
                                                                  {Mix::Receive, "receive"},
                                                                  {Mix::Drain, "drain"},
                                                                  {Mix::EndToEnd, "end-to-end"},
                                                                  {Mix::Cycle, "cycle"},
                                                                  {Mix::Poll, "poll"}}};

}  // namespace

std::optional<Mix> parse_mix(std::string_view name) {
  for (const auto& [mix, text] : kNames) {
    if (text == name) return mix;
  }
  return std::nullopt;
}

std::string_view name_of(Mix mix) {
  for (const auto& [known, text] : kNames) {
    if (known == mix) return text;
  }
  return "";
}

std::string complaint(const Options& options) {
  if (options.batch < 1 || options.batch > kBatchMax) return "--batch is 1 to 10 messages";
  if (options.message_size < 1 || options.message_size * options.batch > kMessageSizeMax) {
    return "--message-size times --batch is at most 1048576 bytes, SQS's limit of a request";
  }
  if (options.connections < 1 || options.connections > kConnectionsMax) return "--connections is 1 to 20000";
  if (options.queues < 1 || options.queues > kQueuesMax) return "--queues is 1 to 10000";
  if (options.mix == Mix::EndToEnd && options.connections < 2) return "end-to-end needs at least 2 connections";
  if (options.rate < 0 || options.duration.count() <= 0) return "--rate and --duration are positive";
  if (options.rate > 0 && (options.mix == Mix::Drain || options.mix == Mix::Poll)) {
    return "--rate is for send, receive, cycle and end-to-end";
  }
  if (options.messages > 0 && options.mix == Mix::Poll) return "poll ends by --duration: it moves no messages";
  return "";
}

}  // namespace bench
