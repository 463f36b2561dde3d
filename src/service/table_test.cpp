#include "service/table.h"

#include <gtest/gtest.h>

#include "service/table_codec.h"
#include "store/memory/memory_store.h"

namespace {

enum class Colour : std::uint8_t { Red, Green };

struct Inner {
  std::string name;
  double weight = 0;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.name);
    field(2, row.weight);
  }
  friend bool operator==(const Inner&, const Inner&) = default;
};

struct Row {
  std::string id;
  std::int64_t count = 0;
  Colour colour = Colour::Red;
  base::TimePoint at{};
  std::optional<std::string> note;
  std::vector<Inner> inner;
  std::map<std::string, std::string> tags;
  base::Value document;
  template <class Self, class Field>
  static void fields(Self& row, Field&& field) {
    field(1, row.id);
    field(2, row.count);
    field(3, row.colour);
    field(4, row.at);
    field(5, row.note);
    field(6, row.inner);
    field(7, row.tags);
    field(8, row.document);
  }
  friend bool operator==(const Row&, const Row&) = default;
};

Row sample() {
  base::Value document;
  document.set("list", base::Value::Array{1, "two", 2.5, true, nullptr});
  return {"x",
          -7,
          Colour::Green,
          base::TimePoint(base::Duration(123456789)),
          "note",
          {{"a", 0.1}, {"", -2}},
          {{"k", "v"}, {"", ""}},
          document};
}

TEST(RowCodec, RoundTrips) {
  const auto codec = service::make_codec<Row>();
  Row read;
  ASSERT_TRUE(codec.decode(codec.encode(sample()), read));
  EXPECT_EQ(read, sample());
  Row empty;
  ASSERT_TRUE(codec.decode(codec.encode(Row{}), empty));
  EXPECT_EQ(empty, Row{});
}

TEST(RowCodec, NeverCrashesOnCutBytes) {
  const auto codec = service::make_codec<Row>();
  const std::string bytes = codec.encode(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    Row read;
    (void)codec.decode(std::string_view(bytes).substr(0, length), read);
  }
}

TEST(Table, RollBackRestoresMemoryAndDropsTheBatch) {
  service::Table<Row> table("test.rows", service::make_codec<Row>());
  service::Change before;
  table.put(before, "kept", {.id = "old"});

  service::Change change;
  const auto mark = change.mark();
  table.put(change, "kept", {.id = "new"});
  table.put(change, "added", {.id = "added"});
  table.erase(change, "kept");
  change.roll_back_to(mark);

  EXPECT_TRUE(change.batch().empty());
  ASSERT_NE(table.find("kept"), nullptr);
  EXPECT_EQ(table.find("kept")->id, "old");
  EXPECT_EQ(table.find("added"), nullptr);
}

TEST(Table, RangesByPrefix) {
  service::Table<Row> table("rows", service::make_codec<Row>());
  service::Change change;
  for (const char* key : {"a/1", "a/2", "b/1", "a", "a0"}) table.put(change, key, {.id = key});
  std::string seen;
  for (const auto& [key, row] : table.with_prefix("a/")) seen += key + " ";
  EXPECT_EQ(seen, "a/1 a/2 ");
}

}  // namespace
