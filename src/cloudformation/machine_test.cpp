#include "cloudformation/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/ensure.h"
#include "store/memory/memory_store.h"

namespace cloudformation {
namespace {

using base::Value;

constexpr PropertySchema kProperties[] = {
    {.name = "Name", .update = UpdateBehavior::Replace},
    {.name = "Size", .kind = PropertyKind::Integer},
    {.name = "Of"},
    {.name = "Tags", .kind = PropertyKind::TagList},
};
constexpr std::string_view kAttributes[] = {"Arn"};
constexpr TypeSchema kThing{
    .name = "T::Thing", .properties = kProperties, .attributes = kAttributes, .name_property = "Name"};
constexpr TypeSchema kSlow{.name = "T::Slow", .properties = kProperties, .attributes = kAttributes};

// What exists outside, and what is to go wrong next.
struct World {
  std::map<std::string, Value> things;  // physical id -> properties
  std::int64_t calls = 0;
  std::set<std::int64_t> failing;  // numbers of the calls that fail
  std::set<std::string> held;      // physical ids that can't be deleted
  std::set<std::string> stuck;     // logical ids that never become stable
  bool fails() { return failing.contains(calls++); }

  void change(service::Context& ctx, const std::string& id, std::optional<Value> value) {
    std::optional<Value> before;
    if (things.contains(id)) before = things[id];
    ctx.change.on_undo([this, id, before] { assign(id, before); });
    assign(id, std::move(value));
  }
  void assign(const std::string& id, std::optional<Value> value) {
    if (value) {
      things[id] = std::move(*value);
    } else {
      things.erase(id);
    }
  }
};

class ThingProvider : public Provider {
 public:
  ThingProvider(World& world, const TypeSchema& schema) : world_(world), schema_(schema) {}
  const TypeSchema& schema() const override { return schema_; }

  Step create(const Job& job) override {
    const std::string id = job.logical_id + "-" + base::hex_id(job.ctx.random, 6);
    world_.change(job.ctx, id, job.properties);  // taken back if the call fails after it
    if (world_.fails()) return std::unexpected(Failure{"creation broke"});
    return progress(id, job.ctx.now);
  }
  Step update(const Job& job) override {
    EXPECT_TRUE(world_.things.contains(job.physical_id)) << job.physical_id;
    world_.change(job.ctx, job.physical_id, job.properties);
    if (!job.restoring && world_.fails()) return std::unexpected(Failure{"update broke"});
    return progress(job.physical_id, job.ctx.now);
  }
  Step remove(const Job& job) override {
    if (world_.held.contains(job.physical_id)) return std::unexpected(Failure{"held"});
    EXPECT_TRUE(world_.things.contains(job.physical_id)) << job.physical_id;
    for (const auto& [id, properties] : world_.things) {
      const Value* of = properties.find("Of");
      EXPECT_FALSE(of != nullptr && *of == Value(job.physical_id)) << id << " needs " << job.physical_id;
    }
    world_.change(job.ctx, job.physical_id, std::nullopt);
    Progress done{.physical_id = job.physical_id};
    done.finished = schema_.name == "T::Thing";
    done.look_again = job.ctx.now + std::chrono::seconds(7);
    return done;
  }
  Step poll(const Job& job, Work work) override {
    if (work != Work::Deleting && !job.restoring && world_.stuck.contains(job.logical_id)) {
      return Progress{.physical_id = job.physical_id, .finished = false};
    }
    if (job.ctx.now < job.started + std::chrono::seconds(7)) {
      return Progress{
          .physical_id = job.physical_id, .finished = false, .look_again = job.started + std::chrono::seconds(7)};
    }
    if (work != Work::Deleting && !job.restoring && world_.fails()) return std::unexpected(Failure{"never stable"});
    return Progress{.physical_id = job.physical_id};
  }

 private:
  Step progress(const std::string& id, base::TimePoint now) const {
    Progress done{.physical_id = id};
    done.attributes.set("Arn", "arn:" + id);
    done.finished = schema_.name == "T::Thing";
    done.look_again = now + std::chrono::seconds(7);
    return done;
  }
  World& world_;
  const TypeSchema& schema_;
};

class NoInvoker : public service::Invoker {
 public:
  base::Outcome<api::Object> invoke(const api::Operation&, const api::Object&, service::Context&) override {
    ENSURE(false);
    return {};
  }
};

// A machine on a store, with a clock that jumps to whatever is next.
class MachineTest : public testing::Test {
 protected:
  MachineTest() { restart(); }

