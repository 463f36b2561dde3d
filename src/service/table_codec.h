#pragma once

// For the one .cpp file per service that constructs its tables.

#include "service/row.h"
#include "service/table.h"

namespace service {

template <class Row>
RowCodec<Row> make_codec() {
  return {[](const Row& row) { return row::to_bytes(row); },
          [](std::string_view bytes, Row& row) { return row::decode(bytes, row); }};
}

}  // namespace service
