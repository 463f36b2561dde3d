#include "bench/options.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(Options, EveryMixHasItsName) {
  for (const Mix mix : {Mix::Send, Mix::Receive, Mix::Drain, Mix::EndToEnd, Mix::Cycle, Mix::Poll}) {
    EXPECT_EQ(parse_mix(name_of(mix)), mix);
  }
  EXPECT_FALSE(parse_mix("sned"));
}

TEST(Options, WhatFitsTogetherIsNoComplaint) {
  EXPECT_EQ(complaint({}), "");
  EXPECT_EQ(complaint({.message_size = 104'857, .batch = 10}), "");
  EXPECT_EQ(complaint({.mix = Mix::Cycle, .rate = 100}), "");
}

void expect_refused(const Options& options, const std::string& part) {
  EXPECT_NE(complaint(options).find(part), std::string::npos) << part << ": " << complaint(options);
}

TEST(Options, WhatDoesNotIsNamed) {
  expect_refused({.batch = 11}, "--batch");
  expect_refused({.batch = 0}, "--batch");
  expect_refused({.message_size = 200'000, .batch = 10}, "--message-size");
  expect_refused({.connections = 0}, "--connections");
  expect_refused({.queues = 0}, "--queues");
  expect_refused({.mix = Mix::EndToEnd, .connections = 1}, "end-to-end");
  expect_refused({.mix = Mix::Drain, .rate = 5}, "--rate");
  expect_refused({.mix = Mix::Poll, .rate = 5}, "--rate");
  expect_refused({.mix = Mix::Poll, .messages = 5}, "--duration");
  expect_refused({.duration = Seconds(0)}, "--duration");
}

}  // namespace
}  // namespace bench
