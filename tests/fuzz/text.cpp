// The small text forms that every request is full of: numbers, times, base64, percent-encoding, URLs.

#include "wire/text.h"

#include "fuzz.h"
#include "net/url.h"
#include "wire/percent.h"
#include "wire/uri_template.h"

namespace {

void times(std::string_view text) {
  static_cast<void>(wire::parse_date_time(text));
  static_cast<void>(wire::parse_http_date(text));
  static_cast<void>(wire::parse_epoch(text));
  const auto at = wire::parse_timestamp(text);
  if (!at) return;
  static_cast<void>(wire::format_date_time(*at));
  static_cast<void>(wire::format_http_date(*at));
  static_cast<void>(wire::format_epoch(*at));
}

void numbers(std::string_view text) {
  static_cast<void>(wire::parse_integer(text));
  const auto number = wire::parse_double(text);
  if (!number) return;
  const auto again = wire::parse_double(wire::format_double(*number));
  fuzz::must(again && (*again == *number || *number != *number), "a number comes back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  times(text);
  numbers(text);
  fuzz::must(wire::from_base64(wire::to_base64(text)) == text, "base64 comes back the same");
  if (const auto bytes = wire::from_base64(text)) {
    fuzz::must(wire::from_base64(wire::to_base64(*bytes)) == *bytes, "base64 comes back the same");
  }
  fuzz::must(wire::percent_decode(wire::percent_encode(text)) == text, "percent-encoding comes back the same");
  static_cast<void>(wire::percent_decode(text, wire::Plus::Space));
  static_cast<void>(wire::parse_query(text));
  static_cast<void>(wire::match_path(wire::parse_uri_template("/{Bucket}/{Key+}?uploads"), text));
  static_cast<void>(net::parse_url(text));
  return 0;
}