  void restart() {
    machine_.reset();
    tables_ = std::make_unique<Tables>();
    providers_ = std::make_unique<ProviderSet>();
    providers_->add(std::make_unique<ThingProvider>(world_, kThing));
    providers_->add(std::make_unique<ThingProvider>(world_, kSlow));
    machine_ = std::make_unique<Machine>(*tables_, *providers_,
                                         [](service::Context&) { return std::vector<std::string>{"a"}; });
    for (service::TableBase* table : tables_->all()) {
      ASSERT_TRUE(store_->scan(table->prefix(), "", [&](std::string_view key, std::string_view bytes) {
        EXPECT_TRUE(table->load(key.substr(table->prefix().size()), bytes));
        return true;
      }));
    }
  }

  template <class Body>
  void turn(Body body) {
    service::Change change;
    service::Context ctx{call_, now_, random_, change, invoker_, *store_, {}};
    body(ctx);
    const bool written = change.batch().empty() || store_->write(change.batch(), [](auto) {}).has_value();
    ASSERT_TRUE(written);
  }

  std::string stack(const std::string& name = "s", const std::string& on_failure = "ROLLBACK") {
    StackRow row{.id = "arn:aws:cloudformation:us-east-1:000000000000:stack/" + name + "/u" + name,
                 .name = name,
                 .uuid = "u" + name,
                 .account = call_.account,
                 .region = call_.region,
                 .on_failure = on_failure};
    const std::string key = stack_key(row);
    turn([&](service::Context& ctx) { tables_->stacks.put(ctx.change, key, row); });
    return key;
  }
  Machine::Start start(const std::string& key, const std::string& body, service::Context& ctx) {
    Machine::Start start;
    start.wanted.template_id = tables_->keep_template(*tables_->stacks.find(key), body, ctx);
    return start;
  }
  void create(const std::string& key, const std::string& body) {
    turn([&](service::Context& ctx) { machine_->begin_create(key, start(key, body, ctx), ctx); });
  }
  void update(const std::string& key, const std::string& body) {
    turn([&](service::Context& ctx) { machine_->begin_update(key, start(key, body, ctx), ctx); });
  }
  void remove(const std::string& key) {
    turn([&](service::Context& ctx) { machine_->begin_delete(key, "", {}, ctx); });
  }
  // Ticks until nothing is under way, at most `steps` times. True when at rest.
  bool run(int steps = 2000) {
    for (; machine_->busy() && steps > 0; --steps) {
      const base::TimePoint next = machine_->deadline();
      EXPECT_NE(next, base::kNever);
      now_ = std::max(now_, next) + std::chrono::milliseconds(10);
      turn([&](service::Context& ctx) { machine_->tick(ctx); });
    }
    return !machine_->busy();
  }
  const StackRow& row(const std::string& key) { return *tables_->stacks.find(key); }
  std::vector<std::string> events(const std::string& key) {
    std::vector<std::string> lines;
    for (const auto& [at, event] : tables_->events.with_prefix(part_prefix(row(key)))) {
      lines.push_back(event.logical_id + " " + event.status + (event.reason.empty() ? "" : " " + event.reason));
    }
    return lines;
  }

  World world_;
  std::optional<store::MemoryStore> store_{std::in_place};
  base::SeededRandom random_{7};
  base::TimePoint now_ = base::from_unix_seconds(1'700'000'000);
  service::Call call_;
  NoInvoker invoker_;
  std::unique_ptr<Tables> tables_;
  std::unique_ptr<ProviderSet> providers_;
  std::unique_ptr<Machine> machine_;
};

constexpr const char* kTwo = R"({"Resources": {
  "A": {"Type": "T::Thing", "Properties": {"Name": "one"}},
  "B": {"Type": "T::Slow", "Properties": {"Of": {"Ref": "A"}, "Size": "3"}}},
  "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["B", "Arn"]}, "Export": {"Name": "b-arn"}}}})";
constexpr const char* kRenamed = R"({"Resources": {
  "A": {"Type": "T::Thing", "Properties": {"Name": "two"}},
  "B": {"Type": "T::Slow", "Properties": {"Of": {"Ref": "A"}, "Size": "3"}},
  "C": {"Type": "T::Thing"}}})";

