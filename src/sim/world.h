#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/random.h"
#include "base/time.h"
#include "cloud/cloud.h"
#include "sim/agenda.h"
#include "store/memory/memory_store.h"

namespace sim {

// A whole cloud under a virtual clock. Time stands still while anything is due and then jumps to whatever comes next,
// so a day without work costs nothing. One seed gives one run, byte for byte.
class World : public base::Clock {
 public:
  struct Settings {
    std::string account = "000000000000";
    std::string region = "us-east-1";
    std::uint64_t seed = 1;
    base::TimePoint start{};
    base::Duration metric_delay{};
  };

  // `runtime` must outlive the world; what it tells goes through tell().
  World(const Settings& settings, runtime::Runtime& runtime);

  base::TimePoint now() const override { return now_; }
  Agenda& agenda() { return agenda_; }
  const std::string& region() const { return call_.region; }
  void after(base::Duration delay, Agenda::Action action) { agenda_.at(now_ + delay, std::move(action)); }
  void tell(runtime::Event event) { told_.push_back(std::move(event)); }

  // A request that is answered at once. Not from within a turn of the cloud: the runtime's calls come from there.
  template <class Op>
  base::Outcome<typename Op::Output> call(typename Op::Input input) {
    return call_as<Op>(std::move(input), call_);
  }
  template <class Op>
  base::Outcome<typename Op::Output> call_as(typename Op::Input input, const service::Call& call) {
    std::optional<base::Outcome<typename Op::Output>> output;
    cloud_.submit({&Op::operation(), api::Object::of(std::move(input)), call},
                  {[&](service::Answer answer) { output = unpack<Op>(std::move(answer)); }, nullptr});
    return std::move(*output);
  }
  // A long poll: `hear` is called in a later step, never from within this call. Setting `abandoned` ends it unheard.
  template <class Op, class Hear>
  void ask(typename Op::Input input, std::shared_ptr<bool> abandoned, Hear hear) {
    cloud_.submit({&Op::operation(), api::Object::of(std::move(input)), call_},
                  {[this, hear = std::move(hear)](service::Answer answer) mutable {
                     after({}, [hear = std::move(hear), output = unpack<Op>(std::move(answer))]() mutable {
                       hear(std::move(output));
                     });
                   },
                   std::move(abandoned)});
  }

  // Puts a template where TemplateURL finds it; the URL.
  base::Outcome<std::string> put_template(const std::string& key, const std::string& text);

  // Everything that happens up to and at `end`.
  void run_until(base::TimePoint end);
  // The same, but ends as soon as `done`, which is asked before each jump; false when the time ran out first.
  bool run_until(base::TimePoint end, const std::function<bool()>& done);
  std::uint64_t steps() const { return steps_; }

 private:
  struct TemplateBlobs : cloud::Blobs {
    void release(const std::string& blob) override { texts.erase(blob); }
    void keep_only(const std::set<std::string>&) override {}
    std::optional<std::string> read(const std::string& blob, std::uint64_t limit) override {
      const auto found = texts.find(blob);
      return found == texts.end() || found->second.size() > limit ? std::nullopt : std::optional(found->second);
    }
    std::map<std::string, std::string> texts;
  };

  template <class Op>
  static base::Outcome<typename Op::Output> unpack(service::Answer answer) {
    if (!answer.result) return std::unexpected(std::move(answer.result).error());
    return std::move(answer.result->template as<typename Op::Output>());
  }
  void settle();

  base::TimePoint now_;
  service::Call call_;
  base::SeededRandom random_;
  store::MemoryStore store_;
  TemplateBlobs blobs_;
  Agenda agenda_;
  std::deque<runtime::Event> told_;
  std::uint64_t steps_ = 0;
  cloud::Cloud cloud_;
};

}  // namespace sim
