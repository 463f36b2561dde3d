#pragma once

// Members that travel in a label, a query parameter or headers: texts, in the formats of those places.

#include "wire/protocol.h"
#include "wire/walk.h"

namespace wire::rest {

// The text of a scalar member where it travels.
std::string member_text(const api::Member& member, const void* value);
// Reads it; always true, so that it chains with the readers below.
base::Outcome<bool> read_text(const api::Member& member, const api::Type& type, std::string_view text, void* value);

// Header and HeaderPrefix members; others add nothing.
void append_headers(std::vector<std::pair<std::string, std::string>>& headers, const api::Member& member,
                    const void* value);
// False when no header carries the member. A date that is none counts as absent, as HTTP wants for conditions.
const HeaderView* find_header(HeaderViews headers, std::string_view name_in_any_case);
base::Outcome<bool> read_header(const api::Member& member, HeaderViews headers, void* out);
base::Outcome<bool> read_header_prefix(const api::Member& member, HeaderViews headers, void* out);

}  // namespace wire::rest