TEST_F(MachineTest, CreatesInOrderWithTheEventsOfAws) {
  const std::string s = stack();
  create(s, kTwo);
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "CREATE_COMPLETE");
  EXPECT_EQ(events(s),
            (std::vector<std::string>{"s CREATE_IN_PROGRESS User Initiated", "A CREATE_IN_PROGRESS",
                                      "A CREATE_IN_PROGRESS Resource creation Initiated", "A CREATE_COMPLETE",
                                      "B CREATE_IN_PROGRESS", "B CREATE_IN_PROGRESS Resource creation Initiated",
                                      "B CREATE_COMPLETE", "s CREATE_COMPLETE"}));
  EXPECT_EQ(world_.things.size(), 2u);
  EXPECT_EQ(row(s).outputs.at(0).value, "arn:" + tables_->find_resource(row(s), "B")->now.physical_id);
  std::set<std::string> ids;
  for (const auto& [key, event] : tables_->events.rows()) EXPECT_TRUE(ids.insert(event.event_id).second);

  remove(s);
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "DELETE_COMPLETE");
  EXPECT_TRUE(world_.things.empty());
}

TEST_F(MachineTest, FailedCreationRollsBack) {
  const std::string s = stack();
  world_.failing = {1};
  create(s, kTwo);
  ASSERT_TRUE(run());
  EXPECT_EQ(events(s),
            (std::vector<std::string>{
                "s CREATE_IN_PROGRESS User Initiated", "A CREATE_IN_PROGRESS",
                "A CREATE_IN_PROGRESS Resource creation Initiated", "A CREATE_COMPLETE", "B CREATE_IN_PROGRESS",
                "B CREATE_FAILED creation broke",
                "s ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [B]. Rollback requested by user.",
                "B DELETE_COMPLETE", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE", "s ROLLBACK_COMPLETE"}));
  EXPECT_TRUE(world_.things.empty());
}

TEST_F(MachineTest, CancelsSiblings) {
  const std::string s = stack("s", "DELETE");
  world_.stuck = {"B"};
  world_.failing = {2};
  create(s, R"({"Resources": {"A": {"Type": "T::Thing"}, "B": {"Type": "T::Slow"},
                              "C": {"Type": "T::Slow", "DependsOn": "A"}}})");
  ASSERT_TRUE(run());
  const auto seen = events(s);
  EXPECT_NE(std::ranges::find(seen, "B CREATE_FAILED Resource creation cancelled"), seen.end());
  EXPECT_EQ(row(s).status, "DELETE_COMPLETE");
  EXPECT_TRUE(world_.things.empty());
}

TEST_F(MachineTest, ReplacesAndCleansUp) {
  const std::string s = stack();
  create(s, kTwo);
  ASSERT_TRUE(run());
  const std::size_t before = events(s).size();
  const std::string old_id = tables_->find_resource(row(s), "A")->now.physical_id;
  update(s, kRenamed);
  ASSERT_TRUE(run());
  auto seen = events(s);
  seen.erase(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(before));
  EXPECT_EQ(
      seen,
      (std::vector<std::string>{
          "s UPDATE_IN_PROGRESS User Initiated",
          "A UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.",
          "A UPDATE_IN_PROGRESS Resource creation Initiated", "A UPDATE_COMPLETE", "B UPDATE_IN_PROGRESS",
          "C CREATE_IN_PROGRESS", "C CREATE_IN_PROGRESS Resource creation Initiated", "C CREATE_COMPLETE",
          "B UPDATE_COMPLETE", "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "A DELETE_IN_PROGRESS", "A DELETE_COMPLETE",
          "s UPDATE_COMPLETE"}));
  EXPECT_FALSE(world_.things.contains(old_id));
  EXPECT_EQ(world_.things.size(), 3u);
  EXPECT_EQ(*world_.things.at(tables_->find_resource(row(s), "B")->now.physical_id).find("Of"),
            Value(tables_->find_resource(row(s), "A")->now.physical_id));

  update(s, R"({"Resources": {"A": {"Type": "T::Thing", "Properties": {"Name": "two"}}}})");
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "UPDATE_COMPLETE");
  EXPECT_EQ(world_.things.size(), 1u);
  EXPECT_EQ(tables_->resources_of(row(s)).size(), 1u);
}

