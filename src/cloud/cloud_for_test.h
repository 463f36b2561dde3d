#pragma once

// The whole cloud under a virtual clock, with containers that are models. For *_test.cpp files.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "cloud/cloud.h"
#include "runtime/fake/scripted_runtime.h"
#include "store/memory/memory_store.h"

namespace cloud {

class CloudForTest : public ::testing::Test {
 public:
  void SetUp() override { ASSERT_TRUE(cloud_.recover()); }

  template <class Op>
  base::Outcome<typename Op::Output> answer(typename Op::Input input) {
    std::optional<base::Outcome<typename Op::Output>> output;
    cloud_.submit({&Op::operation(), api::Object::of(std::move(input)), call_},
                  {[&](service::Answer answer) {
                     if (answer.result) {
                       output = std::move(answer.result->template as<typename Op::Output>());
                     } else {
                       output = std::unexpected(answer.result.error());
                     }
                   },
                   std::make_shared<bool>(false)});
    return std::move(*output);
  }
  // The output, or a failed test.
  template <class Op>
  typename Op::Output ok(typename Op::Input input) {
    auto output = answer<Op>(std::move(input));
    if (output) return std::move(*output);
    ADD_FAILURE() << Op::operation().name << ": " << output.error().message;
    return {};
  }
  // "Shape: message", or "" when there was no fault.
  template <class Op>
  std::string fault(typename Op::Input input) {
    const auto output = answer<Op>(std::move(input));
    return output ? "" : std::string(output.error().shape->name) + ": " + output.error().message;
  }

  void run(base::Duration span) {
    const base::TimePoint end = clock_.time + span;
    for (;;) {
      while (cloud_.deadline() <= clock_.time) cloud_.tick();
      const auto events = runtime_.run_due();
      for (const auto& event : events) cloud_.on_runtime_event(event);
      const base::TimePoint next = std::min(cloud_.deadline(), runtime_.deadline());
      if (!events.empty() || next <= clock_.time) continue;
      if (next > end) break;
      clock_.time = next;
    }
    clock_.time = end;
  }
  // Runs until `done`, at most for `limit`; how long it took.
  base::Duration run_until(base::Duration limit, const std::function<bool()>& done) {
    const base::TimePoint start = clock_.time;
    while (!done() && clock_.time - start < limit) run(std::chrono::seconds(1));
    return clock_.time - start;
  }

  struct Clock : base::Clock {
    base::TimePoint time = base::from_unix_seconds(1'800'000'000);
    base::TimePoint now() const override { return time; }
  };
  struct NoBlobs : Blobs {
    void release(const std::string&) override {}
    void keep_only(const std::set<std::string>&) override {}
    std::optional<std::string> read(const std::string&, std::uint64_t) override { return std::nullopt; }
  };
  static service::Call first_call() {
    service::Call call;
    call.base_url = "http://localhost:4566";
    return call;
  }

  Clock clock_;
  service::Call call_ = first_call();
  base::SeededRandom random_{7};
  store::MemoryStore store_;
  runtime::Model model_;  // of every container
  runtime::ScriptedRuntime runtime_{clock_, [this](const auto&, const auto&, const std::string&) { return model_; }};
  NoBlobs blobs_;
  Cloud cloud_{{clock_, random_, store_, runtime_, blobs_}, {}};
};

}  // namespace cloud
