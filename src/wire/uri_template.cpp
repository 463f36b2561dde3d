#include "wire/uri_template.h"

#include "wire/percent.h"

namespace wire {
namespace {

// Cuts the part before `separator` off the front of `text`, and the separator with it.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

}  // namespace

UriTemplate parse_uri_template(std::string_view text) {
  UriTemplate uri;
  std::string_view path = cut(text, '?');
  while (!text.empty()) {
    std::string_view pair = cut(text, '&');
    const std::string_view name = cut(pair, '=');
    uri.literals.emplace_back(name, pair);
  }
  if (path.starts_with('/')) path.remove_prefix(1);
  while (!path.empty()) {
    UriTemplate::Segment segment{cut(path, '/')};
    if (segment.text.size() > 2 && segment.text.front() == '{' && segment.text.back() == '}') {
      segment.label = true;
      segment.text = segment.text.substr(1, segment.text.size() - 2);
      segment.greedy = segment.text.ends_with('+');
      if (segment.greedy) segment.text.remove_suffix(1);
    }
    uri.segments.push_back(segment);
  }
  return uri;
}

std::optional<Labels> match_path(const UriTemplate& uri, std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  Labels labels;
  for (const auto& segment : uri.segments) {
    std::string_view part = path;
    if (segment.greedy) {
      path = {};
    } else {
      part = cut(path, '/');
    }
    if (part.empty() || (!segment.label && part != segment.text)) return std::nullopt;
    if (segment.label) labels.emplace_back(segment.text, percent_decode(part));
  }
  if (!path.empty()) return std::nullopt;
  return labels;
}

}  // namespace wire
