#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ensure.h"
#include "service/change.h"

namespace service {

// A table's part in recovery. The name is permanent: it begins every key on disk.
class TableBase {
 public:
  explicit TableBase(std::string name) : name_(std::move(name)) { ENSURE(name_.find('/') == std::string::npos); }
  TableBase(const TableBase&) = delete;
  TableBase& operator=(const TableBase&) = delete;
  virtual ~TableBase() = default;

  const std::string& name() const { return name_; }
  // Every durable key of this table begins with this; '/' never occurs in a table name ("sqs.queues").
  std::string prefix() const { return name_ + "/"; }
  // False when the bytes are not a row of this table.
  virtual bool load(std::string_view key, std::string_view bytes) = 0;

 private:
  std::string name_;
};

// Encoding is handed in, so that only the file that makes the table compiles row.h. See make_codec() in table_codec.h.
template <class Row>
struct RowCodec {
  std::string (*encode)(const Row&);
  bool (*decode)(std::string_view, Row&);
};

// State of one kind: an ordered map in memory whose rows are durable. Keys are made with service::key().
// Derived indexes belong into on_change, which sees every way a row can change: live, undone, recovered.
template <class Row>
class Table : public TableBase {
 public:
  using Rows = std::map<std::string, Row, std::less<>>;
  using OnChange = std::function<void(const std::string& key, const Row* before, const Row* after)>;

  Table(std::string name, RowCodec<Row> codec) : TableBase(std::move(name)), codec_(codec) {}

  // Pointers stay good until the row is erased; its content changes under them.
  const Row* find(std::string_view key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }
  const Rows& rows() const { return rows_; }
  // Rows whose key starts with `prefix`, in order: a range for `for`.
  auto with_prefix(std::string_view prefix) const {
    struct Range {
      typename Rows::const_iterator first, last;
      auto begin() const { return first; }
      auto end() const { return last; }
    };
    const auto first = rows_.lower_bound(prefix);
    auto last = rows_.end();
    for (std::string after(prefix); !after.empty(); after.pop_back()) {
      if (static_cast<unsigned char>(after.back()) == 0xff) continue;
      after.back() = static_cast<char>(after.back() + 1);
      last = rows_.lower_bound(after);
      break;
    }
    return Range{first, last};
  }

  void put(Change& change, const std::string& key, Row row) {
    change.put(prefix() + key, codec_.encode(row));
    change.on_undo([this, key, before = copy(key)]() mutable { assign(key, std::move(before)); });
    assign(key, std::move(row));
  }
  // Changes a row that must be there.
  template <class Edit>
  const Row& modify(Change& change, std::string_view key, Edit edit) {
    const Row* held = find(key);
    ENSURE(held != nullptr);
    Row row = *held;
    edit(row);
    put(change, std::string(key), std::move(row));
    return *find(key);
  }
  void erase(Change& change, std::string_view key) {
    if (find(key) == nullptr) return;
    const std::string name(key);
    change.erase(prefix() + name);
    change.on_undo([this, name, before = copy(name)]() mutable { assign(name, std::move(before)); });
    assign(name, std::nullopt);
  }

  bool load(std::string_view key, std::string_view bytes) override {
    Row row{};
    if (!codec_.decode(bytes, row)) return false;
    assign(std::string(key), std::move(row));
    return true;
  }

  OnChange on_change;

 private:
  std::optional<Row> copy(const std::string& key) const {
    const Row* held = find(key);
    return held == nullptr ? std::nullopt : std::optional<Row>(*held);
  }
  void assign(const std::string& key, std::optional<Row> row) {
    const auto held = rows_.find(key);
    if (on_change) on_change(key, held == rows_.end() ? nullptr : &held->second, row ? &*row : nullptr);
    if (!row) {
      if (held != rows_.end()) rows_.erase(held);
    } else if (held != rows_.end()) {
      held->second = std::move(*row);
    } else {
      rows_.emplace(key, std::move(*row));
    }
  }

  RowCodec<Row> codec_;
  Rows rows_;
};

}  // namespace service
