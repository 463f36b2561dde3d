#pragma once

// What all Describe operations share: by id or all, filtered, in pages.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "ec2/filter.h"
#include "ec2/resource.h"

namespace ec2 {

inline constexpr std::int64_t kPageMin = 5;
inline constexpr std::int64_t kPageMax = 1000;

// What the caller asks for. Points into the input.
struct Selection {
  const std::optional<std::vector<std::string>>& ids;
  std::string_view ids_parameter;  // as EC2's errors call it: "vpcIds"
  const Filters& filters;
  const std::optional<std::int64_t>& max_results;
  const std::optional<std::string>& next_token;
};

template <class Shape>
struct Page {
  std::vector<Shape> items;
  std::optional<std::string> next_token;
};

base::Outcome<void> check_selection(const Selection& selection);
// Tokens hold the id of the last resource that was shown, so pages stay right when resources come and go.
std::string make_token(std::string_view last_id);
base::Outcome<std::string> read_token(std::string_view token);

// `shown` makes the API shape of a row; `id` names it.
template <class Shape, class Row>
base::Outcome<Page<Shape>> describe(const service::Table<Row>& table, const ResourceKind& kind,
                                    const Selection& selection, std::span<const FilterField<Shape>> fields,
                                    const State& state, const service::Context& ctx,
                                    Shape (*shown)(const State&, const Row&, const service::Context&)) {
  CHECK(check_selection(selection));
  CHECK(check_filters(selection.filters, fields));
  std::vector<const Row*> rows;
  if (selection.ids && !selection.ids->empty()) {
    for (const std::string& id : *selection.ids) {
      TRY(const Row* row, find_or_fault(table, kind, id, ctx));
      rows.push_back(row);
    }
  } else {
    std::string after;
    if (selection.next_token) {
      TRY(after, read_token(*selection.next_token));
    }
    for (const auto& [key, row] : own_rows(table, ctx)) {
      if (row.id > after) rows.push_back(&row);
    }
  }
  Page<Shape> page;
  const auto limit = static_cast<std::size_t>(selection.max_results.value_or(kPageMax));
  std::string last;
  for (const Row* row : rows) {
    Shape shape = shown(state, *row, ctx);
    TRY(const bool wanted, passes(selection.filters, fields, shape));
    if (!wanted) continue;
    if (page.items.size() == limit) {
      page.next_token = make_token(last);
      break;
    }
    page.items.push_back(std::move(shape));
    last = row->id;
  }
  return page;
}

}  // namespace ec2
