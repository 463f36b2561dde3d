#include "sim/page.h"

#include "sim/canvas.h"
#include "wire/json.h"

namespace sim {
namespace {

constexpr std::string_view kPage =
#include "sim/page.inc"
    ;

std::string replaced(std::string text, const std::string& mark, const std::string& by) {
  const std::size_t at = text.find(mark);
  if (at != std::string::npos) text.replace(at, mark.size(), by);
  return text;
}

// JSON inside a script element: "</script>" in a name must not end it.
std::string script_safe(const std::string& json) {
  std::string made;
  made.reserve(json.size());
  for (const char c : json) made += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return made;
}

}  // namespace

std::string page(const base::Value& result, const std::string& title) {
  std::string text = replaced(std::string(kPage), "@TITLE@", escaped(title));
  text = replaced(std::move(text), "@TITLE@", escaped(title));
  return replaced(std::move(text), "@DATA@", script_safe(wire::write_json(result)));
}

}  // namespace sim