TEST_F(MachineTest, FailedUpdateGoesBack) {
  const std::string s = stack();
  create(s, kTwo);
  ASSERT_TRUE(run());
  const auto before = world_.things;
  world_.stuck = {"B"};
  update(s, kRenamed);
  now_ += std::chrono::seconds(1);
  turn([&](service::Context& ctx) { machine_->tick(ctx); });
  turn([&](service::Context& ctx) { machine_->cancel_update(s, "", ctx); });
  now_ += std::chrono::seconds(1);
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "UPDATE_ROLLBACK_COMPLETE") << testing::PrintToString(events(s));
  EXPECT_EQ(world_.things, before);
  EXPECT_EQ(row(s).outputs.size(), 1u);
  const auto seen = events(s);
  EXPECT_NE(std::ranges::find(seen, "s UPDATE_ROLLBACK_IN_PROGRESS User Initiated"), seen.end());
  EXPECT_NE(std::ranges::find(seen, "B UPDATE_FAILED Resource update cancelled"), seen.end());
}

TEST_F(MachineTest, CustomNamesCannotBeReplacedByThemselves) {
  const std::string s = stack();
  create(s, R"({"Resources": {"A": {"Type": "T::Thing", "Properties": {"Name": "n"}}}})");
  ASSERT_TRUE(run());
  EXPECT_FALSE(
      compare(kThing, tables_->find_resource(row(s), "A")->now, tables_->find_resource(row(s), "A")->now.properties, {})
          .any);
}

TEST_F(MachineTest, RetainsWhatIsToBeRetained) {
  const std::string s = stack();
  create(s, R"({"Resources": {"A": {"Type": "T::Thing", "DeletionPolicy": "Retain"}, "B": {"Type": "T::Thing"}}})");
  ASSERT_TRUE(run());
  remove(s);
  ASSERT_TRUE(run());
  const auto seen = events(s);
  EXPECT_NE(std::ranges::find(seen, "A DELETE_SKIPPED"), seen.end());
  EXPECT_EQ(world_.things.size(), 1u);
}

TEST_F(MachineTest, FailedDeletionCanBeTriedAgainWithoutWhatHolds) {
  const std::string s = stack();
  create(s, kTwo);
  ASSERT_TRUE(run());
  world_.held = {tables_->find_resource(row(s), "B")->now.physical_id};
  remove(s);
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "DELETE_FAILED");
  EXPECT_EQ(row(s).reason, "The following resource(s) failed to delete: [B]. ");
  EXPECT_EQ(world_.things.size(), 2u);  // A is needed by B
  turn([&](service::Context& ctx) { machine_->begin_delete(s, "", {"B"}, ctx); });
  // B stays, so its need of A no longer counts for the fake world.
  world_.things.erase(tables_->find_resource(row(s), "B")->now.physical_id);
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "DELETE_COMPLETE");
  EXPECT_TRUE(world_.things.empty());
}

TEST_F(MachineTest, ExportsAreGuarded) {
  const std::string s = stack();
  create(s, kTwo);
  ASSERT_TRUE(run());
  const std::string importer = stack("i");
  create(importer, R"({"Resources": {"X": {"Type": "T::Thing", "Properties": {"Of": {"Fn::ImportValue": "b-arn"}}}}})");
  ASSERT_TRUE(run());
  EXPECT_EQ(row(importer).status, "CREATE_COMPLETE");

  remove(s);
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "CREATE_COMPLETE");
  EXPECT_EQ(row(s).reason, "Delete canceled. Cannot delete export b-arn as it is in use by i.");

  update(s, R"({"Resources": {"A": {"Type": "T::Thing", "Properties": {"Name": "one"}}}})");
  ASSERT_TRUE(run());
  EXPECT_EQ(row(s).status, "UPDATE_ROLLBACK_COMPLETE");
  const auto seen = events(s);
  EXPECT_NE(
      std::ranges::find(
          seen, "s UPDATE_ROLLBACK_IN_PROGRESS Update canceled. Cannot update export b-arn as it is in use by i."),
      seen.end());

  const std::string second = stack("t");
  create(second, kTwo);
  ASSERT_TRUE(run());
  EXPECT_EQ(row(second).status, "ROLLBACK_COMPLETE");
  const auto refused = events(second);
  EXPECT_NE(std::ranges::find(refused,
                              "t ROLLBACK_IN_PROGRESS Export with name b-arn is already exported by stack s. "
                              "Rollback requested by user."),
            refused.end());

  const std::string missing = stack("m");
  create(missing, R"({"Resources": {"X": {"Type": "T::Thing", "Properties": {"Of": {"Fn::ImportValue": "none"}}}}})");
  ASSERT_TRUE(run());
  EXPECT_EQ(events(missing),
            (std::vector<std::string>{"m CREATE_IN_PROGRESS User Initiated",
                                      "m ROLLBACK_IN_PROGRESS No export named none found. Rollback requested by user.",
                                      "m ROLLBACK_COMPLETE"}));
}

