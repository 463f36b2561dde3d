#include "gateway/registry_path.h"

#include <charconv>

#include "wire/percent.h"

namespace gateway {
namespace {

using Kind = RegistryPath::Kind;

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<RegistryPath> parse_registry_path(std::string_view path) {
  const std::string decoded = wire::percent_decode(path);
  std::string_view rest = decoded;
  if (rest == "/v2" || rest == "/v2/") return RegistryPath{};
  if (!rest.starts_with("/v2/")) return std::nullopt;
  rest.remove_prefix(4);
  static constexpr struct {
    std::string_view part;
    Kind kind;
  } kParts[] = {{"/blobs/uploads/", Kind::Upload},
                {"/blobs/", Kind::Blob},
                {"/manifests/", Kind::Manifest},
                {"/referrers/", Kind::Referrers}};
  if (rest.ends_with("/tags/list")) {
    return RegistryPath{Kind::Tags, std::string(rest.substr(0, rest.size() - 10)), ""};
  }
  if (rest.ends_with("/blobs/uploads")) {
    return RegistryPath{Kind::NewUpload, std::string(rest.substr(0, rest.size() - 14)), ""};
  }
  for (const auto& [part, kind] : kParts) {
    const std::size_t at = rest.rfind(part);
    if (at == std::string_view::npos || at == 0) continue;
    RegistryPath out{kind, std::string(rest.substr(0, at)), std::string(rest.substr(at + part.size()))};
    if (kind == Kind::Upload && out.reference.empty()) out.kind = Kind::NewUpload;
    if (out.reference.find('/') != std::string::npos) return std::nullopt;
    if (out.reference.empty() && out.kind != Kind::NewUpload) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::optional<ByteRange> parse_byte_range(std::string_view range, std::uint64_t size) {
  if (!range.starts_with("bytes=") || size == 0) return std::nullopt;
  range.remove_prefix(6);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view from = range.substr(0, dash);
  const std::string_view to = range.substr(dash + 1);
  ByteRange out{0, size - 1};
  if (from.empty()) {  // the last so many
    std::uint64_t length = 0;
    if (!read_number(to, length) || length == 0) return std::nullopt;
    out.first = length < size ? size - length : 0;
    return out;
  }
  if (!read_number(from, out.first) || out.first >= size) return std::nullopt;
  if (!to.empty() && !read_number(to, out.last)) return std::nullopt;
  if (out.last < out.first) return std::nullopt;
  if (out.last >= size) out.last = size - 1;
  return out;
}

}  // namespace gateway
