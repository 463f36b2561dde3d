#pragma once

// Text forms shared by the protocols: base64, XML escapes, timestamps. Parsers return nothing for text
// that is not of their form.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace wire {

std::string to_base64(std::string_view bytes);
// Standard alphabet; padding may be left out, white space may not occur.
std::optional<std::string> from_base64(std::string_view text);

// Appends `text` as XML character data that is also safe inside a double-quoted attribute. Carriage returns and
// control characters become numeric references, or a reader would lose them.
void append_xml_text(std::string& out, std::string_view text);

// 2024-01-02T03:04:05Z, with .SSS when there are milliseconds or `millis` is Always. Finer parts are dropped, as AWS
// does.
enum class Millis : bool { WhenAny, Always };
std::string format_date_time(base::TimePoint at, Millis millis = Millis::WhenAny);
// Tue, 02 Jan 2024 03:04:05 GMT
std::string format_http_date(base::TimePoint at);
// Seconds since 1970 with up to three decimals: 1704164645.25
std::string format_epoch(base::TimePoint at);

// ISO 8601 with 'Z' or an offset; a bare date is its midnight.
std::optional<base::TimePoint> parse_date_time(std::string_view text);
std::optional<base::TimePoint> parse_http_date(std::string_view text);
std::optional<base::TimePoint> parse_epoch(std::string_view text);
// Whichever of the three it is: clients differ from the model here.
std::optional<base::TimePoint> parse_timestamp(std::string_view text);
// Rounded to whole microseconds; nothing if it is not finite or out of range.
std::optional<base::TimePoint> from_epoch_seconds(double seconds);

// Shortest text that reads back as the same number, always with a point or exponent ("5.0"); "NaN", "Infinity",
// "-Infinity".
std::string format_double(double number);
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);

std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace wire