// Five resources of both kinds with random edges; sizes and names vary between versions.
std::string random_template(base::Random& random) {
  std::string text = "{\"Resources\": {";
  const std::size_t count = 2 + base::below(random, 4);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += ", ";
    const std::string type = base::below(random, 2) == 0 ? "T::Thing" : "T::Slow";
    // The type of a logical id never changes.
    text += "\"R" + std::to_string(i) + "\": {\"Type\": \"" + (i % 2 == 0 ? "T::Thing" : "T::Slow") +
            "\", \"Properties\": {";
    text += "\"Size\": " + std::to_string(base::below(random, 2));
    if (base::below(random, 2) == 0)
      text += ", \"Name\": \"n" + std::to_string(base::below(random, 3)) + std::to_string(i) + "\"";
    if (i > 0 && base::below(random, 2) == 0)
      text += ", \"Of\": {\"Ref\": \"R" + std::to_string(base::below(random, i)) + "\"}";
    text += "}}";
  }
  return text + "}}";
}

bool is_terminal(const std::string& status) {
  return !status.ends_with("IN_PROGRESS");
}

// Whatever fails, the stack comes to rest, and after a rollback nothing of the operation is left; the server may be
// killed and started again at any moment.
TEST_F(MachineTest, WhateverFailsEndsCleanly) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    base::SeededRandom draw(seed);
    store_.emplace();
    restart();
    world_.things.clear();
    world_.calls = 0;
    world_.failing.clear();
    if (base::below(draw, 2) == 0) world_.failing.insert(static_cast<std::int64_t>(base::below(draw, 8)));
    const std::string s = stack("s" + std::to_string(seed));
    const auto run_with_kills = [&] {
      for (int i = 0; i < 200 && machine_->busy(); ++i) {
        run(static_cast<int>(1 + base::below(draw, 3)));
        if (base::below(draw, 3) == 0) restart();
      }
      ASSERT_TRUE(run());
      ASSERT_TRUE(is_terminal(row(s).status)) << row(s).status;
    };
    create(s, random_template(draw));
    run_with_kills();
    if (row(s).status == "ROLLBACK_COMPLETE") {
      ASSERT_TRUE(world_.things.empty());
    } else {
      ASSERT_EQ(row(s).status, "CREATE_COMPLETE");
      for (int version = 0; version < 3; ++version) {
        const auto before = world_.things;
        world_.calls = 0;
        world_.failing.clear();
        if (base::below(draw, 2) == 0) world_.failing.insert(static_cast<std::int64_t>(base::below(draw, 8)));
        update(s, random_template(draw));
        run_with_kills();
        if (row(s).status == "UPDATE_ROLLBACK_COMPLETE") {
          ASSERT_EQ(world_.things, before);
        } else {
          ASSERT_EQ(row(s).status, "UPDATE_COMPLETE") << testing::PrintToString(events(s));
          ASSERT_EQ(world_.things.size(), tables_->resources_of(row(s)).size());
        }
      }
    }
    remove(s);
    run_with_kills();
    ASSERT_EQ(row(s).status, "DELETE_COMPLETE");
    ASSERT_TRUE(world_.things.empty());
  }
}

}  // namespace
}  // namespace cloudformation
